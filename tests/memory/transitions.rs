//! What a stack tells of the states of its connections.

use super::common;

use std::cell::RefCell;
use std::rc::Rc;

use smoltcp::socket::tcp::State;
use uppercase::tcp::Config;

use common::network::{HOUR, Link};
use common::scene::{Caller, Scene};

type States = Rc<RefCell<Vec<State>>>;

/// Where a connection came from and went to, at the server's and at the client's host.
fn watched(scene: &mut Scene) -> (States, States) {
    let (server, client) = (States::default(), States::default());
    let port = scene.link.server().port;
    let states = server.clone();
    scene.network.server.watch(move |transition| {
        assert_eq!(transition.four_tuple.local.port, port);
        expect_chain(&states, transition.from);
        states.borrow_mut().push(transition.to);
    });
    let states = client.clone();
    scene.network.client.watch(move |transition| {
        assert_eq!(transition.four_tuple.remote.port, port);
        expect_chain(&states, transition.from);
        states.borrow_mut().push(transition.to);
    });
    (server, client)
}

#[track_caller]
fn expect_chain(states: &States, from: State) {
    assert_eq!(*states.borrow().last().unwrap_or(&State::Closed), from);
}

#[test]
fn both_sides_tell_each_state_of_a_connection_that_the_client_closes() {
    use State::*;
    for link in Link::ALL {
        let mut scene = Scene::new(link, 1, Config::default());
        let (server, client) = watched(&mut scene);
        let mut caller = Caller::connected(&mut scene);
        caller.say(&mut scene, b"a line");
        caller.finish(&mut scene);
        caller.expect_end(&mut scene, b"A LINE");
        scene.pass(HOUR);
        let expected = [Listen, SynReceived, Established, CloseWait, LastAck, Closed];
        assert_eq!(server.borrow()[..], expected);
        let expected = [SynSent, Established, FinWait1, FinWait2, TimeWait, Closed];
        assert_eq!(client.borrow()[..], expected);
    }
}

#[test]
fn an_abort_ends_a_connection_at_both_sides() {
    use State::*;
    for link in Link::ALL {
        let mut scene = Scene::new(link, 1, Config::default());
        let (server, client) = watched(&mut scene);
        let mut caller = Caller::connected(&mut scene);
        caller.abort(&mut scene);
        scene.settle();
        assert_eq!(client.borrow()[..], [SynSent, Established, Closed]);
        let expected = [Listen, SynReceived, Established, Closed];
        assert_eq!(server.borrow()[..], expected);
    }
}
