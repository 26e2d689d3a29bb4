//! Servers that are given by name, which a real name server knows.

use std::net::UdpSocket;

use crate::command::{Program, start, uppercase, wait_for};
use crate::namespace::tool;
use crate::peers::{answer_once, serve_tcp, serve_udp};
use crate::text::upper;

/// What the name server knows, and that it asks no other server.
const RECORDS: [&str; 7] = [
    "--host-record=both.test,192.168.69.100,fdaa::100",
    "--host-record=four.test,192.168.69.100",
    "--host-record=six.test,fdaa::100",
    "--cname=alias.test,both.test",
    "--cname=again.test,alias.test",
    "--host-record=far.test,10.99.0.1",
    "--local=/test/",
];

/// A name server on all addresses of the kernel.
fn name_server() -> Program {
    let mut dnsmasq = tool("dnsmasq");
    let options = [
        "--keep-in-foreground",
        "--conf-file=/dev/null",
        "--no-resolv",
        "--no-hosts",
    ];
    dnsmasq
        .args(options)
        .args(["--user=root", "--group=", "--pid-file=", "--log-facility=-"]);
    let server = start(dnsmasq.args(RECORDS));
    wait_for("the name server", || UdpSocket::bind("[::]:53").err());
    server
}

pub fn names_of_every_kind_are_found() {
    let _dnsmasq = name_server();
    serve_tcp(answer_once);
    serve_udp(upper);
    let names = [
        "both.test",
        "four.test",
        "six.test",
        "alias.test",
        "again.test",
        "BOTH.Test.",
    ];
    for (option, dns) in [
        ("--tap tap0", "192.168.69.100"),
        ("--tun tun0", "fdaa::100"),
    ] {
        for (name, protocol) in names.iter().zip(["tcp", "udp"].iter().cycle()) {
            let arguments = format!("{protocol} {name} {option} --dns {dns}");
            println!("{arguments}");
            assert_eq!(uppercase(&arguments, "hello").text(), "HELLO");
        }
    }
}

/// Only addresses count to which there is a way.
pub fn address_of_the_own_version_is_preferred() {
    let _dnsmasq = name_server();
    serve_tcp(answer_once);
    for (ip, dns) in [
        ("192.168.69.2/24", "192.168.69.100"),
        ("fdaa::2/64", "fdaa::100"),
    ] {
        let options = format!("tcp both.test --tap tap0 --ip {ip} --dns {dns}");
        assert_eq!(uppercase(&options, "hello").text(), "HELLO");
    }
}

pub fn names_that_lead_nowhere_are_explained() {
    let _dnsmasq = name_server();
    let not_found = "the name server knows no address for this name";
    let no_name = "this is neither an address nor a valid name";
    for (name, sentence) in [
        ("nobody.test", not_found),
        (
            "name.refused",
            "no name server could be used: 192.168.69.100: it refuses to answer (REFUSED)",
        ),
        ("a..b", no_name),
        (&"x".repeat(64), no_name),
        (&"long.".repeat(60), no_name),
    ] {
        let options = format!("tcp {name} --tap tap0 --dns 192.168.69.100");
        uppercase(&options, "hello").assert_failed(&format!("{name}: {sentence}"));
    }
}

pub fn name_without_a_name_server_is_explained() {
    for protocol in ["tcp", "udp"] {
        let options = format!("{protocol} both.test --tap tap0");
        uppercase(&options, "hello").assert_failed(
            "both.test is not an address, and no name server was given: add --dns ADDRESS",
        );
    }
}

pub fn name_server_that_does_not_answer_is_explained() {
    // It receives the questions, and does not answer.
    let _silent = UdpSocket::bind("[::]:53").unwrap();
    let silent = "it does not answer";
    let no_host = "no host on the link answers for its address";
    let no_route =
        "there is no route to it: it is on none of our networks, and there is no gateway";
    for (dns, sentence) in [
        ("192.168.69.100", silent),
        ("fdaa::100", silent),
        ("192.168.69.77", no_host),
        ("fdaa::77", no_host),
        ("10.99.0.1", no_route),
    ] {
        let options = format!("tcp both.test --tap tap0 --timeout 1.5 --dns {dns}");
        uppercase(&options, "hello").assert_failed(&format!(
            "both.test: no name server could be used: {dns}: {sentence}"
        ));
    }
}

pub fn second_name_server_is_asked_where_the_first_is_silent() {
    let _dnsmasq = name_server();
    serve_tcp(answer_once);
    let options = "tcp both.test --tap tap0 --dns 192.168.69.77 --dns 192.168.69.100";
    assert_eq!(uppercase(options, "hello").text(), "HELLO");
}
