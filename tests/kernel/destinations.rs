//! The server of a client, as people write it.

use crate::command::uppercase;
use crate::namespace::ip;
use crate::peers::{answer_once, serve_tcp, serve_udp};
use crate::text::upper;

/// The kernel's link-local address on the interface.
fn link_local() -> String {
    ip("tuntap add dev tap0 mode tap");
    ip("addr add 192.168.69.100/24 dev tap0");
    ip("addr add fdaa::100/64 dev tap0 nodad");
    ip("addr add fe80::100/64 dev tap0 nodad");
    ip("link set tap0 up");
    "fe80::100".into()
}

pub fn addresses_are_understood_as_people_write_them() {
    let own = link_local();
    serve_tcp(answer_once);
    serve_udp(upper);
    for host in [
        "192.168.69.100",
        "192.168.69.100:12000",
        "fdaa::100",
        "[fdaa::100]",
        "[fdaa::100]:12000",
        "::ffff:192.168.69.100",
        &own,
        &format!("{own}%tap0"),
        &format!("[{own}%tap0]:12000"),
    ] {
        for protocol in ["tcp", "udp"] {
            let arguments = format!("{protocol} {host} --tap tap0");
            println!("{arguments}");
            assert_eq!(uppercase(&arguments, "hello").text(), "HELLO");
        }
    }
}

pub fn addresses_that_cannot_be_meant_are_refused_by_a_sentence() {
    for (host, link, sentence) in [
        (
            "fe80::1%eth0",
            "--tap tap0",
            "fe80::1%eth0 is on the interface eth0, and this client is on tap0: leave %eth0 out, or \
             use --tap eth0",
        ),
        (
            "localhost",
            "--tap tap0",
            "localhost is this program itself, which has a network stack of its own: give an \
             address of this computer, as `ip addr show dev tap0` lists them",
        ),
        (
            "127.0.0.1",
            "--tun tun0",
            "127.0.0.1 is this program itself, which has a network stack of its own: give an \
             address of this computer, as `ip addr show dev tun0` lists them",
        ),
        (
            "[::1]:12000",
            "--cable 9000",
            "[::1]:12000 is this program itself, which has a network stack of its own: the server \
             on a cable is 192.168.69.1, unless it was given another --ip",
        ),
        (
            "printer.local",
            "--tap tap0",
            "printer.local is a name of multicast DNS, which this program does not speak: give the \
             address, as `getent hosts printer.local` prints it",
        ),
        (
            "192.168.69.100:12000",
            "--tap tap0 --port 7",
            "192.168.69.100:12000 has the port 12000, and --port is 7: give one of them",
        ),
    ] {
        for protocol in ["tcp", "udp"] {
            uppercase(&format!("{protocol} {host} {link}"), "hello").assert_failed(sentence);
        }
    }
}
