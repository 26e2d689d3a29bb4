//! An address from `dnsmasq` on the kernel's side of a TAP interface.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant as Clock};

use smoltcp::iface::SocketStorage;
use smoltcp::time::Instant;
use smoltcp::wire::Ipv4Address;
use uppercase::device::tuntap::{Mode, TunTap};
use uppercase::dhcp::{Event, Loss};
use uppercase::link::EthernetAddress;
use uppercase::stack::Config;
use uppercase::{Stack, tcp};

use crate::command::{LIMIT, Program, UPPERCASE, start, uppercase, wait_for, words};
use crate::link::{PORT, bound};
use crate::namespace::{Test, ip, tests, tool};
use crate::peers::{answer_once, serve_tcp};

pub const TESTS: &[Test] = tests![
    address_of_a_dhcp_server_is_served_within_a_second,
    client_obtains_an_address_and_asks_the_name_servers_of_the_network,
    fixed_address_is_used_beside_that_of_a_dhcp_server,
    network_without_a_dhcp_server_is_explained_and_one_that_comes_is_used,
    address_that_is_refused_is_replaced_while_the_server_runs,
    address_that_the_kernel_has_is_declined_and_another_one_is_obtained,
    interface_that_is_switched_off_and_on_has_its_address_verified,
    hundred_renewals_interrupt_no_connection,
    dhcp_server_that_disappears_takes_the_address_with_it_until_it_is_back,
];

/// The kernel's address, and those that are given unless a test says otherwise.
const KERNEL: &str = "192.168.69.100";
pub const RANGE: &str = "--dhcp-range=192.168.69.50,192.168.69.60,2m";
const OTHER_RANGE: &str = "--dhcp-range=192.168.69.70,192.168.69.80,2m";
/// T1 and T2 are after 1 s and 3 s. The shortest lease of dnsmasq has 2 minutes.
const SOON: &str = "--dhcp-option=option:T1,1 --dhcp-option=option:T2,3";
/// The card of a stack of ours.
const CARD: EthernetAddress = EthernetAddress([2, 0, 0, 0, 0, 7]);

/// An interface with the kernel's address.
pub fn interface() {
    ip("tuntap add dev tap0 mode tap");
    ip(&format!("addr add {KERNEL}/24 dev tap0"));
    ip("link set tap0 up");
}

/// A DHCP server, which knows the name `server.test`.
pub fn dnsmasq(options: &str) -> Program {
    let mut dnsmasq = tool("dnsmasq");
    let common = "--keep-in-foreground --conf-file=/dev/null --no-resolv --no-hosts --user=root \
                  --group= --pid-file= --log-facility=- --interface=tap0 --no-ping \
                  --dhcp-authoritative --leasefile-ro --host-record=server.test,192.168.69.100";
    let server = start(dnsmasq.args(words(common)).args(words(options)));
    wait_for("the DHCP server", || UdpSocket::bind("0.0.0.0:67").err());
    server
}

/// `uppercase serve` with these options, which asks for an address.
fn serve(options: &str) -> Program {
    let arguments = format!("serve --tap tap0 --dhcp {options}");
    let mut server = start(std::process::Command::new(UPPERCASE).args(words(&arguments)));
    assert_eq!(server.line(), "Asking the network for an address\n");
    server
}

/// Reads what it prints about an address, and returns that.
#[track_caller]
fn obtained(server: &mut Program, is_first: bool) -> Ipv4Addr {
    let line = server.line();
    let (address, rest) = line.split_once('/').expect("an address and its prefix");
    let rest = rest.trim_end();
    assert_eq!(
        rest,
        format!(
            "24 is from the DHCP server {KERNEL}, for 120 s; the router is {KERNEL}; name servers: {KERNEL}"
        )
    );
    if is_first {
        assert_eq!(server.line(), "The server is ready to receive\n");
    }
    assert_eq!(server.line(), format!("  TCP {address}:{PORT}\n"));
    assert_eq!(server.line(), format!("  UDP {address}:{PORT}\n"));
    address.parse().expect("an address")
}

#[track_caller]
pub fn assert_served(address: impl Into<IpAddr>) {
    let mut stream = TcpStream::connect_timeout(&SocketAddr::new(address.into(), PORT), LIMIT)
        .expect("a connection");
    bound(&stream);
    stream.write_all(b"hello").expect("it reads");
    let mut answer = [0; 5];
    stream.read_exact(&mut answer).expect("it answers");
    assert_eq!(&answer, b"HELLO");
}

pub fn address_of_a_dhcp_server_is_served_within_a_second() {
    interface();
    let _dnsmasq = dnsmasq(RANGE);
    let mut cards = vec![];
    for _ in 0..2 {
        let begun = Clock::now();
        let mut server = serve("");
        let address = obtained(&mut server, true);
        println!("{address} is ready {:?} after the start", begun.elapsed());
        assert_served(address);
        cards.push(ip(&format!("neigh show {address}")));
        let outcome = server.interrupt();
        assert_eq!((outcome.code, &*outcome.stderr), (Some(0), ""));
    }
    let card = |text: &String| text.split(' ').nth(4).map(str::to_owned);
    assert_eq!(card(&cards[0]), card(&cards[1]), "so is its address");
}

pub fn client_obtains_an_address_and_asks_the_name_servers_of_the_network() {
    interface();
    let dnsmasq = dnsmasq(RANGE);
    serve_tcp(answer_once);
    assert_eq!(
        uppercase("tcp server.test --tap tap0 --dhcp", "hello").text(),
        "HELLO"
    );
    drop(dnsmasq);
    uppercase("tcp server.test --tap tap0 --dhcp --timeout 1", "hello").assert_failed(
        "tap0: no DHCP server has given an address within 1 s: put tap0 into a network with one, for \
         instance with `sudo ip link set tap0 master br0`, or give --ip instead of --dhcp",
    );
}

pub fn fixed_address_is_used_beside_that_of_a_dhcp_server() {
    interface();
    let _dnsmasq = dnsmasq(RANGE);
    let mut server = serve("--ip 192.168.69.9/24");
    let address = obtained(&mut server, true);
    assert_served(address);
    // It is asked for as long as RFC 5227 has it.
    assert_eq!(server.line(), format!("  TCP 192.168.69.9:{PORT}\n"));
    assert_served(Ipv4Addr::new(192, 168, 69, 9));
}

pub fn network_without_a_dhcp_server_is_explained_and_one_that_comes_is_used() {
    interface();
    let mut server = serve("");
    assert_eq!(
        server.line(),
        "No DHCP server has answered yet on tap0; it is asked again. Is tap0 in a network with one? `sudo \
         ip link set tap0 master br0` puts it into the bridge br0\n"
    );
    let _dnsmasq = dnsmasq(RANGE);
    let address = obtained(&mut server, true);
    assert_served(address);
}

/// A server that does not know the address (any more) refuses it.
pub fn address_that_is_refused_is_replaced_while_the_server_runs() {
    interface();
    let dnsmasq_before = dnsmasq(&format!("{RANGE} {SOON}"));
    let mut server = serve("");
    let before = obtained(&mut server, true);
    assert_served(before);
    drop(dnsmasq_before);
    let _dnsmasq = dnsmasq(&format!("{OTHER_RANGE} {SOON}"));
    assert_eq!(
        server.line(),
        format!(
            "{before} is not used any more: a DHCP server has refused it; another one is asked for\n"
        )
    );
    let after = obtained(&mut server, false);
    assert_ne!(before, after);
    assert_served(after);
}

/// RFC 2131, 3.1.5: DHCPDECLINE, ten seconds of silence, another address.
pub fn address_that_the_kernel_has_is_declined_and_another_one_is_obtained() {
    interface();
    ip("addr add 192.168.69.50/24 dev tap0");
    // What is sent to an address of the kernel would not leave it: the server has to broadcast.
    let mac = "02:00:00:00:00:07";
    let _dnsmasq = dnsmasq(&format!(
        "{RANGE} --dhcp-broadcast --dhcp-host={mac},192.168.69.50"
    ));
    let mut server = serve(&format!("--mac {mac}"));
    assert_eq!(
        server.line(),
        "192.168.69.50 is not used any more: another host has it; the DHCP server is asked for another one\n"
    );
    let address = obtained(&mut server, true);
    assert_ne!(address, Ipv4Addr::new(192, 168, 69, 50));
    assert_served(address);
}

pub fn interface_that_is_switched_off_and_on_has_its_address_verified() {
    interface();
    let _dnsmasq = dnsmasq(&format!("{RANGE} {SOON}"));
    let mut server = serve("");
    let address = obtained(&mut server, true);
    for _ in 0..2 {
        assert_served(address);
        ip("link set tap0 down");
        // A renewal finds that out.
        thread::sleep(Duration::from_millis(1500));
        ip("link set tap0 up");
        wait_for("the address", || TcpStream::connect((address, PORT)).ok());
    }
    assert_served(address);
}

/// A stack of ours on the interface, with a clock that runs so many times as fast.
struct Fast<'a> {
    stack: Stack<'a, TunTap>,
    server: tcp::Server<'a>,
    start: Clock,
    speed: u32,
}

impl Fast<'_> {
    fn now(&self) -> Instant {
        let passed = self.start.elapsed().as_micros() as i64;
        Instant::from_micros(i64::from(self.speed) * passed)
    }

    /// Runs until something has happened to the address.
    fn event(&mut self) -> Event {
        loop {
            let now = self.now();
            if let Some(event) = self.stack.context(now).take_dhcp_event() {
                return event;
            }
            assert!(
                self.start.elapsed() < Duration::from_secs(55),
                "it takes too long"
            );
            let next = self.stack.poll(now, &mut self.server);
            let longest = smoltcp::time::Duration::from_millis(5);
            let limit = next
                .delay(now)
                .map_or(longest, |delay| (delay / self.speed).min(longest));
            let device = self.stack.device_mut();
            device.wait(Some(limit)).expect("the device is there");
        }
    }
}

/// Runs this with a stack that has a clock so many times as fast.
fn run_fast(speed: u32, test: impl FnOnce(&mut Fast<'_>)) {
    let device = TunTap::open("tap0", Mode::Tap, &[]).expect("root may open it");
    let config = Config::new(CARD, 1);
    let mut pool = Box::new(tcp::Pool::<4, 16384, 16384>::new());
    let mut slots = [SocketStorage::EMPTY];
    let stack = Stack::new(device, config, &mut slots[..], Instant::ZERO).expect("it is right");
    let mut stack = stack.with_dhcp();
    let config = tcp::Config::default()
        .with_idle_timeout(None)
        .with_silence_timeout(None)
        .with_keep_alive(None);
    let server = tcp::Server::new(stack.sockets(), &mut *pool, config).expect("there is room");
    test(&mut Fast {
        stack,
        server,
        start: Clock::now(),
        speed,
    });
}

#[track_caller]
fn first(stack: &mut Fast<'_>) -> Ipv4Address {
    match stack.event() {
        Event::Obtained(address) => address,
        other => panic!("{other}"),
    }
}

/// The figure: 100 of 100 renewals with traffic flowing, and not one byte is lost.
pub fn hundred_renewals_interrupt_no_connection() {
    const RENEWALS: usize = 100;
    interface();
    let _dnsmasq = dnsmasq(&format!("{RANGE} {SOON}"));
    run_fast(4, |stack| {
        let address = first(stack);
        let is_over: &AtomicBool = Box::leak(Box::default());
        let client = thread::spawn(move || {
            let mut stream = TcpStream::connect((address, PORT)).expect("a connection");
            bound(&stream);
            let mut lines = 0;
            while !is_over.load(Ordering::Relaxed) {
                let line = format!("line {lines}, which is echoed in capitals\n");
                stream.write_all(line.as_bytes()).expect("it is open");
                let mut answer = vec![0; line.len()];
                stream.read_exact(&mut answer).expect("it answers");
                assert_eq!(answer, line.to_ascii_uppercase().into_bytes());
                lines += 1;
            }
            lines
        });
        for number in 0..RENEWALS {
            assert_eq!(stack.event(), Event::Renewed(address), "renewal {number}");
            assert!(!client.is_finished(), "the connection has ended");
        }
        is_over.store(true, Ordering::Relaxed);
        while !client.is_finished() {
            stack.event();
        }
        let lines = client.join().expect("nothing is lost");
        println!("{RENEWALS} renewals, {lines} lines, none lost");
        assert!(lines > RENEWALS);
    });
}

pub fn dhcp_server_that_disappears_takes_the_address_with_it_until_it_is_back() {
    interface();
    let server = dnsmasq(RANGE);
    run_fast(20, |stack| {
        let address = first(stack);
        drop(server);
        assert_eq!(stack.event(), Event::Lost(address, Loss::Expired));
        let now = stack.now();
        assert!(!stack.stack.context(now).is_own(&address.into()));
        assert_eq!(stack.event(), Event::Unanswered);
        let _server = dnsmasq(RANGE);
        first(stack);
    });
}
