//! Clients that are lost at any point of a connection: what is left of them.

use uppercase::tcp::Config;

use super::common::network::SECOND;
use super::common::scene::{Caller, Scene};
use super::{everywhere, once};

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
            let limit = config.silence_timeout.unwrap();
            // RFC 9293, 3.8.3: "The value of R2 SHOULD correspond to at least 100 seconds."
            assert!(limit >= SECOND * 100);
            limit
        };
        everywhere(config, |scene| {
            let _caller = reach(scene);
            scene.network.cut();
            scene.pass(limit - SECOND);
            assert_eq!(scene.connections(), 1, "{name}, {:?}", scene.link);
            // The reset, which does not arrive, needs its moment, too.
            scene.pass(SECOND * 2);
            assert_eq!(scene.connections(), 0, "{name}, {:?}", scene.link);
            scene.network.to_server.mend();
            scene.network.to_client.mend();
            scene.expect_service();
        });
    }
}
