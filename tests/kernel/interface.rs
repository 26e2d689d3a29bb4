//! Interfaces that were set up before, networks behind a router, and the options for them.

use std::net::TcpStream;
use std::process::Command;

use crate::command::{own_directory, start, uppercase, wait_for, words};
use crate::link::{Link, connect, serve};
use crate::namespace::{ip, need, tool};
use crate::peers::{TCP_SERVER, UDP_SERVER, answer_once, serve_tcp};
use crate::serve_tcp::{assert_served, exchange};
use crate::serve_udp::ask;

fn exists(name: &str) -> bool {
    ip("-o link").contains(&format!(" {name}: "))
}

pub fn interface_that_exists_is_used_as_it_is() {
    for (mode, name) in [("tap", "mine0"), ("tun", "mine1")] {
        ip(&format!("tuntap add dev {name} mode {mode}"));
        ip(&format!("addr add 10.7.0.1/24 dev {name}"));
        ip(&format!("addr add fd07::1/64 dev {name} nodad"));
        ip(&format!("link set {name} mtu 1300"));
        ip(&format!("link set {name} up"));
        let before = ip(&format!("addr show dev {name}"));
        let options = format!("--{mode} {name} --ip 10.7.0.9/24 --ip fd07::9/64");
        let mut server = serve(&options);
        assert_eq!(server.line(), "  TCP 10.7.0.9:12000\n");
        for address in ["10.7.0.9:12000", "[fd07::9]:12000"] {
            let address = address.parse().unwrap();
            assert_served(address);
            let text = vec![b'x'; 5000];
            assert!(ask(address, &text) == text.to_ascii_uppercase());
        }
        let outcome = server.interrupt();
        assert_eq!((outcome.code, &*outcome.stderr), (Some(0), ""));
        // No program is attached any more, so there is no carrier; the rest is as it was.
        let after = ip(&format!("addr show dev {name}"));
        let addresses = |text: &str| {
            text.lines()
                .filter(|line| line.contains("10.7.0.1") || line.contains("fd07::1"))
                .count()
        };
        assert_eq!((addresses(&before), addresses(&after)), (2, 2), "{after}");
        assert!(after.contains("mtu 1300"), "{after}");
        ip(&format!("link delete {name}"));
    }
}

pub fn interface_that_was_made_disappears() {
    for link in Link::ALL {
        let name = link.option.split(' ').next_back().unwrap();
        let mut server = serve(link.option);
        assert!(exists(name));
        server.interrupt();
        assert!(!exists(name));
    }
}

pub fn interface_that_is_switched_off_and_on_keeps_its_addresses() {
    for option in ["--tap tap0", "--tun tun0"] {
        let name = option.split(' ').next_back().unwrap();
        let _server = serve(option);
        let links = Link::ALL.into_iter().filter(|link| link.option == option);
        for _ in 0..3 {
            links.clone().for_each(|link| assert_served(link.server()));
            ip(&format!("link set {name} down"));
            ip(&format!("link set {name} up"));
            // It takes a moment until the kernel uses an IPv6 address again.
            for link in links.clone() {
                wait_for("a route", || TcpStream::connect(link.server()).ok());
            }
        }
    }
}

pub fn other_addresses_can_be_chosen_for_both_sides() {
    serve_tcp(answer_once);
    let link = "--tap tap0 --host-ip 10.8.0.1/16 --host-ip fd08::1/64";
    let ours = "--ip 10.8.9.9/16 --ip fd08::9/64";
    for host in ["10.8.0.1", "fd08::1"] {
        let answer = uppercase(&format!("tcp {host} {link} {ours}"), "hello");
        assert_eq!(answer.text(), "HELLO");
    }
    let mut server = serve(&format!("{link} {ours}"));
    assert_eq!(server.line(), "  TCP 10.8.9.9:12000\n");
    assert_served("10.8.9.9:12000".parse().unwrap());
    assert_served("[fd08::9]:12000".parse().unwrap());
}

pub fn hardware_address_can_be_chosen() {
    let _server = serve("--tap tap0 --mac 06:11:22:33:44:55");
    for link in &Link::ALL[..2] {
        assert_served(link.server());
        let neighbor = ip(&format!("neigh show {}", link.address(1)));
        assert!(neighbor.contains("06:11:22:33:44:55"), "{neighbor}");
    }
}

pub fn interface_that_is_deleted_ends_the_server_with_a_sentence() {
    let mut server = serve("--tap tap0");
    let mut stream = connect(Link::ALL[0].server());
    ip("link delete tap0");
    let outcome = server.end();
    assert_eq!(outcome.code, Some(1));
    assert!(
        outcome.stderr.starts_with("uppercase: tap0: "),
        "{outcome:?}"
    );
    use std::io::Write;
    stream.write_all(b"x").ok();
}

/// A network behind the kernel, as another host sees it.
pub fn far_network() {
    // The list of network namespaces is in a directory that only root may write.
    own_directory();
    std::fs::write("/proc/sys/net/ipv4/ip_forward", "1").unwrap();
    std::fs::write("/proc/sys/net/ipv6/conf/all/forwarding", "1").unwrap();
    ip("netns add far");
    ip("link add near0 type veth peer name far0 netns far");
    ip("addr add 10.50.0.1/24 dev near0");
    ip("addr add fd50::1/64 dev near0 nodad");
    ip("link set near0 up");
    ip("-n far addr add 10.50.0.2/24 dev far0");
    ip("-n far addr add fd50::2/64 dev far0 nodad");
    ip("-n far link set far0 up");
    ip("-n far link set lo up");
    ip("-n far route add default via 10.50.0.1");
    ip("-n far route add default via fd50::1");
}

fn in_far_network(program: &str) -> Command {
    need(program);
    let mut command = tool("nsenter");
    command.args(["--net=/run/netns/far", program]);
    command
}

pub fn gateway_leads_to_a_server_in_another_network() {
    far_network();
    for program in [TCP_SERVER, UDP_SERVER] {
        let mut server = start(in_far_network("python3").args(["-c", program]));
        assert_eq!(server.line(), "listening\n");
        let protocol = if program == TCP_SERVER { "tcp" } else { "udp" };
        for link in Link::ALL {
            let (host, gateway) = match link.ipv6 {
                false => ("10.50.0.2", "192.168.69.100"),
                true => ("fd50::2", "fdaa::100"),
            };
            let options = format!("{protocol} {host} {} --gateway {gateway}", link.option);
            println!("{options}");
            assert_eq!(uppercase(&options, "straße").text(), "STRASSE");
        }
    }
}

pub fn clients_in_another_network_are_served_through_the_gateway() {
    far_network();
    for link in Link::ALL {
        let gateways = "--gateway 192.168.69.100 --gateway fdaa::100";
        let _server = serve(&format!("{} {gateways}", link.option));
        let mut nc = in_far_network("nc");
        nc.args(["-N", &link.address(1).to_string(), "12000"]);
        assert_eq!(crate::command::run(&mut nc, "straße").text(), "STRASSE");
        // The clients nearby still are, too.
        assert_eq!(exchange(connect(link.server()), b"near", &[4]), b"NEAR");
    }
}

/// A TCP server that answers each piece of a text as it comes.
const ANSWER_PIECES: &str = "
from socket import *
s = socket()
s.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
s.bind(('', 12000))
s.listen()
print('listening', flush=True)
while True:
    c, _ = s.accept()
    while text := c.recv(65536):
        c.sendall(text.upper())
    c.close()
";

/// A link that carries 10 Mbit/s, with a queue of 30 kB: without congestion control, most segments
/// are lost, and 140 kB come through in 15 s.
pub fn text_passes_a_bottleneck_whichever_side_sends_it() {
    far_network();
    let bottleneck = "qdisc add dev near0 root tbf rate 10mbit burst 5kb limit 30kb";
    let status = Command::new("tc").args(words(bottleneck)).status();
    assert!(status.expect("tc starts").success());
    let mut server = start(in_far_network("python3").args(["-c", ANSWER_PIECES]));
    assert_eq!(server.line(), "listening\n");
    let (text, answer) = (vec![b'x'; 1_000_000], vec![b'X'; 1_000_000]);
    let gateway = "--gateway 192.168.69.100";
    for option in ["--tap tap0", "--tun tun0"] {
        {
            let _server = serve(&format!("{option} {gateway}"));
            let mut nc = in_far_network("nc");
            nc.args(["-N", "192.168.69.1", "12000"]);
            let outcome = crate::command::run(&mut nc, &text);
            assert!(outcome.bytes() == answer, "{option}, the server");
        }
        let outcome = uppercase(&format!("tcp 10.50.0.2 {option} {gateway}"), &text);
        assert!(outcome.bytes() == answer, "{option}, the client");
    }
}
