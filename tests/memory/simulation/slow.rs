//! Links that are slow, carry little, and have hardly any room.

use smoltcp::time::Duration;
use uppercase::simulation::Conditions;
use uppercase::{tcp, udp};

use super::common::network::{Link, SECOND};
use super::model::Verdict;
use super::town::Town;

/// 64 kbit/s, and room for three frames.
const SLOW: Conditions = Conditions::PERFECT
    .with_bandwidth(Some(64_000))
    .with_queue(3)
    .with_delay(Duration::from_millis(100));

#[test]
fn all_is_delivered_over_a_slow_link_with_a_small_queue() {
    for link in Link::ALL {
        let town = Town {
            servers_link: SLOW,
            text: 20_000,
            ..Town::new(link)
        };
        let mut full = 0;
        for seed in 0..5 {
            let outcome = town.run(seed);
            outcome.expect_exact();
            full += outcome.to_server.queue_full;
            // No more arrives than the link can carry: the least frame has 28 bytes, or 3.5 ms.
            let most = outcome.time.total_millis() / 3 + 1;
            assert!(outcome.to_server.arrived < most, "{link:?}");
        }
        assert!(full > 0, "{link:?}: the queue was never full");
    }
}

#[test]
fn all_is_delivered_over_a_link_with_a_small_mtu() {
    for link in Link::V4 {
        // The least of IPv4, and what every IPv4 host takes.
        for mtu in [576 + 14, 1000 + 14] {
            let conditions = Conditions::PERFECT.with_mtu(mtu);
            let town = Town {
                servers_link: conditions,
                clients_link: conditions,
                ..Town::new(link)
            };
            let outcome = town.run(1);
            outcome.expect_exact();
            assert_eq!(outcome.to_server.too_long, 0, "{link:?}");
        }
    }
    for link in Link::V6 {
        let conditions = Conditions::PERFECT.with_mtu(1280 + 14);
        let town = Town {
            servers_link: conditions,
            clients_link: conditions,
            ..Town::new(link)
        };
        town.run(1).expect_exact();
    }
}

#[test]
fn a_link_that_carries_less_than_its_hosts_think_is_an_error_and_keeps_no_place() {
    let town = Town {
        // The server's host knows it; the clients' hosts do not.
        servers_link: Conditions::PERFECT.with_mtu(576 + 14),
        config: tcp::Config::default(),
        timeout: SECOND * 30,
        ..Town::new(Link::ETHERNET_V4)
    };
    let mut too_long = 0;
    for seed in 0..5 {
        let outcome = town.run(seed);
        too_long += outcome.to_server.too_long;
        // A line that is too long is sent again and again, for a day, and is not answered.
        let timed_out = Verdict::Failed(udp::Error::TimedOut.to_string());
        for verdict in &outcome.verdicts {
            assert!(
                [&Verdict::Exact, &timed_out].contains(&verdict),
                "{verdict:?}"
            );
        }
        let lost = outcome.to_server.too_long > 0;
        assert_eq!(outcome.verdicts.contains(&timed_out), lost);
    }
    assert!(too_long > 0);
}
