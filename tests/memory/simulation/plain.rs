//! Hosts of plain smoltcp: an interface and sockets on a port.

use std::task::Poll;

use smoltcp::iface::{PollResult, SocketHandle};
use smoltcp::phy::Medium;
use smoltcp::socket::tcp::{Socket, SocketBuffer};
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{IpAddress, IpCidr};
use uppercase::simulation::{Conditions, Host, Link, Network, Probability, Stuck, Turn, seeds};

const SECOND: Duration = Duration::from_secs(1);

const LOSING: Conditions = Conditions::PERFECT
    .with_delay(Duration::from_millis(10))
    .with_loss(Probability::percent(20));

/// A host with one TCP socket.
pub struct Plain {
    host: Host<'static>,
    handle: SocketHandle,
}

impl Plain {
    pub fn new(link: &Link, number: u8) -> Self {
        let mut host = Host::new(link, IpCidr::new(IpAddress::v4(10, 0, 0, number), 8));
        let buffer = || SocketBuffer::new(vec![0; 100]);
        let handle = host.sockets.add(Socket::new(buffer(), buffer()));
        Self { host, handle }
    }

    pub fn socket(&mut self) -> &mut Socket<'static> {
        self.host.sockets.get_mut(self.handle)
    }

    pub fn connect(&mut self, number: u8) {
        let socket = self.host.sockets.get_mut::<Socket>(self.handle);
        let server = (IpAddress::v4(10, 0, 0, number), 7);
        let connected = socket.connect(self.host.interface.context(), server, 50_000);
        connected.expect("the address is right");
    }

    pub fn poll(&mut self, turn: &mut Turn) -> PollResult {
        self.host.poll(turn)
    }
}

/// A client that sends `text` to a server that reads it, on a link that loses every fifth frame.
/// The application is called before its interface is polled, or after.
pub fn exchange(seed: u64, text: &'static [u8], is_first: bool) -> Exchange {
    let mut network = Network::new(Medium::Ethernet, seed);
    let links = ["server", "client"].map(|name| network.link(name));
    exchange_on(network, &links, text, is_first)
}

/// The same on links of any segment.
pub fn exchange_on(
    network: Network,
    [one, other]: &[Link; 2],
    text: &'static [u8],
    is_first: bool,
) -> Exchange {
    one.set(LOSING);
    let mut server = Plain::new(one, 1);
    let mut client = Plain::new(other, 2);
    server.socket().listen(7).expect("the port is not 0");
    client.connect(1);
    let (mut sent, mut heard) = (0, Vec::new());
    let mut application = move |server: &mut Plain, client: &mut Plain| {
        let socket = client.socket();
        if socket.can_send() {
            sent += socket.send_slice(&text[sent..]).expect("it is open");
        }
        let socket = server.socket();
        while socket.can_recv() {
            let more = socket.recv(|text| (text.len(), text.to_vec()));
            heard.extend(more.expect("it is open"));
        }
        heard == text
    };
    let hosts = move |turn: &mut Turn| {
        let is_done = is_first && application(&mut server, &mut client);
        server.poll(turn);
        client.poll(turn);
        match is_done || !is_first && application(&mut server, &mut client) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    };
    Exchange {
        network,
        hosts: Box::new(hosts),
    }
}

type Hosts = Box<dyn FnMut(&mut Turn) -> Poll<()>>;

/// A network, and what polls its hosts until they are ready.
pub struct Exchange {
    pub network: Network,
    pub hosts: Hosts,
}

#[test]
fn a_plain_interface_is_polled_until_its_application_is_ready() {
    for seed in seeds(0..50) {
        for is_first in [true, false] {
            let Exchange { mut network, hosts } = exchange(seed, &[7; 1000], is_first);
            let done = network.run(SECOND * 600, hosts);
            assert_eq!(done, Ok(()), "seed {seed}");
        }
    }
}

#[test]
fn a_plain_interface_is_polled_until_the_deadline_where_its_application_is_never_ready() {
    let mut network = Network::new(Medium::Ethernet, 1);
    let link = network.link("client");
    let mut client = Plain::new(&link, 2);
    // There is no such host; it asks for it again and again.
    client.connect(1);
    let done = network.run(SECOND * 10, |turn| {
        client.poll(turn);
        Poll::<()>::Pending
    });
    assert_eq!(done, Err(Stuck::Late { limit: SECOND * 10 }));
    assert_eq!(network.now(), Instant::ZERO + SECOND * 10);
}

#[test]
fn an_interface_without_anything_to_do_asks_for_no_turn() {
    let mut network = Network::new(Medium::Ethernet, 1);
    let link = network.link("server");
    let mut server = Plain::new(&link, 1);
    server.socket().listen(7).expect("the port is not 0");
    let done = network.run(SECOND, |turn| {
        server.poll(turn);
        Poll::<()>::Pending
    });
    assert_eq!(done, Err(Stuck::Idle { at: Instant::ZERO }));
}

/// The initial sequence number of a connection.
fn sequence_number(seed: u64) -> Vec<u8> {
    let Exchange { mut network, hosts } = exchange(seed, b"x", false);
    let link = network.link("listener");
    link.to_host.capture();
    let done = network.run(SECOND * 600, hosts);
    assert_eq!(done, Ok(()));
    let mut frames = link.to_host.captured().into_iter();
    // The sequence number is behind the headers of Ethernet and IPv4, and two ports.
    let segment = frames.find(|frame| frame.get(23) == Some(&6));
    segment.expect("a SYN was sent")[38..42].to_vec()
}

#[test]
fn the_random_numbers_of_a_host_follow_from_the_seed_of_the_network() {
    assert_eq!(sequence_number(1), sequence_number(1));
    assert_ne!(sequence_number(1), sequence_number(2));
}
