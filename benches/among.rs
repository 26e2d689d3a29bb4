//! A round trip on one of many open TCP connections, in memory: what the number of connections
//! costs. `cargo bench --bench among`.
//!
//! A line is sent and its answer awaited, on another connection each time. The clients are sockets
//! of smoltcp, each in a set of its own, so that what they cost does not depend on their number.
//! `plain` is a server of smoltcp's sockets in one set, as in smoltcp's own examples.
//!
//! `backlog` is a round trip on the only connection of a server, with a backlog of 65 536 that is in
//! this state; compare its rows.

use divan::Bencher;
use smoltcp::iface::{self, Interface, SocketHandle, SocketSet, SocketStorage};
use smoltcp::phy::{ChecksumCapabilities, Device as _, Medium, TxToken};
use smoltcp::socket::tcp::{Socket, SocketBuffer};
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{
    EthernetAddress, IpAddress, IpCidr, IpEndpoint, IpProtocol, Ipv4Address, Ipv4Packet, Ipv4Repr,
    TcpControl, TcpPacket, TcpRepr, TcpSeqNumber,
};
use uppercase::device::wire::{self, Port};
use uppercase::stack::{Config, PendingSyn};
use uppercase::tcp::{self, Entry, Hash, Index, Mark, Scan, Session};
use uppercase::{PORT, Stack};

const COUNTS: [usize; 4] = [1, 10, 100, 1000];
const BUFFER: usize = 512;
const LINE: &[u8] = b"hello, straight\n";
const ANSWER: &[u8] = b"HELLO, STRAIGHT\n";
const SERVER: IpCidr = IpCidr::new(IpAddress::v4(10, 0, 0, 1), 24);
const CLIENT: IpCidr = IpCidr::new(IpAddress::v4(10, 0, 0, 2), 24);
/// More would mean that the two wait for each other without end.
const MOST_POLLS: usize = 1000;

type Wire = wire::Wire<64, 1514>;
type Device<'w> = Port<'w, 64, 1514>;

fn main() {
    divan::main();
}

#[divan::bench(args = COUNTS)]
fn scan(bencher: Bencher, count: usize) {
    ours(bencher, count, Scan::new(vec![Mark::EMPTY; count]));
}

#[divan::bench(args = COUNTS)]
fn hash(bencher: Bencher, count: usize) {
    ours(bencher, count, Hash::new(vec![Entry::EMPTY; count], 42));
}

fn ours(bencher: Bencher, count: usize, index: impl Index) {
    let wire = Box::new(Wire::new());
    let (client, server) = wire.ports(Medium::Ethernet);
    let mut storage: Vec<_> = (0..count).map(|_| SocketStorage::EMPTY).collect();
    let config = Config {
        hardware_address: EthernetAddress([2, 0, 0, 0, 0, 1]).into(),
        addresses: &[SERVER],
        gateways: &[],
        random_seed: 42,
    };
    let mut stack = Stack::new(server, config, &mut [][..], Instant::ZERO).expect("a stack");
    let sessions: Result<Vec<Session<'_>>, _> = storage
        .iter_mut()
        .map(|storage| Session::new(storage, buffer(), buffer()))
        .collect();
    let sessions = sessions.expect("buffers of a possible size");
    let config = tcp::Config::default();
    let server = tcp::Server::from_parts(stack.sockets(), sessions, index, config);
    let mut server = server.expect("a server");
    Clients::new(client).measure(bencher, count, |now| {
        let _ = stack.poll(now, &mut server);
    });
}

/// What is in a large backlog.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Backlog {
    /// Nothing was.
    Empty,
    /// It was full, and all SYNs are over.
    Expired,
    /// The same, and one SYN waits now.
    ExpiredButOne,
}

const BACKLOG: usize = 65_536;

#[divan::bench(args = [Backlog::Empty, Backlog::Expired, Backlog::ExpiredButOne])]
fn backlog(bencher: Bencher, backlog: Backlog) {
    let wire = Box::new(Wire::new());
    let (client, server) = wire.ports(Medium::Ethernet);
    let mut storage = vec![SocketStorage::EMPTY];
    let config = Config {
        hardware_address: EthernetAddress([2, 0, 0, 0, 0, 1]).into(),
        addresses: &[SERVER],
        gateways: &[],
        random_seed: 42,
    };
    let stack = Stack::new(server, config, &mut [][..], Instant::ZERO).expect("a stack");
    let mut stack = stack.with_backlog(vec![PendingSyn::EMPTY; BACKLOG]);
    let sessions: Result<Vec<Session<'_>>, _> = storage
        .iter_mut()
        .map(|storage| Session::new(storage, buffer(), buffer()))
        .collect();
    let sessions = sessions.expect("buffers of a possible size");
    let config = tcp::Config {
        idle_timeout: None,
        silence_timeout: None,
        keep_alive: None,
        ..tcp::Config::default()
    };
    let index = Scan::new(vec![Mark::EMPTY]);
    let server = tcp::Server::from_parts(stack.sockets(), sessions, index, config);
    let mut server = server.expect("a server");
    let mut clients = Clients::new(client);
    clients.open(1, &mut |now| {
        let _ = stack.poll(now, &mut server);
    });
    let (count, more) = match backlog {
        Backlog::Empty => (0, 0),
        Backlog::Expired => (BACKLOG, 0),
        Backlog::ExpiredButOne => (BACKLOG, 1),
    };
    for number in 0..count {
        clients.send_syn(number);
        let _ = stack.poll(clients.now, &mut server);
    }
    clients.now += Duration::from_secs(31);
    for number in 0..more {
        clients.send_syn(number);
        let _ = stack.poll(clients.now, &mut server);
    }
    clients.measure(bencher, 1, |now| {
        let _ = stack.poll(now, &mut server);
    });
}

#[divan::bench(args = COUNTS)]
fn plain(bencher: Bencher, count: usize) {
    let wire = Box::new(Wire::new());
    let (client, mut server) = wire.ports(Medium::Ethernet);
    let mut interface = interface(&mut server, SERVER, 1);
    let mut sockets = SocketSet::new(vec![]);
    for _ in 0..count {
        let mut socket = Socket::new(buffer(), buffer());
        socket.listen(PORT).expect("a socket that is not used");
        sockets.add(socket);
    }
    Clients::new(client).measure(bencher, count, |now| {
        interface.poll(now, &mut server, &mut sockets);
        for (_, socket) in sockets.iter_mut() {
            let smoltcp::socket::Socket::Tcp(socket) = socket else {
                continue;
            };
            if socket.can_recv() {
                let mut text = [0; BUFFER];
                let length = socket.recv_slice(&mut text).expect("it is open");
                text[..length].make_ascii_uppercase();
                let sent = socket.send_slice(&text[..length]);
                assert_eq!(sent, Ok(length));
            }
        }
        interface.poll(now, &mut server, &mut sockets);
    });
}

/// Clients that share an interface.
struct Clients<'w> {
    device: Device<'w>,
    interface: Interface,
    open: Vec<(SocketSet<'static>, SocketHandle)>,
    now: Instant,
}

impl<'w> Clients<'w> {
    fn new(mut device: Device<'w>) -> Self {
        Self {
            interface: interface(&mut device, CLIENT, 2),
            device,
            open: Vec::new(),
            now: Instant::ZERO,
        }
    }

    /// Opens connections, until there are so many.
    fn open(&mut self, count: usize, serve: &mut impl FnMut(Instant)) {
        for number in self.open.len()..count {
            let mut socket = Socket::new(buffer(), buffer());
            socket.set_ack_delay(None);
            let server = IpEndpoint::new(SERVER.address(), PORT);
            let port = 49_152 + number as u16;
            let connected = socket.connect(self.interface.context(), server, port);
            connected.expect("a socket that is not used");
            let mut sockets = SocketSet::new(vec![]);
            let handle = sockets.add(socket);
            self.open.push((sockets, handle));
            self.until(number, serve, |socket| socket.may_send());
        }
    }

    /// Sends a SYN of a host that acknowledges nothing.
    fn send_syn(&mut self, number: usize) {
        let source = Ipv4Address::new(10, 0, 0, 3 + (number % 250) as u8);
        let tcp = TcpRepr {
            src_port: 1024 + (number / 250) as u16,
            dst_port: PORT,
            control: TcpControl::Syn,
            seq_number: TcpSeqNumber(number as i32),
            ack_number: None,
            window_len: 1024,
            window_scale: None,
            max_seg_size: Some(1460),
            sack_permitted: false,
            sack_ranges: [None; 3],
            timestamp: None,
            payload: &[],
        };
        let ip = Ipv4Repr {
            src_addr: source,
            dst_addr: Ipv4Address::new(10, 0, 0, 1),
            next_header: IpProtocol::Tcp,
            payload_len: tcp.buffer_len(),
            hop_limit: 64,
        };
        let sums = ChecksumCapabilities::default();
        let token = self.device.transmit(self.now).expect("there is room");
        token.consume(14 + 20 + ip.payload_len, |frame| {
            frame[..6].copy_from_slice(&[2, 0, 0, 0, 0, 1]);
            frame[6..12].copy_from_slice(&[2, 0, 0, 0, 0, 2]);
            frame[12..14].copy_from_slice(&[8, 0]);
            ip.emit(&mut Ipv4Packet::new_unchecked(&mut frame[14..]), &sums);
            let mut segment = TcpPacket::new_unchecked(&mut frame[34..]);
            tcp.emit(&mut segment, &source.into(), &ip.dst_addr.into(), &sums);
        });
    }

    /// Opens as many connections, and measures a round trip on one after the other.
    fn measure(mut self, bencher: Bencher, count: usize, mut serve: impl FnMut(Instant)) {
        self.open(count, &mut serve);
        let mut number = 0;
        bencher.bench_local(|| {
            number = (number + 7919) % count;
            let (sockets, handle) = &mut self.open[number];
            let socket = sockets.get_mut::<Socket<'_>>(*handle);
            socket.send_slice(LINE).expect("it is open");
            self.until(number, &mut serve, |socket| {
                socket.recv_queue() == LINE.len()
            });
            let (sockets, handle) = &mut self.open[number];
            let socket = sockets.get_mut::<Socket<'_>>(*handle);
            let answer = socket.recv(|text| (text.len(), text == ANSWER));
            assert_eq!(answer, Ok(true));
        });
    }

    fn until(
        &mut self,
        number: usize,
        serve: &mut impl FnMut(Instant),
        is_done: impl Fn(&Socket<'_>) -> bool,
    ) {
        let (sockets, handle) = &mut self.open[number];
        for _ in 0..MOST_POLLS {
            self.interface.poll(self.now, &mut self.device, sockets);
            serve(self.now);
            if is_done(sockets.get::<Socket<'_>>(*handle)) {
                return;
            }
            self.now += Duration::from_micros(100);
        }
        panic!("client {number} waits for ever");
    }
}

fn interface(device: &mut Device<'_>, address: IpCidr, host: u8) -> Interface {
    let hardware_address = EthernetAddress([2, 0, 0, 0, 0, host]);
    let config = iface::Config::new(hardware_address.into());
    let mut interface = Interface::new(config, device, Instant::ZERO);
    interface.update_ip_addrs(|addresses| addresses.push(address).expect("room for one"));
    interface
}

fn buffer() -> SocketBuffer<'static> {
    SocketBuffer::new(vec![0; BUFFER])
}
