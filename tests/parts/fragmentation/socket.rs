//! The raw socket of a fragmenter, and its slot.

use smoltcp::phy::Medium;
use smoltcp::socket::{Socket, raw};
use uppercase::stack::SocketsFull;
use uppercase::udp::fragmentation::Fragmenter;

use super::link::link;
use super::pair::{Pair, Room, TO, fragmenter};
use super::plain_host::{Host, text};

#[test]
fn a_full_socket_set_is_an_error() {
    let (mut end, _) = link(Medium::Ip, 1500);
    let mut host = Host::new(&mut end, 1);
    let _ = fragmenter(&mut host);
    let buffers = Box::leak(Box::new(Room::new()));
    let another = Fragmenter::new(&mut host.sockets, buffers, 1);
    assert_eq!(another.err(), Some(SocketsFull { capacity: 2 }));
}

#[test]
fn a_fragmenter_needs_a_slot_aside() {
    let (mut end, _) = link(Medium::Ip, 1500);
    let mut host = Host::new(&mut end, 1);
    let queue = || raw::PacketBuffer::new(&mut [][..], &mut [][..]);
    let without = Fragmenter::from_parts(&mut host.sockets, queue(), &mut [][..], 1);
    assert_eq!(without.err(), Some(SocketsFull { capacity: 0 }));
    #[cfg(feature = "alloc")]
    Fragmenter::from_parts(&mut host.sockets, queue(), vec![], 1).unwrap();
}

#[test]
fn fragments_that_reach_smoltcp_are_not_answered_any_more() {
    let answers = |with_fragmenter: bool| {
        let mut pair = Pair::new(Medium::Ip, 1500);
        pair.send(TO, &text(2000)).unwrap();
        pair.sender.poll(&mut pair.sender_end, pair.now);
        let end = pair.receiver_end.inner_mut();
        if with_fragmenter {
            fragmenter(&mut pair.receiver);
        }
        pair.receiver.poll(end, pair.now);
        end.leaving.borrow().len()
    };
    assert_eq!(answers(false), 2, "a Parameter Problem for each");
    assert_eq!(answers(true), 0);
}

#[test]
fn its_socket_is_the_only_thing_in_the_socket_set() {
    let (mut end, _) = link(Medium::Ip, 1500);
    let mut host = Host::new(&mut end, 1);
    let before = host.sockets.iter().count();
    let _ = fragmenter(&mut host);
    let raw = |socket: &Socket| matches!(socket, Socket::Raw(_));
    let sockets: Vec<_> = host
        .sockets
        .iter()
        .filter(|(_, socket)| raw(socket))
        .collect();
    assert_eq!(
        (sockets.len(), host.sockets.iter().count()),
        (1, before + 1)
    );
    let Socket::Raw(socket) = sockets[0].1 else {
        unreachable!()
    };
    let _: &raw::Socket = socket;
    assert_eq!(socket.payload_recv_capacity(), 0);
}
