//! Requests with the ends of a connection in TIME-WAIT.

use smoltcp::wire::{IpEndpoint, TcpControl, TcpRepr, TcpSeqNumber};
use uppercase::stack::PendingSyn;
use uppercase::tcp::Config;

use super::LINK;
use super::common::busy::{controls, opened, patient};
use super::common::frames::packet_start;
use super::common::hand::Hand;
use super::common::network::{Link, SECOND};
use super::common::scene::Scene;

/// A server in TIME-WAIT towards this client, with two slots more.
fn in_time_wait() -> (Scene, Hand) {
    in_time_wait_with(once())
}

/// The same, with this configuration.
fn in_time_wait_with(config: Config) -> (Scene, Hand) {
    let (mut scene, hand) = closed_by_server(LINK, 3, config);
    hand.send(&mut scene, &close(&hand));
    hand.hear(&mut scene);
    (scene, hand)
}

fn once() -> Config {
    patient().with_once(true)
}

/// A server with `places` slots that has answered this client, and has sent its FIN.
fn closed_by_server(link: Link, places: usize, config: Config) -> (Scene, Hand) {
    let mut scene = Scene::new(link, places, config);
    let mut hand = Hand::connected(&mut scene, 40_000, 1024);
    let text = TcpRepr {
        payload: b"me",
        window_len: 1024,
        ..hand.segment()
    };
    hand.send(&mut scene, &text);
    hand.hear(&mut scene);
    hand.next += 2;
    hand.expected += 3;
    (scene, hand)
}

/// The client's FIN, which acknowledges the server's.
fn close(hand: &Hand) -> TcpRepr<'static> {
    TcpRepr {
        control: TcpControl::Fin,
        ..hand.segment()
    }
}

#[test]
fn a_new_connection_instead_of_one_in_time_wait_hears_no_reset() {
    let (mut scene, hand) = in_time_wait();
    let again = TcpRepr {
        seq_number: TcpSeqNumber(5_000_000),
        ..hand.syn()
    };
    hand.send(&mut scene, &again);
    assert_eq!(controls(&hand.hear(&mut scene)), [TcpControl::Syn]);
}

#[test]
fn a_request_with_a_wrong_checksum_ends_no_time_wait() {
    let (mut scene, hand) = in_time_wait();
    let mut frame = hand.frame(&hand.syn());
    frame[packet_start(LINK) + 20 + 16] ^= 0xff;
    scene.network.to_server.inject(&frame);
    assert_eq!(hand.hear(&mut scene), []);
    // The client's close once more, as the acknowledgement was lost.
    hand.send(&mut scene, &close(&hand));
    assert_eq!(controls(&hand.hear(&mut scene)), [TcpControl::None]);
}

#[test]
fn a_syn_that_waits_takes_the_slot_at_once_and_not_before_the_fin_is_acknowledged() {
    for link in Link::ALL {
        let (mut scene, hand) = closed_by_server(link, 1, once());
        let stack = *scene.network.server;
        *scene.network.server = stack.with_backlog(vec![PendingSyn::EMPTY]);
        hand.send(&mut scene, &hand.segment());
        let next = Hand {
            from: IpEndpoint::new(hand.from.addr, 40_001),
            ..hand
        };
        next.send(&mut scene, &next.syn());
        assert_eq!(hand.hear(&mut scene), [], "{link:?}");
        assert_eq!(scene.network.server.counters().queued, 1, "{link:?}");

        hand.send(&mut scene, &close(&hand));
        // No time passes.
        let heard = hand.hear(&mut scene);
        let heard: Vec<_> = heard
            .iter()
            .map(|heard| (heard.port, heard.control, heard.acknowledged))
            .collect();
        let expected = [
            (40_000, TcpControl::None, Some(hand.next + 1)),
            (40_001, TcpControl::Syn, Some(next.syn().seq_number + 1)),
        ];
        assert_eq!(heard, expected, "{link:?}");
    }
}

#[test]
fn a_syn_for_a_four_tuple_in_time_wait_is_admitted_after_it_has_waited() {
    for link in Link::ALL {
        let config = once().with_connections(1);
        let (mut scene, hand) = closed_by_server(link, 2, config);
        let stack = *scene.network.server;
        *scene.network.server = stack.with_backlog(vec![PendingSyn::EMPTY]);
        hand.send(&mut scene, &close(&hand));
        hand.hear(&mut scene);
        // The other client is the only one that may be connected.
        let other = Hand::another(&mut scene, 40_001, 1024);
        let again = TcpRepr {
            seq_number: TcpSeqNumber(5_000_000),
            ..hand.syn()
        };
        hand.send(&mut scene, &again);
        assert_eq!(hand.hear(&mut scene), [], "{link:?}");
        assert_eq!(scene.network.server.counters().queued, 1, "{link:?}");
        let reset = TcpRepr {
            control: TcpControl::Rst,
            ..other.segment()
        };
        other.send(&mut scene, &reset);
        let heard = hand.hear(&mut scene);
        assert_eq!(opened(&heard), [40_000], "{link:?}");
        assert_eq!(heard[0].acknowledged, Some(again.seq_number + 1));
    }
}

#[test]
fn a_server_that_is_aborted_resets_its_clients_but_for_those_in_time_wait() {
    for link in Link::ALL {
        let (mut scene, hand) = closed_by_server(link, 3, once());
        hand.send(&mut scene, &close(&hand));
        hand.hear(&mut scene);
        let open = Hand::another(&mut scene, 40_001, 1024);
        scene.server.abort();
        let heard = hand.hear(&mut scene);
        let heard: Vec<_> = heard
            .iter()
            .map(|heard| (heard.port, heard.control))
            .collect();
        assert_eq!(heard, [(40_001, TcpControl::Rst)], "{link:?}");
        assert_eq!(scene.connections(), 0, "{link:?}");
        // No further client is accepted.
        let next = Hand {
            from: IpEndpoint::new(open.from.addr, 40_002),
            ..open
        };
        next.send(&mut scene, &next.syn());
        assert_eq!(controls(&hand.hear(&mut scene)), [TcpControl::Rst]);
    }
}

#[test]
fn a_cookie_opens_a_new_connection_instead_of_one_in_time_wait() {
    let config = once().with_connections(1);
    let (mut scene, mut hand) = in_time_wait_with(config);
    let other = Hand {
        from: IpEndpoint::new(hand.from.addr, 40_001),
        ..hand
    };
    other.send(&mut scene, &other.syn());
    let heard = other.hear(&mut scene);
    assert_eq!(controls(&heard), [TcpControl::Syn]);
    let syn = TcpRepr {
        seq_number: TcpSeqNumber(5_000_000),
        ..hand.syn()
    };
    hand.send(&mut scene, &syn);
    let cookie = hand.hear(&mut scene)[0].number;
    // The other one leaves.
    let reset = TcpRepr {
        control: TcpControl::Rst,
        seq_number: other.syn().seq_number + 1,
        ack_number: None,
        ..other.segment()
    };
    other.send(&mut scene, &reset);
    scene.pass(SECOND);
    hand.next = syn.seq_number + 1;
    hand.expected = cookie + 1;
    let confirmation = TcpRepr {
        window_len: 1024,
        ..hand.segment()
    };
    hand.send(&mut scene, &confirmation);
    hand.hear(&mut scene);
    let text = TcpRepr {
        payload: b"anew",
        ..confirmation
    };
    hand.send(&mut scene, &text);
    let heard = hand.hear(&mut scene);
    let text: Vec<_> = heard.iter().flat_map(|heard| heard.text.clone()).collect();
    assert_eq!(text, b"ANEW", "{heard:?}");
}
