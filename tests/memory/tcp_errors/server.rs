//! What the server does: refuses, falls silent, resets.

use uppercase::tcp::{Config, Error};

use super::common::frames::read_tcp;
use super::common::network::{Link, Network, SECOND};
use super::common::scene::{Caller, Scene};
use super::common::talk::TIMEOUT;
use super::outcome;

#[test]
fn nothing_listens_on_the_port() {
    for link in Link::ALL {
        let mut network = Network::new(link);
        assert_eq!(
            outcome(&mut network, link.server()),
            Err(Error::Refused),
            "{link:?}"
        );
    }
}

#[test]
fn a_host_that_swallows_everything_times_out() {
    for link in Link::ALL {
        let mut network = Network::new(link);
        // The neighbors know each other before.
        assert_eq!(outcome(&mut network, link.server()), Err(Error::Refused));
        network
            .to_server
            .filter(move |frame| read_tcp(link, frame).is_none());
        let begin = network.now();
        assert_eq!(
            outcome(&mut network, link.server()),
            Err(Error::TimedOut),
            "{link:?}"
        );
        assert_eq!(network.now(), begin + TIMEOUT, "{link:?}");
    }
}

#[test]
fn a_server_that_falls_silent_later_times_out() {
    for link in Link::ALL {
        let mut scene = Scene::new(link, 1, Config::default());
        let mut caller = Caller::connected(&mut scene);
        scene.network.cut();
        caller.say(&mut scene, b"are you there?");
        scene.pass(TIMEOUT - SECOND);
        assert_eq!(caller.hear(&mut scene), (vec![], Ok(false)), "{link:?}");
        scene.pass(SECOND);
        assert_eq!(
            caller.hear(&mut scene),
            (vec![], Err(Error::TimedOut)),
            "{link:?}"
        );
    }
}

#[test]
fn a_server_that_never_closes_times_out_after_the_answer() {
    for link in Link::ALL {
        let mut scene = Scene::new(link, 1, Config::default());
        let mut caller = Caller::connected(&mut scene);
        caller.say(&mut scene, b"a line");
        scene.settle();
        caller.finish(&mut scene);
        scene.network.cut();
        assert_eq!(caller.hear(&mut scene), (b"A LINE".to_vec(), Ok(false)));
        scene.pass(TIMEOUT);
        assert_eq!(
            caller.hear(&mut scene),
            (vec![], Err(Error::TimedOut)),
            "{link:?}"
        );
    }
}

#[test]
fn a_client_that_reads_late_does_not_time_out() {
    for link in Link::ALL {
        let mut scene = Scene::new(link, 1, Config::default());
        let mut caller = Caller::connected(&mut scene);
        // More than the buffers hold, so that some of it cannot be acknowledged.
        let mut sent = 0;
        for _ in 0..5 {
            let network = &mut scene.network;
            let context = &mut network.context();
            sent += caller
                .client
                .send(context, &[b'x'; 1024])
                .expect("it is open");
            scene.settle();
        }
        scene.pass(TIMEOUT * 5);
        let mut heard = Vec::new();
        while heard.len() < sent {
            let (more, end) = caller.hear(&mut scene);
            assert_eq!(end, Ok(false), "after {} bytes, {link:?}", heard.len());
            heard.extend(more);
            scene.pass(SECOND * 9);
        }
        assert_eq!(heard, vec![b'X'; sent]);
    }
}

#[test]
fn what_arrived_before_a_reset_is_delivered_before_the_error() {
    for link in Link::ALL {
        let config = Config::default().with_idle_timeout(Some(SECOND));
        let mut scene = Scene::new(link, 1, config);
        let mut caller = Caller::connected(&mut scene);
        caller.say(&mut scene, b"the beginning");
        scene.pass(SECOND * 2);
        assert_eq!(
            caller.hear(&mut scene),
            (b"THE BEGINNING".to_vec(), Err(Error::Reset)),
            "{link:?}"
        );
        assert_eq!(caller.hear(&mut scene), (vec![], Err(Error::Reset)));
        // The same client can start again.
        caller.connect(&mut scene);
        scene.settle();
        caller.say(&mut scene, b"again");
        caller.expect(&mut scene, b"AGAIN");
    }
}
