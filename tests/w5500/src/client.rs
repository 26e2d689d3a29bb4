//! A host on the other end of the wire: smoltcp without anything of ours.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use embassy_time::Instant;
use smoltcp::iface::{Config, Interface, SocketHandle, SocketSet};
use smoltcp::phy::{Device, DeviceCapabilities, Medium, RxToken, TxToken};
use smoltcp::socket::{tcp, udp};
use smoltcp::time::Instant as Moment;
use smoltcp::wire::{EthernetAddress, IpAddress, IpCidr};

use crate::Chip;

/// A client with one TCP and one UDP socket. The wire to the chip is infinitely fast.
pub struct Client {
    interface: Interface,
    sockets: SocketSet<'static>,
    tcp: SocketHandle,
    udp: SocketHandle,
    line: Line,
}

impl Client {
    /// A client with this address, wired to the chip.
    pub fn new(chip: Rc<RefCell<Chip>>, address: IpCidr) -> Self {
        let mut line = Line {
            chip,
            outgoing: VecDeque::new(),
        };
        let config = Config::new(EthernetAddress([2, 0, 0, 0, 0, 100]).into());
        let mut interface = Interface::new(config, &mut line, now());
        interface.update_ip_addrs(|addresses| {
            addresses.push(address).expect("there is room for one");
        });
        let buffer = || tcp::SocketBuffer::new(vec![0; 0xffff]);
        let datagrams =
            || udp::PacketBuffer::new(vec![udp::PacketMetadata::EMPTY; 8], vec![0; 8192]);
        let mut udp = udp::Socket::new(datagrams(), datagrams());
        udp.bind(50_000).expect("the port is free");
        let mut sockets = SocketSet::new(vec![]);
        Self {
            tcp: sockets.add(tcp::Socket::new(buffer(), buffer())),
            udp: sockets.add(udp),
            interface,
            sockets,
            line,
        }
    }

    /// Opens the TCP connection.
    pub fn connect(&mut self, server: IpAddress, port: u16) {
        let socket = self.sockets.get_mut::<tcp::Socket<'_>>(self.tcp);
        let connected = socket.connect(self.interface.context(), (server, port), 50_000);
        connected.expect("the socket is closed");
    }

    /// The TCP socket.
    pub fn tcp(&mut self) -> &mut tcp::Socket<'static> {
        self.sockets.get_mut(self.tcp)
    }

    /// The UDP socket.
    pub fn udp(&mut self) -> &mut udp::Socket<'static> {
        self.sockets.get_mut(self.udp)
    }

    /// Takes what the chip has sent and sends what there is; when to do so again at the latest.
    pub fn poll(&mut self) -> Instant {
        let Self {
            interface,
            sockets,
            line,
            ..
        } = self;
        interface.poll(now(), line, sockets);
        line.send();
        match interface.poll_at(now(), sockets) {
            Some(moment) => Instant::from_micros(moment.total_micros() as u64),
            None => Instant::MAX,
        }
    }
}

fn now() -> Moment {
    Moment::from_micros(Instant::now().as_micros() as i64)
}

struct Line {
    chip: Rc<RefCell<Chip>>,
    outgoing: VecDeque<Vec<u8>>,
}

impl Line {
    fn send(&mut self) {
        for frame in self.outgoing.drain(..) {
            self.chip.borrow_mut().receive(&frame);
        }
    }
}

impl Device for Line {
    type RxToken<'a> = Received;
    type TxToken<'a> = Room<'a>;

    fn receive(&mut self, _: Moment) -> Option<(Received, Room<'_>)> {
        let frame = self.chip.borrow_mut().transmitted()?;
        Some((Received(frame), Room(&mut self.outgoing)))
    }

    fn transmit(&mut self, _: Moment) -> Option<Room<'_>> {
        Some(Room(&mut self.outgoing))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ethernet;
        capabilities.max_transmission_unit = 1514;
        capabilities
    }
}

struct Received(Vec<u8>);

impl RxToken for Received {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, read: F) -> R {
        read(&self.0)
    }
}

struct Room<'a>(&'a mut VecDeque<Vec<u8>>);

impl TxToken for Room<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, fill: F) -> R {
        let mut frame = vec![0; length];
        let result = fill(&mut frame);
        self.0.push_back(frame);
        result
    }
}
