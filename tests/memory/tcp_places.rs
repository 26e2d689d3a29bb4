//! The slots of a TCP server: which connection takes one, and when it is free again.

use super::common;

use smoltcp::time::Duration;
use smoltcp::wire::{IpEndpoint, TcpControl, TcpRepr, TcpSeqNumber};
use uppercase::tcp::{Config, Counters, Error};

use common::frames::{read_tcp, segment, tcp, udp};
use common::hand::Hand;
use common::network::{Link, NOBODY, SECOND};
use common::scene::{Caller, Scene};

#[test]
fn fifty_clients_in_turn_find_the_only_place_free() {
    for link in Link::ALL {
        for once in [false, true] {
            let config = Config::default().with_once(once);
            let mut scene = Scene::new(link, 1, config);
            for _ in 0..50 {
                scene.expect_service();
            }
            let mut expected = Counters::default();
            expected.opened = 50;
            assert_eq!(scene.server.counters(), expected, "{link:?}");
        }
    }
}

#[test]
fn time_wait_of_the_only_place_gives_way_to_the_next_client() {
    let config = Config::default().with_once(true);
    for link in Link::ALL {
        let mut scene = Scene::new(link, 1, config);
        let mut caller = Caller::connected(&mut scene);
        caller.say(&mut scene, b"me");
        caller.expect_end(&mut scene, b"ME");
        scene.network.to_client.capture();
        caller.finish(&mut scene);
        scene.settle();
        // Its FIN was acknowledged before the slot went to another client.
        assert_eq!(caller.is_closed(&mut scene), Ok(true));
        let frames = scene.network.to_client.captured();
        let last = read_tcp(link, frames.last().expect("an acknowledgement"));
        assert_eq!(last.expect("a segment").2.control, TcpControl::None);
        // No time passes.
        let mut next = Caller::connected(&mut scene);
        next.say(&mut scene, b"and me");
        next.expect_end(&mut scene, b"AND ME");
    }
}

#[test]
fn a_close_is_acknowledged_before_its_place_goes_to_the_client_right_behind_it() {
    for link in Link::ALL {
        for frames_between in 0..3 {
            close_and_open_in_one_batch(link, frames_between);
        }
    }
}

fn close_and_open_in_one_batch(link: Link, frames_between: usize) {
    let config = Config::default().with_once(true);
    let mut scene = Scene::new(link, 1, config);
    let mut hand = Hand::connected(&mut scene, 40_000, 1024);
    let text = TcpRepr {
        payload: b"me",
        window_len: 1024,
        ..hand.segment()
    };
    hand.send(&mut scene, &text);
    let heard = hand.hear(&mut scene);
    let answer = heard.last().expect("an answer");
    assert_eq!(answer.control, TcpControl::Fin, "{link:?}");
    hand.next += 2;
    hand.expected += 3;
    hand.send(&mut scene, &hand.segment());
    assert_eq!(hand.hear(&mut scene), []);

    let close = TcpRepr {
        control: TcpControl::Fin,
        ..hand.segment()
    };
    hand.send(&mut scene, &close);
    for _ in 0..frames_between {
        let nobody = IpEndpoint::new(link.server().addr, 9);
        let frame = udp(link, hand.from, nobody, b"in between");
        scene.network.to_server.inject(&frame);
    }
    let next = Hand {
        from: IpEndpoint::new(hand.from.addr, 40_001),
        ..hand
    };
    next.send(&mut scene, &next.syn());

    let heard = hand.hear(&mut scene);
    let heard: Vec<_> = heard
        .iter()
        .map(|heard| (heard.port, heard.control, heard.acknowledged))
        .collect();
    let closed = Some(close.seq_number + 1);
    let opened = Some(next.syn().seq_number + 1);
    let expected = [
        (40_000, TcpControl::None, closed),
        (40_001, TcpControl::Syn, opened),
    ];
    assert_eq!(heard, expected, "{link:?}, {frames_between} between");
}

#[test]
fn a_half_open_connection_leaves_after_the_handshake_timeout() {
    let config = Config::default().with_handshake_timeout(Some(SECOND * 3));
    for link in Link::ALL {
        let mut scene = Scene::new(link, 1, config);
        // After one exchange, the server's host knows the client's.
        scene.expect_service();
        let from = IpEndpoint::new(link.address(2), 40_000);
        let syn = TcpRepr {
            control: TcpControl::Syn,
            seq_number: TcpSeqNumber(1_000),
            max_seg_size: Some(1460),
            ..segment(from, link.server())
        };
        // The client's host would reset what it has not asked for.
        scene.network.to_client.cut();
        scene
            .network
            .to_server
            .inject(&tcp(link, from.addr, link.server().addr, &syn));
        assert_eq!(scene.connections(), 1, "{link:?}");
        scene.pass(SECOND * 3 - Duration::from_millis(1));
        assert_eq!(scene.connections(), 1, "{link:?}");
        scene.pass(SECOND);
        assert_eq!(scene.connections(), 0, "{link:?}");
        assert_eq!(scene.server.counters().opened, 1);
        assert_eq!(scene.server.counters().expired, 1);
        scene.network.to_client.mend();
        scene.expect_service();
    }
}

/// A reset would tell a client that its connection is refused. RFC 9293, 3.10.8, has the connection
/// deleted, and sends nothing.
#[test]
fn a_half_open_connection_is_deleted_without_a_reset() {
    for link in Link::ALL {
        let mut scene = Scene::new(link, 1, Config::default());
        let hand = Hand::connected(&mut scene, 40_000, 1024);
        let reset = TcpRepr {
            control: TcpControl::Rst,
            ..hand.segment()
        };
        hand.send(&mut scene, &reset);
        let slow = Hand {
            from: IpEndpoint::new(hand.from.addr, 40_001),
            ..hand
        };
        slow.send(&mut scene, &slow.syn());
        // It is answered, and again after 1 and 3 seconds (`stack/credit.rs`).
        scene.pass(SECOND * 20);
        let heard = slow.hear(&mut scene);
        let controls: Vec<_> = heard.iter().map(|heard| heard.control).collect();
        assert_eq!(controls, [TcpControl::Syn; 3], "{link:?}");
        assert_eq!(scene.connections(), 0, "{link:?}");
        assert_eq!(scene.server.counters().expired, 1, "{link:?}");
    }
}

#[test]
fn connection_requests_from_unused_addresses_do_not_keep_a_place() {
    for link in Link::ETHERNET {
        let mut scene = Scene::new(link, 2, Config::default());
        for port in 0..2 {
            let from = IpEndpoint::new(link.address(NOBODY), 40_000 + port);
            let syn = TcpRepr {
                control: TcpControl::Syn,
                ..segment(from, link.server())
            };
            scene
                .network
                .to_server
                .inject(&tcp(link, from.addr, link.server().addr, &syn));
        }
        assert_eq!(scene.connections(), 2, "{link:?}");
        // The reset cannot be sent either.
        scene.pass(Config::default().handshake_timeout.unwrap() + SECOND * 2);
        assert_eq!(scene.connections(), 0, "{link:?}");
        scene.expect_service();
    }
}

#[test]
fn an_idle_client_that_is_alive_leaves_after_the_idle_timeout() {
    let config = Config::default();
    for link in Link::ALL {
        let mut scene = Scene::new(link, 1, config);
        let mut caller = Caller::connected(&mut scene);
        caller.say(&mut scene, b"hm");
        caller.expect(&mut scene, b"HM");
        scene.pass(config.idle_timeout.unwrap() - SECOND);
        assert_eq!(scene.connections(), 1, "keep-alives are answered, {link:?}");
        caller.say(&mut scene, b"still here");
        caller.expect(&mut scene, b"STILL HERE");
        scene.pass(config.idle_timeout.unwrap() - SECOND);
        assert_eq!(scene.connections(), 1, "text moved since, {link:?}");
        scene.pass(SECOND * 2);
        assert_eq!(scene.connections(), 0, "{link:?}");
        assert_eq!(scene.server.counters().expired, 1, "{link:?}");
        assert_eq!(caller.is_open(&mut scene), Err(Error::Reset), "{link:?}");
    }
}

#[test]
fn without_limits_a_quiet_client_may_stay() {
    let config = Config::default()
        .with_idle_timeout(None)
        .with_silence_timeout(None);
    let mut scene = Scene::new(Link::ETHERNET_V4, 1, config);
    let mut caller = Caller::connected(&mut scene);
    scene.pass(SECOND * 100_000);
    caller.say(&mut scene, b"good morning");
    caller.expect(&mut scene, b"GOOD MORNING");
}

#[test]
fn a_client_that_reads_nothing_does_not_stop_the_others() {
    for link in Link::ALL {
        let mut scene = Scene::new(link, 2, Config::default());
        let mut deaf = Caller::connected(&mut scene);
        for _ in 0..4 {
            let network = &mut scene.network;
            let context = &mut network.context();
            let sent = deaf.client.send(context, &[b'x'; 1024]);
            sent.expect("it is not thrown out");
            scene.settle();
        }
        for _ in 0..10 {
            scene.expect_service();
        }
        // What it would not take is still there.
        assert_eq!(deaf.hear(&mut scene).0, [b'X'; 1024], "{link:?}");
    }
}

#[test]
fn a_client_that_reads_nothing_is_given_up_in_the_end() {
    let config = Config::default();
    for link in Link::ALL {
        let mut scene = Scene::new(link, 1, config);
        let mut deaf = Caller::connected(&mut scene);
        for _ in 0..4 {
            let network = &mut scene.network;
            let context = &mut network.context();
            deaf.client
                .send(context, &[b'x'; 1024])
                .expect("it is open");
            scene.settle();
        }
        // Probes of its closed window are answered, so it is not silent.
        scene.pass(config.idle_timeout.unwrap() - SECOND);
        assert_eq!(scene.connections(), 1, "{link:?}");
        scene.pass(SECOND * 2);
        assert_eq!(scene.connections(), 0, "{link:?}");
        assert_eq!(scene.server.counters().expired, 1, "{link:?}");
    }
}

#[test]
fn as_many_clients_as_places_are_served_at_once_and_the_next_waits_for_a_place() {
    for link in Link::ALL {
        let mut scene = Scene::new(link, 5, Config::default());
        let mut callers: Vec<_> = (0..5).map(|_| Caller::connected(&mut scene)).collect();
        assert_eq!(scene.connections(), 5);
        let mut sixth = Caller::new(&mut scene.network, 512);
        sixth.connect(&mut scene);
        scene.settle();
        assert_eq!(scene.connections(), 5, "{link:?}");
        for (number, caller) in callers.iter_mut().enumerate() {
            let text = format!("client {number}");
            caller.say(&mut scene, text.as_bytes());
        }
        for (number, caller) in callers.iter_mut().enumerate() {
            let text = format!("CLIENT {number}");
            caller.expect(&mut scene, text.as_bytes());
        }
        callers[2].abort(&mut scene);
        sixth.say(&mut scene, b"and I?");
        // It asks again.
        scene
            .network
            .run_for(SECOND * 5, &mut [&mut scene.server], &mut []);
        sixth.expect(&mut scene, b"AND I?");
    }
}

#[test]
fn a_client_after_one_that_did_not_acknowledge_does_not_wait_longer() {
    for link in Link::ALL {
        let mut scene = Scene::new(link, 1, Config::default());
        let hand = Hand::connected(&mut scene, 40_000, 1024);
        let reset = TcpRepr {
            control: TcpControl::Rst,
            ..hand.segment()
        };
        hand.send(&mut scene, &reset);
        let slow = Hand {
            from: IpEndpoint::new(hand.from.addr, 40_001),
            ..hand
        };
        slow.send(&mut scene, &slow.syn());
        assert_eq!(slow.hear(&mut scene).len(), 1);
        // Answers it after 0, 1 and 3 seconds.
        scene.pass(SECOND * 8);
        assert_eq!(slow.hear(&mut scene).len(), 2, "{link:?}");
        let gone = TcpRepr {
            control: TcpControl::Rst,
            seq_number: slow.syn().seq_number + 1,
            ack_number: None,
            ..slow.segment()
        };
        slow.send(&mut scene, &gone);
        let next = Hand {
            from: IpEndpoint::new(hand.from.addr, 40_002),
            ..hand
        };
        next.send(&mut scene, &next.syn());
        assert_eq!(next.hear(&mut scene).len(), 1, "{link:?}");
        // The answer was lost.
        scene.pass(SECOND);
        let heard = next.hear(&mut scene);
        assert_eq!(heard.len(), 1, "{link:?}");
        assert_eq!((heard[0].port, heard[0].control), (40_002, TcpControl::Syn));
    }
}
