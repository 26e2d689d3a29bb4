//! Name servers that cannot be used, and names with several addresses.

use std::net::{IpAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::command::uppercase;
use crate::name_server::{
    FORMAT_ERROR, NO_ERROR, NO_SUCH_NAME, NOT_IMPLEMENTED, REFUSED, SERVER_FAILURE, addresses,
    answer, answer_addresses, encoded, kind,
};
use crate::namespace::ip;
use crate::peers::{answer_once, serve_tcp, serve_udp};
use crate::text::upper;

/// The way to the name servers, which are on addresses of the loopback.
const LINK: &str = "--tap tap0 --gateway 192.168.69.100 --gateway fdaa::100";
/// The name servers' addresses, of each IP version.
const FIRST: [&str; 2] = ["10.53.0.1", "fd53::1"];
const SECOND: [&str; 2] = ["10.53.0.2", "fd53::2"];
/// Where the kernel's servers are.
const KERNEL: &str = "192.168.69.100";

/// A name server. The result counts the queries.
fn name_server(
    address: &str,
    mut reply: impl FnMut(&[u8]) -> Option<Vec<u8>> + Send + 'static,
) -> Arc<AtomicUsize> {
    let address: IpAddr = address.parse().unwrap();
    let (length, nodad) = if address.is_ipv4() {
        (32, "")
    } else {
        (128, " nodad")
    };
    let assigned = ip("-o addr show dev lo").contains(&format!(" {address}/{length} "));
    if !assigned {
        ip(&format!("addr add {address}/{length} dev lo{nodad}"));
    }
    let socket = UdpSocket::bind((address, 53)).unwrap();
    let queries = Arc::new(AtomicUsize::new(0));
    let count = queries.clone();
    thread::spawn(move || {
        let mut query = [0; 512];
        while let Ok((length, client)) = socket.recv_from(&mut query) {
            count.fetch_add(1, Ordering::SeqCst);
            if let Some(answer) = reply(&query[..length]) {
                socket.send_to(&answer, client).unwrap();
            }
        }
    });
    queries
}

/// A name server that answers each query with this code.
fn refuses(address: &str, code: u8) -> Arc<AtomicUsize> {
    name_server(address, move |query| Some(answer(query, code, &[])))
}

/// A name server that knows these addresses for every name.
fn knows(address: &str, known: &[&str]) -> Arc<AtomicUsize> {
    let known: Vec<IpAddr> = known.iter().map(|known| known.parse().unwrap()).collect();
    name_server(address, move |query| Some(answer_addresses(query, &known)))
}

pub fn next_name_server_is_asked_where_one_cannot_be_used() {
    serve_tcp(answer_once);
    serve_udp(upper);
    for (i, version) in [0, 1].into_iter().enumerate() {
        knows(SECOND[version], &[KERNEL, "fdaa::100"]);
        // Nothing listens at the address that ends in 9.
        let mut unusable = vec![["10.53.0.9", "fd53::9"][version].to_string()];
        ip(&format!(
            "addr add {}/{} dev lo",
            unusable[0],
            [32, 128][version]
        ));
        for (code, host) in [
            (FORMAT_ERROR, 11),
            (SERVER_FAILURE, 12),
            (NOT_IMPLEMENTED, 14),
            (REFUSED, 15),
            (9, 19),
        ] {
            let address = [format!("10.53.0.{host}"), format!("fd53::{host}")][i].clone();
            refuses(&address, code);
            unusable.push(address);
        }
        for first in unusable {
            for protocol in ["tcp", "udp"] {
                let options = format!(
                    "{protocol} both.test {LINK} --dns {first} --dns {}",
                    SECOND[version]
                );
                println!("{options}");
                assert_eq!(uppercase(&options, "hello").text(), "HELLO");
            }
        }
    }
}

pub fn name_that_does_not_exist_is_asked_of_one_server_only() {
    let sentence = "the name server knows no address for this name";
    for (i, code) in [(0, NO_SUCH_NAME), (1, NO_ERROR)] {
        refuses(FIRST[i], code);
        let second = knows(SECOND[i], &[KERNEL]);
        let options = format!(
            "tcp nobody.test {LINK} --dns {} --dns {}",
            FIRST[i], SECOND[i]
        );
        uppercase(&options, "hello").assert_failed(&format!("nobody.test: {sentence}"));
        assert_eq!(second.load(Ordering::SeqCst), 0);
    }
}

pub fn name_servers_that_cannot_be_used_are_each_explained() {
    refuses(FIRST[0], REFUSED);
    refuses(FIRST[1], SERVER_FAILURE);
    ip("addr add 10.53.0.9/32 dev lo");
    let servers = [FIRST[0], FIRST[1], "192.168.69.77", "10.53.0.9"];
    let dns = servers.map(|server| format!(" --dns {server}")).concat();
    uppercase(&format!("tcp both.test {LINK}{dns} --timeout 6"), "hello").assert_failed(
        "both.test: no name server could be used: \
         10.53.0.1: it refuses to answer (REFUSED); \
         fd53::1: it failed (SERVFAIL); \
         192.168.69.77: no host on the link answers for its address; \
         10.53.0.9: nothing listens on UDP port 53",
    );
}

pub fn names_are_compared_without_letter_case() {
    serve_tcp(answer_once);
    let small = |whole: bool| {
        move |query: &[u8]| {
            let name = encoded("mixed.test");
            let records = addresses(&name, kind(query), &[KERNEL.parse().unwrap()]);
            let mut answer = answer(query, NO_ERROR, &records);
            if whole {
                answer[12..12 + name.len()].copy_from_slice(&name);
            }
            Some(answer)
        }
    };
    name_server(FIRST[0], small(false));
    name_server(FIRST[1], small(true));
    for first in FIRST {
        let options = format!("tcp MiXeD.Test {LINK} --dns {first}");
        assert_eq!(uppercase(&options, "hello").text(), "HELLO");
    }
}

pub fn each_address_of_a_name_is_tried() {
    serve_tcp(answer_once);
    serve_udp(upper);
    // An address without a host, one without a route, one on which nothing listens.
    let unusable = ["192.168.69.77", "fd99::1", "fdaa::100"];
    knows(FIRST[0], &[&unusable[..], &[KERNEL]].concat());
    ip("addr add 10.7.0.1/32 dev lo");
    knows(SECOND[0], &["10.7.0.1", "10.7.0.2", KERNEL]);
    for dns in [FIRST[0], SECOND[0]] {
        for protocol in ["tcp", "udp"] {
            let options = format!(
                "{protocol} many.test --tap tap0 --gateway 192.168.69.100 --timeout 1.5 --dns {dns}"
            );
            println!("{options}");
            assert_eq!(uppercase(&options, "hello").text(), "HELLO");
        }
    }
}

pub fn each_address_of_a_name_that_cannot_be_used_is_explained() {
    knows(FIRST[0], &["192.168.69.77", "fd99::1", KERNEL]);
    for (protocol, refused) in [
        (
            "tcp",
            "connection refused: nothing listens on that port, or the server has no free slot",
        ),
        ("udp", "nothing listens on that UDP port"),
    ] {
        let options = format!(
            "{protocol} many.test --tap tap0 --gateway 192.168.69.100 --timeout 1.5 --dns {}",
            FIRST[0]
        );
        uppercase(&options, "hello").assert_failed(&format!(
            "many.test: \
             192.168.69.77:12000: no host on the link answers for its address; \
             192.168.69.100:12000: {refused}; \
             [fd99::1]:12000: there is no route to it: it is on none of our networks, and there is \
             no gateway"
        ));
    }
}
