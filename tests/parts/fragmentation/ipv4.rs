//! IPv4, where smoltcp makes the fragments, if its own buffer is large enough.

use smoltcp::iface::Interface;
use smoltcp::iface::PollIngressSingleResult::None as Nothing;
use smoltcp::phy::Medium;
use smoltcp::time::Instant;
use smoltcp::wire::IpEndpoint;
use uppercase::device::reassembly::{Buffers, OVERHEAD, Reassembly};
use uppercase::stack::Sockets;

use super::link::{End, link};
use super::plain_host::{Host, PORT, ipv4, text};

const TO: IpEndpoint = IpEndpoint {
    addr: ipv4(2),
    port: PORT,
};

fn sizes_received(sizes: &[usize], send: impl Fn(&mut Host, &mut End, Instant)) -> Vec<usize> {
    let mut received = vec![];
    let (mut sender_end, receiver_end) = link(Medium::Ethernet, 1500);
    let mut buffers = Box::new(Buffers::<{ 65_507 + OVERHEAD }, 4>::new());
    let mut receiver_end = Reassembly::new(receiver_end, &mut buffers);
    let mut sender = Host::new(&mut sender_end, 1);
    let mut receiver = Host::new(&mut receiver_end, 2);
    for size in sizes {
        sender.socket().send_slice(&text(*size), TO).unwrap();
    }
    for tenth in 0..100 {
        let now = Instant::from_millis(tenth * 100);
        send(&mut sender, &mut sender_end, now);
        receiver.poll(&mut receiver_end, now);
        received.extend(receiver.received());
    }
    assert!(
        received
            .iter()
            .all(|payload| *payload == text(payload.len()))
    );
    received.iter().map(Vec::len).collect()
}

#[test]
fn smoltcp_sends_one_large_datagram() {
    for size in [1473, 2048, 6144, 65_507] {
        let received = sizes_received(&[size], |host, end, now| host.poll(end, now));
        assert_eq!(received, [size]);
    }
}

#[test]
fn smoltcp_loses_a_large_datagram_when_another_one_follows() {
    let received = sizes_received(&[6144, 6145], |host, end, now| host.poll(end, now));
    assert_eq!(received, [6145]);
}

#[test]
fn none_is_lost_when_each_is_sent_to_its_end_before_the_next() {
    let sizes = [6144, 6145, 9000, 65_507 / 8, 2048, 1473, 100];
    let received = sizes_received(&sizes, |host, end, now| {
        for _ in 0..sizes.len() {
            finish(&mut host.interface, end, now);
            host.interface.poll_egress(now, end, &mut host.sockets);
        }
        while host
            .interface
            .poll_ingress_single(now, end, &mut host.sockets)
            != Nothing
        {
            finish(&mut host.interface, end, now);
        }
    });
    assert_eq!(received, sizes);
}

/// Sends what is left of a datagram: nothing else makes an interface without sockets busy.
fn finish(interface: &mut Interface, end: &mut End, now: Instant) {
    let mut none = Sockets::new(&mut [][..]);
    while interface.poll_at(now, &none).is_some() {
        interface.poll_egress(now, end, &mut none);
    }
}
