//! What is wrong with a cable is explained, and stops nothing that works.

use std::fs;
use std::net::{Ipv4Addr, UdpSocket};

use super::{ask, client, serve};
use crate::command::{UPPERCASE, run, uppercase};
use crate::namespace::{ip, tool};
use crate::terminal::Terminal;

/// A UDP port of the loopback, taken by another program.
fn taken(port: u16) -> UdpSocket {
    UdpSocket::bind((Ipv4Addr::LOCALHOST, port)).expect("a free port")
}

pub fn cable_without_a_server_is_explained() {
    let sentence = "no server on cable 9000: start one with: uppercase serve --cable 9000";
    for arguments in ["tcp", "udp", "tcp fdaa::1", "tcp name --dns 192.168.69.1"] {
        ask(arguments, "hello\n").assert_failed(sentence);
    }
    // Before anything is asked for.
    for protocol in ["tcp", "udp"] {
        let terminal = Terminal::start(&format!("{protocol} --cable 9000"));
        let screen = format!("uppercase: {sentence}\n");
        assert_eq!(terminal.end(), (Some(1), screen));
    }
}

pub fn cable_of_another_program_is_explained() {
    let sentence = "UDP port 9000 is in use by another program: stop that program, or choose \
                    another port with --cable";
    let other = taken(9000);
    uppercase("serve --cable 9000", "").assert_failed(sentence);
    drop(other);
    let _server = serve("");
    uppercase("serve --cable 9000", "").assert_failed(sentence);
    assert_eq!(ask("tcp", "still there?").text(), "STILL THERE?");
}

pub fn cable_without_a_loopback_is_explained() {
    let sentence = "127.0.0.1 cannot be reached, as the loopback interface is switched off: switch it \
                    on with `sudo ip link set lo up`";
    for protocol in ["serve", "tcp", "udp"] {
        // In a new network namespace it is off.
        let mut isolated = tool("unshare");
        isolated.args(["--net", UPPERCASE, protocol, "--cable", "9000"]);
        run(&mut isolated, "").assert_failed(sentence);
        // It keeps its address and its route where it was on before.
        ip("link set lo down");
        uppercase(&format!("{protocol} --cable 9000"), "").assert_failed(sentence);
        ip("link set lo up");
    }
    let _server = serve("");
    assert_eq!(ask("tcp", "hello").text(), "HELLO");
}

pub fn cable_without_a_free_port_is_explained() {
    let _server = serve("");
    let mut others: Vec<_> = (9001..=9063).map(taken).collect();
    ask("tcp", "hello").assert_failed(
        "no UDP port from 9001 to 9063 is free: end a program that is connected to 9000, or \
         choose another port with --cable",
    );
    others.pop();
    assert_eq!(ask("tcp", "hello").text(), "HELLO");
}

pub fn host_that_is_not_on_the_cable_is_explained() {
    let _server = serve("");
    ask("tcp 192.168.69.77 --timeout 1.5", "hello")
        .assert_failed("192.168.69.77:12000: no host on the link answers for its address");
    ask("tcp --port 7", "hello").assert_failed(
        "192.168.69.1:7: connection refused: nothing listens on that port, or the server has no free slot",
    );
}

pub fn garbage_does_not_stop_a_cable() {
    let mut server = serve("");
    let mut client = client("tcp");
    let mut exchange = |line: &str| {
        use std::io::Write;
        let stdin = client.stdin.as_mut().expect("a pipe");
        stdin.write_all(line.as_bytes()).unwrap();
        assert_eq!(client.line(), line.to_uppercase());
    };
    exchange("before\n");
    let stranger = taken(0);
    let mut state = 1_u32;
    for length in (0..100).chain(1500..1530).chain([9000, 65_507]) {
        let mut garbage: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .take(length)
        .collect();
        // Half of it claims to be IPv4 to all stations.
        if length % 2 == 0 && length > 16 {
            garbage[..6].fill(0xff);
            garbage[12..15].copy_from_slice(&[8, 0, 0x45]);
        }
        // To the server, and to a client, which listens to its server only.
        for port in [9000, 9001] {
            stranger
                .send_to(&garbage, (Ipv4Addr::LOCALHOST, port))
                .unwrap();
        }
        exchange("between\n");
    }
    let outcome = server.interrupt();
    assert!(outcome.text().contains("dropped: no Ethernet frame"));
}

/// Every UDP socket of the namespace is bound to 127.0.0.1.
pub fn nothing_listens_beyond_the_loopback() {
    let _server = serve("");
    let mut client = client("tcp");
    {
        use std::io::Write;
        let stdin = client.stdin.as_mut().expect("a pipe");
        stdin.write_all(b"hello\n").unwrap();
        assert_eq!(client.line(), "HELLO\n");
    }
    let local = |table: &str| -> Vec<String> {
        let table = fs::read_to_string(format!("/proc/net/{table}")).unwrap_or_default();
        let rows = table.lines().skip(1);
        let addresses = rows.map(|row| row.split_whitespace().nth(1).expect("an address"));
        addresses.map(str::to_owned).collect()
    };
    let mut udp = local("udp");
    udp.sort();
    // 127.0.0.1, least significant byte first, with the ports 9000 and 9001.
    let loopback = u32::from_ne_bytes([127, 0, 0, 1]);
    let expected = [0x2328, 0x2329].map(|port| format!("{loopback:08X}:{port:04X}"));
    assert_eq!(udp, expected);
    for table in ["udp6", "tcp", "tcp6", "raw", "raw6"] {
        assert_eq!(local(table), [""; 0], "{table}");
    }
}
