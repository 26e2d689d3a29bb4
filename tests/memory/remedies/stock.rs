//! The same service as smoltcp's own examples would write it: correct, and trusting.
//!
//! Every socket serves any client; nothing has a limit in time. It loses nothing of a text: it
//! takes no more than it has room to answer.

use smoltcp::iface::{Config, Interface, SocketHandle, SocketSet};
use smoltcp::phy::Medium;
use smoltcp::socket::{tcp, udp};
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{HardwareAddress, IpAddress};
use uppercase::PORT;
use uppercase::simulation::Port;

use super::common::network::Link;
use super::common::scene::buffers;
use super::world::{CLIENTS, DATAGRAM, OTHER_PORT, QUEUE, Server, WINDOW, hardware, network_of};

pub struct Stock {
    device: Port,
    interface: Interface,
    sockets: SocketSet<'static>,
    tcp: Vec<SocketHandle>,
    udp: Vec<SocketHandle>,
}

impl Stock {
    /// A pool of `places` listening sockets, and two sockets for datagrams.
    pub fn new(link: Link, mut device: Port, random_seed: u64, host: u16, places: usize) -> Self {
        let mut config = Config::new(match link.medium {
            Medium::Ethernet => hardware(host).into(),
            _ => HardwareAddress::Ip,
        });
        config.random_seed = random_seed;
        let mut interface = Interface::new(config, &mut device, Instant::ZERO);
        interface.update_ip_addrs(|addresses| {
            let room = addresses.push(network_of(link, host));
            room.expect("there is room for one address");
        });
        let routes = interface.routes_mut();
        let route = match link.address(CLIENTS) {
            IpAddress::Ipv4(gateway) => routes.add_default_ipv4_route(gateway),
            IpAddress::Ipv6(gateway) => routes.add_default_ipv6_route(gateway),
        };
        route.expect("there is room for one route");
        let mut sockets = SocketSet::new(vec![]);
        let tcp = (0..places).map(|_| {
            let (receive, transmit) = buffers(WINDOW);
            sockets.add(tcp::Socket::new(receive, transmit))
        });
        let tcp = tcp.collect();
        let udp = [PORT, OTHER_PORT].map(|port| {
            let buffer = || {
                let packets = vec![udp::PacketMetadata::EMPTY; QUEUE];
                udp::PacketBuffer::new(packets, vec![0; QUEUE * DATAGRAM])
            };
            let mut socket = udp::Socket::new(buffer(), buffer());
            socket.bind(port).expect("the port is not 0");
            sockets.add(socket)
        });
        Self {
            device,
            interface,
            sockets,
            tcp,
            udp: udp.to_vec(),
        }
    }

    pub fn device(&mut self) -> &mut Port {
        &mut self.device
    }

    fn serve(&mut self) {
        for handle in &self.tcp {
            let socket = self.sockets.get_mut::<tcp::Socket<'_>>(*handle);
            if !socket.is_open() {
                socket.listen(PORT).expect("the port is not 0");
            }
            if socket.may_recv() {
                let room = socket.send_capacity() - socket.send_queue();
                let text = socket.recv(|text| {
                    let taken = text.len().min(room);
                    (taken, text[..taken].to_ascii_uppercase())
                });
                if let Ok(text) = text {
                    socket.send_slice(&text).expect("the connection is open");
                }
            } else if socket.may_send() {
                socket.close();
            }
        }
        for handle in &self.udp {
            let socket = self.sockets.get_mut::<udp::Socket<'_>>(*handle);
            while socket.can_send()
                && let Ok((text, client)) = socket.recv()
            {
                let text = text.to_ascii_uppercase();
                // What cannot be addressed is not answered.
                let _ = socket.send_slice(&text, client);
            }
        }
    }
}

impl Server for Stock {
    fn poll(&mut self, now: Instant) -> Option<Duration> {
        self.interface
            .poll(now, &mut self.device, &mut self.sockets);
        self.serve();
        self.interface.poll_delay(now, &self.sockets)
    }

    fn connections(&self) -> usize {
        let sockets = self.tcp.iter();
        let sockets = sockets.map(|handle| self.sockets.get::<tcp::Socket<'_>>(*handle));
        sockets
            .filter(|socket| socket.state() != tcp::State::Listen)
            .count()
    }
}
