//! The limits of a server's configuration: how many connections, and how long.

use smoltcp::wire::{TcpControl, TcpRepr};
use uppercase::stack::PendingSyn;

use super::common::busy::{controls, opened, patient};
use super::common::hand::Hand;
use super::common::network::{Link, SECOND};
use super::common::scene::Scene;

#[test]
fn a_server_has_no_more_connections_than_it_is_configured_for_and_one_after_the_other() {
    let config = patient().with_connections(1);
    for link in Link::ALL {
        // The slots beyond that are for clients that come while others are being closed.
        let mut scene = Scene::new(link, 3, config);
        let stack = *scene.network.server;
        *scene.network.server = stack.with_backlog(vec![PendingSyn::EMPTY; 4]);
        let mut clients = vec![Hand::connected(&mut scene, 40_000, 1024)];
        for port in 40_001..40_004 {
            let mut client = clients[0];
            client.from.port = port;
            client.send(&mut scene, &client.syn());
            clients.push(client);
            scene.pass(SECOND / 10);
        }
        assert_eq!(controls(&clients[0].hear(&mut scene)), [], "{link:?}");
        assert_eq!(scene.network.server.counters().queued, 3, "{link:?}");

        for (client, next) in clients.iter().zip(40_001..40_004) {
            let reset = TcpRepr {
                control: TcpControl::Rst,
                ..client.segment()
            };
            client.send(&mut scene, &reset);
            assert_eq!(opened(&client.hear(&mut scene)), [next], "{link:?}");
            assert_eq!(scene.connections(), 1, "{link:?}");
        }
    }
}

#[test]
fn a_client_that_acknowledges_some_of_its_answer_from_time_to_time_is_not_idle() {
    let config = patient().with_idle_timeout(Some(SECOND * 10));
    for link in Link::ALL {
        let mut scene = Scene::new(link, 1, config);
        let mut hand = Hand::connected(&mut scene, 40_000, 100);
        let text = TcpRepr {
            payload: &[b'x'; 1000],
            window_len: 100,
            ..hand.segment()
        };
        hand.send(&mut scene, &text);
        hand.next += 1000;
        // All of the answer is in the transmit buffer: no byte moves but by an acknowledgement.
        for _ in 0..5 {
            scene.pass(SECOND * 8);
            assert_eq!(scene.connections(), 1, "{link:?}");
            hand.expected += 100;
            let some = TcpRepr {
                window_len: 100,
                ..hand.segment()
            };
            hand.send(&mut scene, &some);
            scene.settle();
        }
        scene.pass(SECOND * 9);
        assert_eq!(scene.connections(), 1, "{link:?}");
        scene.pass(SECOND * 2);
        assert_eq!(scene.connections(), 0, "{link:?}");
        assert_eq!(scene.server.counters().expired, 1, "{link:?}");
    }
}
