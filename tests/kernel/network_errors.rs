//! What a client says where the network or the server is not as it should be.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::process::Command;

use crate::command::{UPPERCASE, start, uppercase, words};
use crate::link::Link;
use crate::peers::serve_tcp;

fn server(link: Link) -> String {
    link.kernel().to_string()
}

pub fn connection_that_is_refused_is_explained() {
    for link in Link::ALL {
        link.ask("tcp", "", "hello").assert_failed(&format!(
            "{}: connection refused: nothing listens on that port, or the server has no free slot",
            server(link)
        ));
    }
}

/// The kernel sends the first part of a datagram back, however long it was.
pub fn udp_port_on_which_nothing_listens_is_explained() {
    for link in Link::ALL {
        for length in [0, 5, 1400, 5000] {
            let line = vec![b'x'; length];
            link.ask("udp", "", [&line[..], b"\n"].concat())
                .assert_failed(&format!(
                    "{}: nothing listens on that UDP port",
                    server(link)
                ));
        }
    }
}

pub fn host_that_is_not_there_is_explained() {
    for link in &Link::ALL[..2] {
        for protocol in ["tcp", "udp"] {
            let address = link.address(77);
            let options = format!("{protocol} {address} {} --timeout 1.5", link.option);
            let address = std::net::SocketAddr::new(address, 12000);
            uppercase(&options, "hello").assert_failed(&format!(
                "{address}: no host on the link answers for its address"
            ));
        }
    }
}

pub fn host_on_no_network_of_ours_is_explained() {
    let sentence =
        "there is no route to it: it is on none of our networks, and there is no gateway";
    for protocol in ["tcp", "udp"] {
        for (server, ip) in [
            ("10.99.0.1", ""),
            ("[fd99::1]", ""),
            // On a TUN there are no networks, but there are versions.
            ("10.99.0.1", "--ip fdaa::2/64"),
            ("[fd99::1]", "--ip 192.168.69.2/24"),
        ] {
            let link = if ip.is_empty() {
                "--tap tap0"
            } else {
                "--tun tun0"
            };
            let host = server.trim_matches(['[', ']']);
            uppercase(&format!("{protocol} {host} {link} {ip}"), "hello")
                .assert_failed(&format!("{server}:12000: {sentence}"));
        }
    }
}

/// The kernel is our gateway, and has no way on.
pub fn network_that_cannot_be_reached_is_explained() {
    fs::write("/proc/sys/net/ipv4/ip_forward", "1").unwrap();
    fs::write("/proc/sys/net/ipv6/conf/all/forwarding", "1").unwrap();
    for protocol in ["tcp", "udp"] {
        for (host, server, gateway) in [
            ("10.99.0.1", "10.99.0.1:12000", "192.168.69.100"),
            ("fd99::1", "[fd99::1]:12000", "fdaa::100"),
        ] {
            // A handshake goes on until it times out (RFC 1122, 4.2.3.9).
            let options = format!("{protocol} {host} --tap tap0 --gateway {gateway} --timeout 1.5");
            uppercase(&options, "hello").assert_failed(&format!(
                "{server}: the network reports that it cannot be reached"
            ));
        }
    }
}

/// The kernel takes no more connections than it is told to; it does not answer the others.
pub fn server_that_takes_no_connection_is_explained() {
    const FULL: &str = "
import socket, time
listener = socket.create_server(('', 12000), family=socket.AF_INET6, backlog=0, dualstack_ipv6=True)
client = socket.create_connection(('::1', 12000))
print('listening', flush=True)
time.sleep(60)
";
    let _server = crate::peers::listening_python(FULL);
    for link in Link::ALL {
        link.ask("tcp", "--timeout 1", "hello")
            .assert_failed(&format!(
                "{}: timed out: the server does not answer",
                server(link)
            ));
    }
}

pub fn server_that_says_nothing_is_explained() {
    let listener = TcpListener::bind("[::]:12000").unwrap();
    let _silent = UdpSocket::bind("[::]:12000").unwrap();
    for link in Link::ALL {
        link.ask("tcp", "--timeout 1", "hello")
            .assert_failed(&format!(
                "{}: timed out: the server does not answer",
                server(link)
            ));
        link.ask("udp", "--timeout 1", "hello")
            .assert_failed(&format!("{}: timed out: no answer came", server(link)));
    }
    drop(listener);
}

pub fn server_that_resets_the_connection_is_explained() {
    // The kernel resets a connection that is closed with text unread.
    serve_tcp(|mut client: TcpStream| {
        client.read_exact(&mut [0; 100]).unwrap();
    });
    for link in Link::ALL {
        link.ask("tcp", "", vec![b'x'; 10 << 20])
            .assert_failed(&format!(
                "{}: the server reset the connection",
                server(link)
            ));
    }
}

pub fn server_that_closes_too_early_is_explained() {
    let listener = TcpListener::bind("[::]:12000").unwrap();
    for link in Link::ALL {
        let arguments = format!("tcp {} {}", link.kernel().ip(), link.option);
        let mut client = start(Command::new(UPPERCASE).args(words(&arguments)));
        drop(listener.accept().unwrap());
        let mut stdin = client.stdin.take().unwrap();
        stdin.write_all(b"hello").unwrap();
        client.end().assert_failed(&format!(
            "{}: the server closed the connection before it had the whole text",
            server(link)
        ));
    }
}

pub fn line_that_is_too_long_is_explained() {
    let _silent = UdpSocket::bind("[::]:12000").unwrap();
    for link in Link::ALL {
        let longest = if link.ipv6 { 65_527 } else { 65_507 };
        link.ask("udp", "", vec![b'x'; longest + 1])
            .assert_failed(&format!(
                "{}: the line is too long for a datagram; {longest} bytes are the most here",
                server(link)
            ));
    }
}
