//! Which side closes first, and what is sent in between.

use uppercase::stack::from_fn;
use uppercase::tcp::{Config, Error};

use super::common::network::SECOND;
use super::common::scene::Caller;
use super::{everywhere, once};

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
        let _ = scene.network.client.poll(now, &mut from_fn(|_| None));
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
fn a_client_that_does_not_stop_writing_after_its_only_answer_is_given_up() {
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
