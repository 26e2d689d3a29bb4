//! A host that does not run for a while: its program is stopped, its machine is suspended, or its
//! clock is set. Other hosts are not silent because this one did not listen.

use super::common;

use smoltcp::time::Duration;
use uppercase::tcp::Config;

use common::frames::read_tcp;
use common::network::{Actor, CLIENT, HOUR, Link, MINUTE, SECOND, SERVER};
use common::scene::{Caller, Scene, client};

const COUNT: usize = 20;
/// Shorter and longer than a client may be idle.
const PAUSES: [Duration; 2] = [Duration::from_secs(100), Duration::from_secs(600)];

/// A server and clients of it, which wait for an hour.
struct Crowd {
    scene: Scene,
    callers: Vec<Caller>,
}

impl Crowd {
    #[track_caller]
    fn connected(link: Link, count: usize, config: Config) -> Self {
        // And there is room for another client.
        let mut scene = Scene::new(link, count + 1, config);
        let mut callers = Vec::new();
        for _ in 0..count {
            let client = client(scene.network.client.sockets(), 1024, HOUR);
            callers.push(Caller { client });
            callers.last_mut().unwrap().connect(&mut scene);
        }
        scene.settle();
        assert_eq!(scene.connections(), count, "{link:?}");
        Self { scene, callers }
    }

    #[track_caller]
    fn say(&mut self, text: &[u8]) {
        for caller in &mut self.callers {
            caller.say(&mut self.scene, text);
        }
    }

    /// How many of the clients have heard this and nothing else.
    fn heard(&mut self, text: &[u8]) -> usize {
        self.scene.settle();
        let scene = &mut self.scene;
        let heard = |caller: &mut Caller| caller.hear(scene) == (text.to_vec(), Ok(false));
        self.callers
            .iter_mut()
            .map(heard)
            .filter(|heard| *heard)
            .count()
    }

    /// Fails unless every client is still served.
    #[track_caller]
    fn expect_service(&mut self) {
        let link = self.scene.link;
        assert_eq!(self.scene.connections(), self.callers.len(), "{link:?}");
        self.say(b"still here?");
        assert_eq!(self.heard(b"STILL HERE?"), self.callers.len(), "{link:?}");
    }
}

/// How many segments with text have left for the clients since this was called last.
fn segments_with_text(scene: &Scene) -> usize {
    let frames = scene.network.to_client.captured();
    let segments = frames
        .iter()
        .filter_map(|frame| read_tcp(scene.link, frame));
    segments
        .filter(|(_, _, segment)| segment.payload.len() > 1)
        .count()
}

#[test]
fn idle_connections_survive_a_pause_of_the_servers_host() {
    for link in Link::ALL {
        for pause in PAUSES {
            let mut crowd = Crowd::connected(link, COUNT, Config::default());
            crowd.scene.network.pause(SERVER, pause, &mut []);
            crowd.scene.pass(SECOND * 20);
            crowd.expect_service();
        }
    }
}

#[test]
fn idle_connections_survive_a_pause_of_both_hosts() {
    for link in Link::ALL {
        for pause in PAUSES {
            let mut crowd = Crowd::connected(link, COUNT, Config::default());
            crowd.scene.network.sleep(pause);
            crowd.scene.pass(SECOND * 20);
            crowd.expect_service();
        }
    }
}

#[test]
fn text_that_waits_in_the_device_is_answered_after_a_pause() {
    for link in Link::ALL {
        for pause in PAUSES {
            let mut crowd = Crowd::connected(link, COUNT, Config::default());
            crowd.scene.network.pause(SERVER, SECOND, &mut []);
            crowd.say(b"are you there?");
            crowd.scene.network.pause(SERVER, pause, &mut []);
            assert_eq!(crowd.heard(b"ARE YOU THERE?"), COUNT, "{link:?}");
            crowd.expect_service();
        }
    }
}

/// The server does not give up its clients: it is they that do not run.
#[test]
fn answers_that_wait_in_the_device_are_taken_after_a_pause_of_the_clients_host() {
    let config = Config::default()
        .with_idle_timeout(None)
        .with_silence_timeout(None);
    for link in Link::ALL {
        let mut crowd = Crowd::connected(link, COUNT, config);
        let Crowd { scene, callers } = &mut crowd;
        // This one waits for 10 s only.
        callers.push(Caller::new(&mut scene.network, 1024));
        callers.remove(0);
        callers.last_mut().unwrap().connect(scene);
        scene.settle();
        crowd.say(b"text");
        let Scene {
            network, server, ..
        } = &mut crowd.scene;
        network.poll_client();
        network.pause(CLIENT, PAUSES[0], &mut [server as &mut dyn Actor]);
        crowd.scene.settle();
        assert_eq!(crowd.heard(b"TEXT"), COUNT, "{link:?}");
    }
}

/// More frames wait than one poll reads.
#[test]
fn nothing_is_retransmitted_after_a_pause_before_all_that_waits_is_read() {
    const MANY: usize = 200;
    for link in Link::ALL {
        let mut crowd = Crowd::connected(link, MANY, Config::default());
        let scene = &mut crowd.scene;
        for caller in &mut crowd.callers {
            caller.say(scene, b"text");
            scene.network.poll_client();
            scene.network.sleep(Duration::ZERO);
        }
        // A device takes a few frames at a time.
        for _ in 0..MANY {
            scene.network.poll_server(&mut [&mut scene.server]);
            scene.network.sleep(Duration::ZERO);
        }
        scene.network.to_client.capture();
        scene.network.pause(SERVER, PAUSES[0], &mut []);
        scene.settle();
        assert_eq!(segments_with_text(scene), 0, "{link:?}");
        assert_eq!(crowd.heard(b"TEXT"), MANY, "{link:?}");
    }
}

/// An acknowledgement that has waited in the device says nothing about the round-trip time, by which
/// the retransmission timeout would be a minute.
#[test]
fn what_is_lost_after_a_pause_is_sent_again_soon() {
    for link in Link::ALL {
        let mut crowd = Crowd::connected(link, 1, Config::default());
        crowd.say(b"text");
        let scene = &mut crowd.scene;
        scene.network.poll_client();
        scene.network.sleep(Duration::ZERO);
        scene.network.poll_server(&mut [&mut scene.server]);
        scene.network.pause(SERVER, PAUSES[0], &mut []);
        assert_eq!(crowd.heard(b"TEXT"), 1, "{link:?}");
        crowd.say(b"more");
        let scene = &mut crowd.scene;
        scene.network.to_client.cut();
        scene.settle();
        scene.network.to_client.mend();
        scene.pass(SECOND * 2);
        assert_eq!(crowd.heard(b"MORE"), 1, "{link:?}");
    }
}

#[test]
fn connections_survive_a_clock_that_is_set_forward_or_back() {
    for link in Link::ALL {
        for hours in [-5, 5] {
            let mut crowd = Crowd::connected(link, COUNT, Config::default());
            crowd.scene.network.server_ahead = hours * 3_600_000_000;
            crowd.scene.pass(SECOND * 20);
            crowd.expect_service();
        }
    }
}

#[test]
fn timers_run_on_after_a_clock_was_set_forward_or_back() {
    for link in Link::ALL {
        for hours in [-5, 5] {
            let mut crowd = Crowd::connected(link, COUNT, Config::default());
            crowd.say(b"text");
            let scene = &mut crowd.scene;
            scene.network.to_client.cut();
            scene.settle();
            scene.network.server_ahead = hours * 3_600_000_000;
            scene.network.to_client.mend();
            scene.pass(SECOND * 3);
            assert_eq!(crowd.heard(b"TEXT"), COUNT, "{link:?}, {hours} hours");
        }
    }
}

/// RFC 1122, 4.2.3.6: an implementation "MUST NOT interpret failure to respond to any specific probe as
/// a dead connection".
#[test]
fn a_peer_that_is_gone_is_asked_after_a_pause_and_then_given_up() {
    for link in Link::ALL {
        let mut crowd = Crowd::connected(link, 1, Config::default());
        let scene = &mut crowd.scene;
        scene.network.cut();
        scene.network.pause(SERVER, PAUSES[0], &mut []);
        scene.network.to_client.capture();
        scene.pass(SECOND * 60);
        let asked = scene.network.to_client.captured();
        let segments = asked.iter().filter_map(|frame| read_tcp(link, frame));
        let questions = segments.filter(|(_, _, segment)| segment.payload.len() == 1);
        assert!(questions.count() >= 2, "{link:?}");
        assert_eq!(scene.connections(), 1, "{link:?}");
        scene.pass(SECOND * 60);
        assert_eq!(scene.connections(), 0, "{link:?}");
    }
}

#[test]
fn no_client_is_given_up_for_its_silence_that_was_not_asked() {
    for keep_alive in [None, Some(MINUTE * 2), Some(SECOND * 99)] {
        let config = Config::default()
            .with_keep_alive(keep_alive)
            .with_idle_timeout(None);
        for link in Link::ALL {
            let mut crowd = Crowd::connected(link, COUNT, config);
            crowd.scene.pass(MINUTE * 10);
            crowd.expect_service();
            crowd.scene.network.cut();
            crowd.scene.pass(SECOND * 110);
            assert_eq!(crowd.scene.connections(), 0, "{link:?}, {keep_alive:?}");
        }
    }
}
