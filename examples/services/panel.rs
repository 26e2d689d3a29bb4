//! A light and a button over UDP, for a program of several tasks: one serves the network, one has the
//! light, one has the button. They share a [`Panel`]. None of them knows what it runs on.
//!
//! A host that sends `on` or `off` switches the light, and is told from then on how often the button was
//! pressed.

use core::fmt::Write;

use embassy_sync::blocking_mutex::raw::RawMutex;
use embassy_sync::channel::Channel;
use heapless::String;
use smoltcp::iface::SocketHandle;
use smoltcp::socket::udp::{Socket, UdpMetadata};
use smoltcp::time::Instant;
use uppercase::stack::{Context, Service, Sockets, SocketsFull};
use uppercase::{PORT, udp};

/// What the tasks send to each other.
pub struct Panel<M: RawMutex> {
    /// To the light: whether it is on.
    orders: Channel<M, bool, 4>,
    /// From the button.
    presses: Channel<M, (), 4>,
}

impl<M: RawMutex> Panel<M> {
    pub const fn new() -> Self {
        Self {
            orders: Channel::new(),
            presses: Channel::new(),
        }
    }

    /// The task with the light, which `switch` switches.
    pub async fn run_light(&self, mut switch: impl FnMut(bool)) -> ! {
        loop {
            switch(self.orders.receive().await);
        }
    }

    /// The task with the button: `pressed` waits until it is.
    pub async fn run_button(&self, mut pressed: impl AsyncFnMut()) -> ! {
        loop {
            pressed().await;
            self.presses.send(()).await;
        }
    }

    /// Waits until there is something for the service: beside a turn of its stack.
    pub async fn has_news(&self) {
        self.presses.ready_to_receive().await;
    }
}

/// The service of the task that serves the network. It takes one socket slot.
pub struct Desk<'p, M: RawMutex> {
    panel: &'p Panel<M>,
    handle: SocketHandle,
    /// Ends what begins when another service answers the answers.
    guard: udp::LoopGuard,
    /// The host that has sent an order last.
    host: Option<UdpMetadata>,
    presses: u32,
    /// How many of them the host knows of.
    told: u32,
}

impl<'p, M: RawMutex> Desk<'p, M> {
    pub fn new<'a, const COUNT: usize, const SIZE: usize>(
        panel: &'p Panel<M>,
        sockets: &mut Sockets<'a>,
        buffers: &'a mut udp::Buffers<COUNT, SIZE>,
    ) -> Result<Self, SocketsFull> {
        let udp::Parts {
            receive, transmit, ..
        } = buffers.split();
        let mut socket = Socket::new(receive, transmit);
        // Cannot fail: the port is not 0, and the socket is new.
        let _ = socket.bind(PORT);
        Ok(Self {
            panel,
            handle: sockets.add(socket)?,
            guard: udp::LoopGuard::new(),
            host: None,
            presses: 0,
            told: 0,
        })
    }

    /// Takes an order, and says what has become of it.
    fn obey(&self, order: &[u8]) -> &'static str {
        let is_on = match order.trim_ascii() {
            b"on" => true,
            b"off" => false,
            _ => return "on or off?\n",
        };
        // It does not wait: a task that served the network would stand still.
        match self.panel.orders.try_send(is_on) {
            Ok(()) if is_on => "on\n",
            Ok(()) => "off\n",
            Err(_) => "busy\n",
        }
    }

    /// Answers all orders that have arrived.
    fn answer(&mut self, context: &mut Context<'_, '_>) {
        while let socket = context.sockets.get_mut::<Socket<'_>>(self.handle)
            && socket.can_send()
            && let Ok((order, host)) = socket.recv()
        {
            let order = heapless::Vec::<u8, 16>::from_slice(order).unwrap_or_default();
            let refused = udp::refusal(context, PORT, &host).is_some();
            let answer = if refused { "" } else { self.obey(&order) };
            if refused || !(self.guard).permits(PORT, &host.endpoint, &order, answer.as_bytes()) {
                continue;
            }
            self.host = Some(host);
            let socket = context.sockets.get_mut::<Socket<'_>>(self.handle);
            // What cannot be sent is lost, as everywhere in UDP.
            let _ = socket.send_slice(answer.as_bytes(), host);
        }
    }

    /// Tells the host of the button.
    fn tell(&mut self, context: &mut Context<'_, '_>) {
        while self.panel.presses.try_receive().is_ok() {
            self.presses += 1;
        }
        let Some(host) = self.host.filter(|_| self.told < self.presses) else {
            return;
        };
        // It has not asked: its hardware address may have been forgotten since. The stack asks for it
        // then, and polls again when there is an answer.
        if context.resolve(&host.endpoint.addr) {
            let mut news = String::<24>::new();
            let _ = writeln!(news, "pressed {}", self.presses); // It has room.
            let socket = context.sockets.get_mut::<Socket<'_>>(self.handle);
            if socket.send_slice(news.as_bytes(), host).is_ok() {
                self.told = self.presses;
            }
        }
    }
}

impl<'a, M: RawMutex> Service<'a> for Desk<'_, M> {
    fn poll(&mut self, context: &mut Context<'_, 'a>) -> Option<Instant> {
        self.answer(context);
        self.tell(context);
        let socket = context.sockets.get::<Socket<'_>>(self.handle);
        // Once answers were transmitted there is room for others.
        socket.can_recv().then_some(context.now)
    }
}
