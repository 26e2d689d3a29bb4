//! Paths to other networks: links with a small MTU behind a router, and errors of routers that are
//! filtered.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::command::{Outcome, own_directory, run, start, uppercase, words};
use crate::link::{Link, serve};
use crate::namespace::{ip, need, tool};
use crate::peers::{UDP_CLIENT, UDP_SERVER};

/// The MTUs of the link between two routers: the least of IPv6, and another one.
pub const MTUS: [u16; 2] = [1280, 1300];
const LENGTH: usize = 20_000;
/// Another program that waits for its answer is ended after this number of seconds.
const PATIENCE: &str = "20";

/// Two routers, the first of which is the kernel of the test, and a host behind the second:
///
/// ```text
/// uppercase ── test ══ middle ── far        the link in the middle has a small MTU
/// ```
pub fn two_routers(mtu: u16) {
    for name in ["middle", "far"] {
        ip(&format!("netns add {name}"));
    }
    ip(&format!(
        "link add near0 mtu {mtu} type veth peer name near1 mtu {mtu} netns middle"
    ));
    ip("-n middle link add far1 type veth peer name far0 netns far");
    for (place, interface, network, host) in [
        ("", "near0", 1, 1),
        ("-n middle ", "near1", 1, 2),
        ("-n middle ", "far1", 2, 1),
        ("-n far ", "far0", 2, 2),
    ] {
        ip(&format!(
            "{place}addr add 10.50.{network}.{host}/24 dev {interface}"
        ));
        ip(&format!(
            "{place}addr add fd5{network}::{host}/64 dev {interface} nodad"
        ));
        ip(&format!("{place}link set {interface} up"));
    }
    for file in ["ipv4/ip_forward", "ipv6/conf/all/forwarding"] {
        let write = format!("echo 1 > /proc/sys/net/{file}");
        for mut shell in [tool("sh"), in_network("middle", "sh")] {
            assert!(shell.args(["-c", &write]).status().unwrap().success());
        }
    }
    ip("route add 10.50.2.0/24 via 10.50.1.2");
    ip("route add fd52::/64 via fd51::2");
    ip("-n middle route add default via 10.50.1.1");
    ip("-n middle route add default via fd51::1");
    // What this host sends is as long as the path takes, from the first datagram on; what it asks for is
    // as long as its link takes.
    ip(&format!(
        "-n far route add default via 10.50.2.1 mtu {mtu} advmss 1460"
    ));
    ip(&format!(
        "-n far route add default via fd52::1 mtu {mtu} advmss 1440"
    ));
}

/// What the first router sends by itself to the command's host is lost: its errors.
pub fn filter_errors() {
    // With no other program than `ip`: there is no route for them.
    for host in 1..=2 {
        ip(&format!(
            "rule add iif lo ipproto icmp to 192.168.69.{host} blackhole"
        ));
        ip(&format!(
            "-6 rule add iif lo ipproto ipv6-icmp to fdaa::{host} blackhole"
        ));
    }
}

fn in_network(name: &str, program: &str) -> Command {
    need(program);
    let mut command = tool("nsenter");
    command.args([&format!("--net=/run/netns/{name}"), program]);
    command
}

/// Runs a program of others in the far network.
fn in_far_network(program: &str, input: &[u8]) -> Outcome {
    let mut command = in_network("far", "timeout");
    run(command.arg(PATIENCE).args(words(program)), input)
}

/// The router's own addresses on an interface that is new are tentative for a while (RFC 4862, 5.4).
fn wait_for_way(server: &str) {
    let ping = format!("ping -c 1 -W 1 {server}");
    let is_there = (0..20).any(|_| in_far_network(&ping, b"").code == Some(0));
    assert!(is_there, "{server} is not reached from the far network");
}

/// The text, and the answer.
fn text() -> (Vec<u8>, Vec<u8>) {
    (vec![b'x'; LENGTH], vec![b'X'; LENGTH])
}

fn gateway(link: Link) -> &'static str {
    match link.ipv6 {
        false => "--gateway 192.168.69.100",
        true => "--gateway fdaa::100",
    }
}

fn far_host(link: Link) -> &'static str {
    match link.ipv6 {
        false => "10.50.2.2",
        true => "fd52::2",
    }
}

/// Everything that passes a path with this MTU in between; `note` is told how long each exchange takes.
pub fn passes(mtu: u16, mut note: impl FnMut(Link, &str, Duration)) {
    let (text, answer) = text();
    let long_line = [b'x'; 1400];
    let mut servers = [TCP_SERVER_FOR_LONG_TEXT, UDP_SERVER].map(|program| {
        let mut server = start(in_network("far", "python3").args(["-c", program]));
        assert_eq!(server.line(), "listening\n");
        server
    });
    for link in Link::ALL {
        println!("{link:?}, {mtu} bytes");
        let address = link.server().ip();
        {
            let _server = serve(&format!("{} {}", link.option, gateway(link)));
            wait_for_way(&address.to_string());
            let start = Instant::now();
            let outcome = in_far_network(&format!("nc -N {address} 12000"), &text);
            note(link, "server, TCP", start.elapsed());
            assert!(outcome.bytes() == answer, "{} bytes", outcome.stdout.len());
            let mut client = in_network("far", "python3");
            client.args(["-c", UDP_CLIENT, &address.to_string()]);
            let start = Instant::now();
            let outcome = run(&mut client, long_line);
            note(link, "server, UDP", start.elapsed());
            assert!(outcome.bytes() == [b'X'; 1400]);
        }
        let options = format!("{} {} {}", far_host(link), link.option, gateway(link));
        let start = Instant::now();
        let outcome = uppercase(&format!("tcp {options}"), &text);
        note(link, "client, TCP", start.elapsed());
        assert!(outcome.bytes() == answer, "the client");
        let start = Instant::now();
        let outcome = uppercase(&format!("udp {options}"), long_line);
        note(link, "client, UDP", start.elapsed());
        assert!(outcome.bytes() == [b'X'; 1400], "the client");
    }
    for server in &mut servers {
        server.interrupt();
    }
}

/// As the one of the other tests, but to the end of the text.
const TCP_SERVER_FOR_LONG_TEXT: &str = "
import socket
listener = socket.create_server(('', 12000), family=socket.AF_INET6, dualstack_ipv6=True)
print('listening', flush=True)
while True:
    connection, client = listener.accept()
    with connection:
        while text := connection.recv(65536):
            connection.sendall(text.upper())
";

pub fn text_passes_a_link_with_a_small_mtu() {
    own_directory();
    for mtu in MTUS {
        two_routers(mtu);
        passes(mtu, |_, _, _| ());
        forget();
    }
}

pub fn text_passes_a_link_with_a_small_mtu_where_routers_errors_are_filtered() {
    own_directory();
    filter_errors();
    for mtu in MTUS {
        two_routers(mtu);
        passes(mtu, |_, _, _| ());
        forget();
    }
}

/// Takes the networks away.
pub fn forget() {
    ip("link del near0");
    ip("netns del middle");
    ip("netns del far");
}
