//! What the sentences say of frames without TCP, each seen alone.

use smoltcp::time::Instant;
use smoltcp::wire::IpProtocol;
use uppercase::trace::{Ladder, Record};

use super::common::discovery::{Message, discovery};
use super::common::frames;
use super::common::network::{CLIENT, Link, SERVER, hardware_address};

#[track_caller]
fn expect(link: Link, frame: Vec<u8>, expected: &str) {
    let ladder = Ladder::new(&[Record::new(Instant::ZERO, link.medium, frame)], &[]);
    let sentences = ladder.rows().iter().flat_map(|row| ladder.explain(row));
    let said: Vec<_> = sentences.map(|sentence| sentence.text).collect();
    assert_eq!(said, [expected]);
}

/// The frame by which the server's host asks for the hardware address of the client's.
fn question(link: Link) -> Vec<u8> {
    let card = hardware_address(SERVER);
    let from = (link.address(SERVER), card);
    discovery(link, card, from, Message::Question(CLIENT))
}

/// RFC 1122, 2.3.2.1, has an old entry asked for at the host itself, too: "Unicast Poll".
#[test]
fn a_request_for_a_hardware_address_says_which_hosts_it_asks() {
    let link = Link::ETHERNET_V4;
    let mut frame = question(link);
    expect(
        link,
        frame.clone(),
        "the client asks for the hardware address of 192.168.69.2: a frame needs one (RFC 826)",
    );
    frame[..6].fill(0xff);
    expect(
        link,
        frame,
        "the client asks all hosts on the link for the hardware address of 192.168.69.2: a frame \
         needs one (RFC 826)",
    );
    expect(
        Link::ETHERNET_V6,
        question(Link::ETHERNET_V6),
        "the client asks for the hardware address of a host on the link: a frame needs one \
         (RFC 4861, 4.3)",
    );
}

/// RFC 4443, 3.4: "0 - Erroneous header field encountered; 1 - Unrecognized Next Header type
/// encountered; 2 - Unrecognized IPv6 option encountered".
#[test]
fn a_parameter_problem_says_which() {
    let link = Link::IP_V6;
    for (code, problem) in [
        (0, "a header of the packet is wrong"),
        (1, "it does not know the next header"),
        (2, "it does not know an option"),
    ] {
        let (from, to) = (link.address(CLIENT), link.address(SERVER));
        let frame = frames::ip(link, from, to, IpProtocol::Icmpv6, 100, |message| {
            message[..2].copy_from_slice(&[4, code]);
        });
        let said = format!("the client says that {problem} (RFC 4443, 3.4)");
        expect(link, frame, &said);
    }
}

#[test]
fn a_question_about_a_name_says_what_it_asks_for() {
    const A: u8 = 1;
    const AAAA: u8 = 28;
    const MX: u8 = 15;
    let link = Link::IP_V4;
    for (kind, what) in [
        (A, "for the address of a name"),
        (AAAA, "for the address of a name"),
        (MX, "what it knows of a name"),
    ] {
        let mut query = b"\0\x01\x01\0\0\x01\0\0\0\0\0\0\x01x\0\0\0\0\x01".to_vec();
        query[16] = kind;
        let client = (link.address(CLIENT), 40_000).into();
        let server = (link.address(SERVER), 53).into();
        let said = format!("the client asks a name server {what} (RFC 1035, 4.1)");
        expect(link, frames::udp(link, client, server, &query), &said);
    }
}
