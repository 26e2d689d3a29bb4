//! Both sides have lost acknowledgements, and both have gone back to retransmit: what each then sends
//! without payload has the number of the next new byte (RFC 9293, 3.10.7.4: `<SEQ=SND.NXT>`). With the
//! number that is retransmitted, as smoltcp 0.14 gives it, each takes the acknowledgements of the other
//! for old, and neither ever goes on.

use smoltcp::time::Duration;
use uppercase::simulation::{Conditions, Probability, seeds};
use uppercase::tcp::Config;

use super::common::network::{HOUR, Link, Network};
use super::common::scene;
use super::common::talk::Talk;
use super::common::text::{mixed, upper};

#[test]
fn text_both_ways_goes_on_after_all_losses() {
    let text = mixed(60_000);
    let conditions = Conditions::PERFECT
        .with_delay(Duration::from_millis(5))
        .with_loss(Probability::percent(20))
        .with_duplication(Probability::percent(20))
        .with_reordering(Probability::percent(20))
        .with_corruption(Probability::percent(5));
    let config = Config::default()
        .with_handshake_timeout(None)
        .with_idle_timeout(None)
        .with_close_timeout(None)
        .with_keep_alive(None)
        .with_silence_timeout(None);
    for link in [Link::ETHERNET_V4, Link::ETHERNET_V6] {
        for seed in seeds(0..60) {
            let mut network = Network::with_seed(link, seed);
            network.to_server.set(conditions);
            network.to_client.set(conditions);
            let mut server = scene::server(&mut network, 1, 262_140, config);
            let mut talk = Talk::patient(&mut network, link.server(), 262_140, &text);
            network.run(HOUR * 20, &mut [&mut server], &mut [&mut talk]);
            assert!(
                talk.expect_answer() == upper(&text),
                "{link:?}, seed {seed}"
            );
        }
    }
}
