//! The same server as an application of plain smoltcp, to see what this package adds.

use std::sync::Arc;

use bumpalo::Bump;
use smoltcp::iface::{self, Interface, SocketHandle, SocketSet};
use smoltcp::socket::{tcp, udp};
use smoltcp::time::Instant;
use smoltcp::wire::IpAddress;
use uppercase::simulation::{Link, Port};
use uppercase::transform::{self, Transform, Unicode};

use super::application::LONGEST;
use super::client::{buffer, packets, set_up};
use super::{Host, Number};
use crate::sample::{Connection, Sample, micros};
use crate::script::Deed;
use crate::settings::Settings;

struct Running<'a> {
    port: Port,
    interface: Interface,
    sockets: SocketSet<'a>,
    /// The sockets of TCP, each with the upper-casing of its connection.
    tcp: Vec<(SocketHandle, Unicode)>,
    udp: SocketHandle,
}

/// A server of plain smoltcp.
pub struct Plain<'a> {
    storage: &'a Bump,
    settings: &'a Settings,
    name: Arc<str>,
    link: Link,
    seed: u64,
    running: Option<Running<'a>>,
    is_paused: bool,
}

impl<'a> Plain<'a> {
    /// A server that runs.
    pub fn new(
        storage: &'a Bump,
        settings: &'a Settings,
        (name, link): (&Arc<str>, Link),
        seed: u64,
    ) -> Self {
        let mut server = Self {
            storage,
            settings,
            name: name.clone(),
            link,
            seed,
            running: None,
            is_paused: false,
        };
        server.boot(Instant::ZERO);
        server
    }

    fn boot(&mut self, now: Instant) {
        let (storage, settings) = (self.storage, self.settings);
        let mut port = self.link.port();
        let mut config = iface::Config::new(Number::SERVER.hardware().into());
        config.random_seed = self.seed;
        self.seed = self.seed.wrapping_add(1);
        let mut interface = Interface::new(config, &mut port, now);
        interface.update_ip_addrs(|addresses| {
            // smoltcp has room for at least one.
            let _ = addresses.push(Number::SERVER.cidr(settings.plan()));
        });
        // There is room for one route of each IP version.
        match Number::SERVER.gateway(settings.plan()) {
            Some(IpAddress::Ipv4(gateway)) => {
                let _ = interface.routes_mut().add_default_ipv4_route(gateway);
            }
            Some(IpAddress::Ipv6(gateway)) => {
                let _ = interface.routes_mut().add_default_ipv6_route(gateway);
            }
            None => {}
        }
        let slots = settings.places + 1;
        let slots = storage.alloc_slice_fill_with(slots, |_| iface::SocketStorage::EMPTY);
        let mut sockets = SocketSet::new(slots);
        let tcp = (0..settings.places).map(|_| {
            let (receive, transmit) = (buffer(storage, settings), buffer(storage, settings));
            let mut socket = tcp::Socket::new(receive, transmit);
            set_up(&mut socket, settings);
            socket.set_congestion_control(settings.congestion);
            (sockets.add(socket), Unicode::default())
        });
        let tcp = tcp.collect();
        let mut socket = udp::Socket::new(packets(storage), packets(storage));
        socket.bind(uppercase::PORT).expect("the port is not 0");
        let udp = sockets.add(socket);
        self.running = Some(Running {
            port,
            interface,
            sockets,
            tcp,
            udp,
        });
        self.is_paused = false;
    }
}

impl Running<'_> {
    fn serve(&mut self, is_paused: bool) {
        for (handle, upper) in &mut self.tcp {
            let socket = self.sockets.get_mut::<tcp::Socket<'_>>(*handle);
            if !socket.is_open() {
                *upper = Unicode::default();
                let _ = socket.listen(uppercase::PORT);
            }
            while !is_paused && exchange(socket, upper) {}
        }
        let socket = self.sockets.get_mut::<udp::Socket<'_>>(self.udp);
        while socket.can_send()
            && let Ok((line, sender)) = socket.recv()
        {
            let mut answer = [0; LONGEST];
            if let Some(length) = transform::datagram::<Unicode>(line, &mut answer) {
                let _ = socket.send_slice(&answer[..length], sender.endpoint);
            }
        }
    }
}

/// Returns whether something was moved.
fn exchange(socket: &mut tcp::Socket<'_>, upper: &mut Unicode) -> bool {
    let room = socket.send_capacity() - socket.send_queue();
    let mut output = [0; LONGEST];
    let output = &mut output[..room.min(LONGEST)];
    if socket.can_recv() && socket.may_send() && !output.is_empty() {
        let progress = socket.recv(|input| {
            let progress = upper.convert(input, output);
            (progress.consumed, progress)
        });
        let progress = progress.unwrap_or_default();
        let _ = socket.send_slice(&output[..progress.produced]);
        return progress.consumed + progress.produced > 0;
    }
    if !socket.may_recv() && socket.may_send() && !socket.can_recv() {
        let length = upper.finish(output);
        let _ = socket.send_slice(&output[..length]);
        socket.close();
    }
    false
}

impl Host for Plain<'_> {
    fn poll(&mut self, now: Instant) -> Option<Instant> {
        let is_paused = self.is_paused;
        let running = self.running.as_mut()?;
        running.serve(is_paused);
        for _ in 0..8 {
            let Running {
                port,
                interface,
                sockets,
                ..
            } = running;
            let result = interface.poll(now, port, sockets);
            running.serve(is_paused);
            if result == iface::PollResult::None {
                break;
            }
        }
        running.interface.poll_at(now, &running.sockets)
    }

    fn perform(&mut self, deed: &Deed, now: Instant) {
        match deed {
            Deed::Crash => self.running = None,
            Deed::Boot if self.running.is_none() => self.boot(now),
            Deed::Pause => self.is_paused = true,
            Deed::Resume => self.is_paused = false,
            Deed::Finish | Deed::Abort => {
                let Some(Running { sockets, tcp, .. }) = &mut self.running else {
                    return;
                };
                for (handle, _) in tcp {
                    let socket = sockets.get_mut::<tcp::Socket<'_>>(*handle);
                    match *deed {
                        Deed::Finish if socket.is_active() => socket.close(),
                        Deed::Abort if socket.is_active() => socket.abort(),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }

    fn sample(&mut self, now: Instant, timer: Option<Instant>) -> Sample {
        let mut connections = Vec::new();
        if let Some(Running { sockets, tcp, .. }) = &self.running {
            let of = |(handle, _): &(SocketHandle, Unicode)| {
                Connection::of(sockets.get::<tcp::Socket<'_>>(*handle))
            };
            connections.extend(tcp.iter().filter_map(of));
        }
        Sample {
            time: now.total_micros(),
            host: self.name.clone(),
            is_on: self.running.is_some(),
            reads: !self.is_paused,
            connections,
            timer: micros(timer),
        }
    }

    fn is_busy(&self) -> bool {
        false
    }
}
