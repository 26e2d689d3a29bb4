//! SYNs for a client in SYN-SENT: those of an attacker, and those of a simultaneous open.

use smoltcp::wire::{TcpControl, TcpRepr, TcpSeqNumber};

use super::common::chance::Chance;
use super::common::frames::{packet, read_tcp, segment, tcp, unborrowed};
use super::common::network::Link;
use super::opening::Opening;

/// The sequence number of a peer.
const FIRST: TcpSeqNumber = TcpSeqNumber(77_000_000);

/// A segment for the client, from where its server is.
fn from_server(opening: &Opening, link: Link) -> TcpRepr<'static> {
    TcpRepr {
        control: TcpControl::Syn,
        seq_number: FIRST,
        max_seg_size: Some(536),
        ..segment(link.server(), opening.from)
    }
}

/// Gives the client a segment, and returns what it sends then.
fn send(opening: &mut Opening, link: Link, segment: &TcpRepr<'_>) -> Vec<TcpRepr<'static>> {
    let frame = tcp(link, link.server().addr, opening.from.addr, segment);
    opening.network.to_server.captured();
    opening.network.to_client.inject(&frame);
    opening.settle();
    let frames = opening.network.to_server.captured();
    let segments = frames.iter().filter_map(|frame| read_tcp(link, frame));
    segments.map(|(_, _, sent)| unborrowed(&sent)).collect()
}

/// The attacker knows the addresses and both ports, and hits each client in the moment in which it
/// connects.
#[test]
fn forged_syns_do_not_keep_a_client_from_connecting() {
    let mut chance = Chance::new(3);
    for link in Link::ALL {
        for count in [1, 10, 1000] {
            let mut opening = Opening::new(link);
            for _ in 0..count {
                let guess = (chance.below(1 << 16) << 16 | chance.below(1 << 16)) as u32 as i32;
                let syn = TcpRepr {
                    seq_number: TcpSeqNumber(guess),
                    ..from_server(&opening, link)
                };
                send(&mut opening, link, &syn);
            }
            opening.expect_service();
        }
    }
}

/// RFC 9293, 3.10.7.3: "If the SYN bit is on and the security/compartment is acceptable [...]
/// Otherwise, enter SYN-RECEIVED, form a SYN,ACK segment <SEQ=ISS><ACK=RCV.NXT><CTL=SYN,ACK> and
/// send it."
#[test]
fn a_simultaneous_open_ends_in_a_connection() {
    for link in Link::ALL {
        let mut opening = Opening::new(link);
        let syn = from_server(&opening, link);
        let sent = send(&mut opening, link, &syn);
        let [answer] = &sent[..] else {
            panic!("{sent:?}, {link:?}");
        };
        assert_eq!(answer.control, TcpControl::Syn, "{link:?}");
        assert_eq!(answer.seq_number, opening.syn.seq_number, "{link:?}");
        assert_eq!(answer.ack_number, Some(FIRST + 1), "{link:?}");
        assert_eq!(answer.max_seg_size, opening.syn.max_seg_size, "{link:?}");
        assert_eq!(answer.window_len, 512, "{link:?}");

        // The peer's answer to the SYN of the client.
        let answer = TcpRepr {
            ack_number: Some(opening.syn.seq_number + 1),
            ..syn
        };
        let sent = send(&mut opening, link, &answer);
        let text: Vec<_> = sent.iter().flat_map(|sent| sent.payload).collect();
        let acknowledged: Vec<_> = sent.iter().map(|sent| sent.ack_number).collect();
        assert!(
            acknowledged.contains(&Some(FIRST + 1)),
            "{sent:?}, {link:?}"
        );
        assert!(text.is_empty(), "{text:?}");
        let is_open = sent.iter().all(|sent| sent.control != TcpControl::Rst);
        assert!(is_open && sent[0].control != TcpControl::Syn, "{sent:?}");
    }
}

/// The answers are not longer than the SYNs by more than an option.
#[test]
fn what_a_forged_syn_elicits_is_one_short_segment() {
    for link in Link::ALL {
        let mut opening = Opening::new(link);
        for control in [TcpControl::Syn, TcpControl::Fin, TcpControl::None] {
            let forged = TcpRepr {
                control,
                max_seg_size: None,
                ..from_server(&opening, link)
            };
            let frame = tcp(link, link.server().addr, opening.from.addr, &forged);
            let received = packet(link, &frame).map_or(0, <[u8]>::len);
            opening.network.to_server.captured();
            opening.network.to_client.inject(&frame);
            opening.settle();
            let frames = opening.network.to_server.captured();
            let sent = frames.iter().filter_map(|frame| packet(link, frame));
            let sent: usize = sent.map(<[u8]>::len).sum();
            assert!(sent <= received + 4, "{sent} for {received}, {link:?}");
        }
    }
}
