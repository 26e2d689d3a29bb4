//! A round trip on one of many open TCP connections, in memory: what the number of connections
//! costs. `cargo bench --bench among`.
//!
//! A line is sent and its answer awaited, on another connection each time. The clients are sockets
//! of smoltcp, each in a set of its own, so that what they cost does not depend on their number.
//! `plain` is a server of smoltcp's sockets in one set, as in smoltcp's own examples.

use divan::Bencher;
use smoltcp::iface::{self, Interface, SocketHandle, SocketSet, SocketStorage};
use smoltcp::phy::Medium;
use smoltcp::socket::tcp::{Socket, SocketBuffer};
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{EthernetAddress, IpAddress, IpCidr, IpEndpoint};
use uppercase::device::wire::{self, Port};
use uppercase::stack::Config;
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
    let config =
        Config::new(EthernetAddress([2, 0, 0, 0, 0, 1]).into(), 42).with_addresses(&[SERVER]);
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

    /// Opens as many connections, and measures a round trip on one after the other.
    fn measure(mut self, bencher: Bencher, count: usize, mut serve: impl FnMut(Instant)) {
        for number in 0..count {
            let mut socket = Socket::new(buffer(), buffer());
            socket.set_ack_delay(None);
            let server = IpEndpoint::new(SERVER.address(), PORT);
            let port = 49_152 + number as u16;
            let connected = socket.connect(self.interface.context(), server, port);
            connected.expect("a socket that is not used");
            let mut sockets = SocketSet::new(vec![]);
            let handle = sockets.add(socket);
            self.open.push((sockets, handle));
            self.until(number, &mut serve, |socket| socket.may_send());
        }
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
