//! Both servers at once: the application, which is the same on every device.

use core::fmt;
use core::ops::ControlFlow;

use smoltcp::phy::Device;
use smoltcp::time::Instant;

use crate::stack::{Context, Egress, Next, Service, Sockets, Table, earliest};
use crate::tcp::{Index, Scan};
use crate::transform::{Ascii, Transform};
use crate::{Stack, tcp, udp};

/// A TCP and a UDP server, either of which may be missing.
///
/// A program runs it with any device. The program brings the device, a clock, and a way to sleep.
///
/// ```no_run
/// # use core::ops::ControlFlow;
/// # use smoltcp::phy::Device;
/// # use smoltcp::time::Instant;
/// # use uppercase::stack::Next;
/// # fn now() -> Instant { Instant::ZERO }
/// # fn sleep(_: &impl Device, _: Next) {}
/// use uppercase::{Servers, Stack, tcp, udp};
///
/// # fn run<'a>(
/// #     mut stack: Stack<'a, impl Device>,
/// #     pool: &'a mut tcp::Pool<'a, 2, 1024, 1024>,
/// #     datagrams: &'a mut udp::Buffers<2, 512>,
/// # ) -> Result<(), uppercase::servers::SetupError> {
/// let mut servers = Servers::new(stack.sockets(), pool, datagrams, tcp::Config::default())?;
/// servers.run(&mut stack, now, |device, next| {
///     sleep(device, next); // until the device has a frame, or the moment has come
///     ControlFlow::<()>::Continue(())
/// });
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Servers<'a, T: Transform = Ascii, I: Index = Scan<'a>> {
    /// The TCP server, if there is one.
    pub tcp: Option<tcp::Server<'a, T, I>>,
    /// The UDP server, if there is one.
    pub udp: Option<udp::Server<'a, T>>,
}

impl Servers<'_> {
    /// How many socket slots of the stack they take, with any transform and index.
    pub const SLOTS: usize = udp::Server::SLOTS;
}

impl<'a, T: Transform> Servers<'a, T> {
    /// Both servers on the same port, in the caller's storage. They take [`SLOTS`](Servers::SLOTS) of the
    /// stack.
    ///
    /// # Errors
    /// If the stack has no slot left, `N` or the port is 0, or the stack has a server on the port.
    pub fn new<
        const N: usize,
        const RECEIVE: usize,
        const TRANSMIT: usize,
        const COUNT: usize,
        const SIZE: usize,
        const HELD: usize,
    >(
        sockets: &mut Sockets<'a>,
        pool: &'a mut tcp::Pool<'a, N, RECEIVE, TRANSMIT, T>,
        datagrams: &'a mut udp::Buffers<COUNT, SIZE, HELD>,
        config: tcp::Config,
    ) -> Result<Self, SetupError> {
        let tcp = tcp::Server::new(sockets, pool, config).map_err(SetupError::Tcp)?;
        let udp = udp::Server::new(sockets, datagrams, config.port);
        Ok(Self {
            tcp: Some(tcp),
            udp: Some(udp.map_err(SetupError::Udp)?.with_transform()),
        })
    }
}

impl<'a, T: Transform, I: Index> Servers<'a, T, I> {
    /// Serves until `sleep` says that it is enough.
    ///
    /// `sleep` is given the device and what to wait for; it may return at any time.
    pub fn run<D: Device, B>(
        &mut self,
        stack: &mut Stack<'a, D>,
        now: impl Fn() -> Instant,
        mut sleep: impl FnMut(&mut D, Next) -> ControlFlow<B>,
    ) -> B {
        loop {
            let next = stack.poll(now(), self);
            if let ControlFlow::Break(result) = sleep(stack.device_mut(), next) {
                return result;
            }
        }
    }
}

impl<'a, T: Transform, I: Index> Service<'a> for Servers<'a, T, I> {
    fn table(&mut self, port: u16) -> Option<&mut dyn Table<'a>> {
        self.tcp.as_mut()?.table(port)
    }

    fn poll(&mut self, context: &mut Context<'_, 'a>) -> Option<Instant> {
        let udp = self.udp.as_mut().and_then(|udp| udp.poll(context));
        let tcp = self.tcp.as_mut().and_then(|tcp| tcp.poll(context));
        earliest(udp, tcp)
    }

    fn transmit(&mut self, egress: &mut dyn Egress) -> Option<Instant> {
        self.tcp.as_mut()?.transmit(egress)
    }
}

/// Why the servers cannot be set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SetupError {
    /// The TCP server cannot.
    Tcp(tcp::SetupError),
    /// The UDP server cannot.
    Udp(udp::SetupError),
}

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(error) => write!(f, "the TCP server cannot be set up: {error}"),
            Self::Udp(error) => write!(f, "the UDP server cannot be set up: {error}"),
        }
    }
}

impl core::error::Error for SetupError {}

/// What the documentation of [`Stack`] says of `Send`.
#[cfg(not(feature = "trace"))]
#[allow(dead_code, reason = "it only has to compile")]
fn is_send() {
    fn check<T: Send>() {}
    check::<Servers<'static>>();
}
