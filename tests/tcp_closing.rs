//! Every order in which a TCP connection can end, and what is left of it.

mod common;

use smoltcp::wire::{TcpControl, TcpRepr};
use uppercase::tcp::{Config, Error};

use common::busy::controls;
use common::hand::Hand;
use common::network::{Link, SECOND};
use common::scene::{Caller, Scene};

fn once() -> Config {
    Config {
        once: true,
        ..Config::default()
    }
}

/// The same scene over every link, with a server of one place.
fn everywhere(config: Config, act: impl Fn(&mut Scene)) {
    for link in Link::ALL {
        act(&mut Scene::new(link, 1, config));
    }
}

#[test]
fn the_client_may_close_before_its_text_is_answered() {
    everywhere(Config::default(), |scene| {
        let mut caller = Caller::connected(scene);
        caller.say(scene, b"a line");
        caller.finish(scene);
        caller.expect_end(scene, b"A LINE");
        assert_eq!(caller.is_closed(scene), Ok(true));
        assert_eq!(scene.connections(), 0);
        scene.expect_service();
    });
}

#[test]
fn the_client_may_close_after_the_answer() {
    everywhere(Config::default(), |scene| {
        let mut caller = Caller::connected(scene);
        caller.say(scene, b"a line");
        caller.expect(scene, b"A LINE");
        caller.finish(scene);
        caller.expect_end(scene, b"");
        assert_eq!(caller.is_closed(scene), Ok(true));
        assert_eq!(scene.connections(), 0);
    });
}

#[test]
fn a_client_that_has_closed_gets_the_rest_as_soon_as_it_reads() {
    // Twice what the buffers hold, so its window is shut in between. No time passes: nothing may
    // have to wait for a timer.
    let text = vec![b'x'; 1000];
    everywhere(Config::default(), |scene| {
        let mut caller = Caller::connected(scene);
        caller.say(scene, &text);
        scene.settle();
        caller.say(scene, &text);
        caller.finish(scene);
        scene.settle();
        let (mut heard, mut end) = caller.hear(scene);
        while end == Ok(false) && heard.len() < 2000 {
            scene.settle();
            let (more, now) = caller.hear(scene);
            assert!(!more.is_empty(), "it waits, {:?}", scene.link);
            heard.extend(more);
            end = now;
        }
        assert_eq!(heard, [b'X'; 2000]);
        caller.expect_end(scene, b"");
        assert_eq!(scene.connections(), 0);
    });
}

#[test]
fn a_client_that_goes_without_a_byte_leaves_nothing_behind() {
    everywhere(Config::default(), |scene| {
        let mut caller = Caller::connected(scene);
        caller.finish(scene);
        caller.expect_end(scene, b"");
        assert_eq!(scene.connections(), 0);
        assert_eq!(scene.server.counters().opened, 1);
        scene.expect_service();
    });
}

#[test]
fn the_server_closes_first_after_its_only_answer() {
    everywhere(once(), |scene| {
        let mut caller = Caller::connected(scene);
        caller.say(scene, b"only this");
        caller.expect_end(scene, b"ONLY THIS");
        assert_eq!(caller.is_closed(scene), Ok(false), "the client has not");
        assert_eq!(scene.connections(), 1);
        caller.finish(scene);
        scene.settle();
        assert_eq!(caller.is_closed(scene), Ok(true));
        scene.expect_service();
    });
}

#[test]
fn both_may_close_at_once() {
    everywhere(once(), |scene| {
        let mut caller = Caller::connected(scene);
        caller.say(scene, b"crossing");
        // The segment with the text arrives, the server answers and closes; before the client
        // hears of it, it closes too.
        let now = scene.network.now();
        scene.network.client.poll(now, |_| None);
        scene.network.poll_server(&mut [&mut scene.server]);
        caller.finish(scene);
        caller.expect_end(scene, b"CROSSING");
        assert_eq!(caller.is_closed(scene), Ok(true));
        scene.expect_service();
    });
}

#[test]
fn what_a_client_writes_after_its_only_answer_neither_hurts_nor_is_answered() {
    everywhere(once(), |scene| {
        let mut caller = Caller::connected(scene);
        caller.say(scene, b"one");
        caller.expect_end(scene, b"ONE");
        for _ in 0..20 {
            caller.say(scene, &[b'x'; 500]);
            scene.settle();
        }
        caller.finish(scene);
        caller.expect_end(scene, b"");
        assert_eq!(caller.is_closed(scene), Ok(true));
        scene.expect_service();
    });
}

#[test]
fn a_client_that_never_closes_after_its_only_answer_is_given_up() {
    let config = once();
    everywhere(config, |scene| {
        let mut caller = Caller::connected(scene);
        caller.say(scene, b"one");
        caller.expect_end(scene, b"ONE");
        scene.pass(config.close_timeout.unwrap() - SECOND);
        assert_eq!(scene.connections(), 1);
        scene.pass(SECOND * 2);
        assert_eq!(scene.connections(), 0);
        assert_eq!(scene.server.counters().expired, 1);
        assert_eq!(caller.is_closed(scene), Err(Error::Reset));
        scene.expect_service();
    });
}

#[test]
fn a_client_that_writes_on_for_ever_after_its_only_answer_is_given_up() {
    let config = once();
    everywhere(config, |scene| {
        let mut caller = Caller::connected(scene);
        caller.say(scene, b"one");
        caller.expect_end(scene, b"ONE");
        for _ in 0..=config.close_timeout.unwrap().secs() {
            let network = &mut scene.network;
            let context = &mut network.context();
            let _ = caller.client.send(context, b"and on");
            scene.pass(SECOND);
        }
        assert_eq!(scene.connections(), 0);
        scene.expect_service();
    });
}

/// The phases in which a client can go away; each takes a connection there.
type Phase = (&'static str, Config, fn(&mut Scene) -> Caller);

fn phases() -> [Phase; 6] {
    [
        ("just connected", Config::default(), Caller::connected),
        ("its text sent, not answered", Config::default(), |scene| {
            let mut caller = Caller::connected(scene);
            caller.say(scene, b"text");
            caller
        }),
        ("its answer not taken", Config::default(), |scene| {
            let mut caller = Caller::connected(scene);
            caller.say(scene, b"text");
            scene.settle();
            caller
        }),
        ("its window closed", Config::default(), |scene| {
            let mut caller = Caller::connected(scene);
            for _ in 0..2 {
                caller.say(scene, &[b'x'; 1000]);
                scene.settle();
            }
            caller
        }),
        ("answered and closed by the server", once(), |scene| {
            let mut caller = Caller::connected(scene);
            caller.say(scene, b"text");
            caller.expect_end(scene, b"TEXT");
            caller
        }),
        ("its own close not sent", Config::default(), |scene| {
            let mut caller = Caller::connected(scene);
            caller.say(scene, b"text");
            caller.expect(scene, b"TEXT");
            caller.finish(scene);
            caller
        }),
    ]
}

#[test]
fn a_client_that_resets_gives_its_place_back_at_once() {
    for (name, config, reach) in phases() {
        everywhere(config, |scene| {
            let mut caller = reach(scene);
            caller.abort(scene);
            assert_eq!(scene.connections(), 0, "{name}, {:?}", scene.link);
            assert_eq!(scene.server.counters().expired, 0, "{name}");
            scene.expect_service();
        });
    }
}

#[test]
fn a_client_that_vanishes_gives_its_place_back_within_the_limits() {
    for (name, config, reach) in phases() {
        // Where the server has closed, it waits for the client's close only.
        let limit = if config.once {
            config.close_timeout.unwrap()
        } else {
            config.silence_timeout.unwrap()
        };
        everywhere(config, |scene| {
            let _caller = reach(scene);
            scene.network.cut();
            scene.pass(limit - SECOND);
            assert_eq!(scene.connections(), 1, "{name}, {:?}", scene.link);
            // The reset to nobody needs its moment, too.
            scene.pass(SECOND * 2);
            assert_eq!(scene.connections(), 0, "{name}, {:?}", scene.link);
            scene.network.to_server.mend();
            scene.network.to_client.mend();
            scene.expect_service();
        });
    }
}

/// smoltcp 0.14 goes on probing a window for which it has nothing left, without a pause.
#[test]
fn a_client_that_has_everything_and_no_room_is_not_asked_for_room() {
    for link in Link::ALL {
        let mut scene = Scene::new(link, 1, Config::default());
        let mut hand = Hand::connected(&mut scene, 40_000, 0);
        let text = TcpRepr {
            payload: b"x",
            ..hand.segment()
        };
        hand.send(&mut scene, &text);
        hand.next += 1;
        scene.settle();
        // The probe of its window is all that there is, and the close.
        let now = scene.network.now();
        scene.server.close(&mut scene.network.server.context(now));
        scene.pass(SECOND * 2);
        let heard = hand.hear(&mut scene);
        let last = heard.last().expect("a probe");
        assert_eq!(
            (last.control, &last.text[..]),
            (TcpControl::Fin, &b"X"[..]),
            "{link:?}"
        );
        // It has taken both, and has no more room than before.
        hand.expected += 2;
        hand.send(&mut scene, &hand.segment());
        scene.pass(SECOND * 9);
        assert_eq!(hand.hear(&mut scene), [], "{link:?}");
        let close = TcpRepr {
            control: TcpControl::Fin,
            ..hand.segment()
        };
        hand.send(&mut scene, &close);
        assert_eq!(controls(&hand.hear(&mut scene)), [TcpControl::None]);
        assert_eq!(scene.connections(), 0, "{link:?}");
    }
}

/// A client that takes nothing, and has sent so much that the server has `room` bytes left.
fn full(link: Link, room: usize) -> (Scene, Hand) {
    let mut scene = Scene::new(link, 1, Config::default());
    let mut hand = Hand::connected(&mut scene, 40_000, 0);
    // What the server is to answer, and as much again that it keeps until it can.
    for length in [1000, 2 * 1024 - 1000 - room] {
        let text = TcpRepr {
            payload: &[b'x'; 1024][..length],
            ..hand.segment()
        };
        hand.send(&mut scene, &text);
        scene.settle();
        hand.next += length;
    }
    hand.hear(&mut scene);
    (scene, hand)
}

#[test]
fn a_close_behind_text_that_does_not_fit_is_told_how_far_the_server_is() {
    for link in Link::ALL {
        let (mut scene, hand) = full(link, 48);
        // What it had, what it can take, and what it cannot.
        let rest = TcpRepr {
            control: TcpControl::Fin,
            seq_number: hand.next - 500,
            payload: &[b'x'; 500 + 49],
            ..hand.segment()
        };
        hand.send(&mut scene, &rest);
        let heard = hand.hear(&mut scene);
        assert_eq!(heard.len(), 1, "{link:?}");
        assert_eq!(heard[0].acknowledged, Some(hand.next), "{link:?}");
        assert_eq!(heard[0].window, 48, "{link:?}");
    }
}

/// smoltcp 0.14 drops the text that is beyond the window that it has told of, and takes the close.
#[test]
fn a_close_behind_text_that_fits_since_a_moment_ago_loses_none_of_it() {
    for link in Link::ALL {
        let (mut scene, mut hand) = full(link, 48);
        // The server can send some, and then has room for more than it says.
        let some = TcpRepr {
            window_len: 30,
            ..hand.segment()
        };
        hand.send(&mut scene, &some);
        let heard = hand.hear(&mut scene);
        assert_eq!(heard.len(), 1, "{link:?}");
        assert_eq!((heard[0].text.len(), heard[0].window), (30, 48), "{link:?}");
        hand.expected += 30;
        hand.send(&mut scene, &hand.segment());
        assert_eq!(hand.hear(&mut scene), [], "{link:?}");
        let rest = TcpRepr {
            control: TcpControl::Fin,
            payload: &[b'x'; 60],
            ..hand.segment()
        };
        hand.send(&mut scene, &rest);
        let heard = hand.hear(&mut scene);
        assert_eq!(heard.len(), 1, "{link:?}");
        assert_eq!(heard[0].acknowledged, Some(hand.next + 61), "{link:?}");
    }
}

#[test]
fn a_close_behind_text_that_does_not_fit_opens_the_window_all_the_same() {
    for link in Link::ALL {
        let (mut scene, hand) = full(link, 48);
        let rest = TcpRepr {
            control: TcpControl::Fin,
            payload: &[b'x'; 49],
            window_len: 30,
            ..hand.segment()
        };
        hand.send(&mut scene, &rest);
        let heard = hand.hear(&mut scene);
        let lengths: Vec<_> = heard.iter().map(|heard| heard.text.len()).collect();
        assert_eq!(lengths, [0, 30], "{link:?}");
        assert_eq!(heard[1].acknowledged, Some(hand.next), "{link:?}");
    }
}
