//! Which SYNs get a slot of a busy TCP server, which wait for one, and which are refused.

use super::common;

use smoltcp::time::Duration;
use smoltcp::wire::{IpEndpoint, TcpControl, TcpRepr};
use uppercase::tcp::{self, Mark, Scan, SetupError};

use common::busy::{Busy, controls, opened};
use common::network::{Actor, Link, MINUTE, Network, SECOND};
use common::scene::{Caller, Server, sessions};

#[test]
fn the_syn_that_has_waited_longest_is_admitted_first() {
    for link in Link::ALL {
        let mut busy = Busy::new(link, 3);
        for port in [40_001, 40_002, 40_003] {
            assert_eq!(busy.send(&busy.request(port)), [], "{link:?}");
            busy.scene.pass(SECOND / 10);
        }
        assert_eq!(busy.counters().queued, 3);
        assert_eq!(opened(&busy.leave()), [40_001], "{link:?}");
        assert_eq!(opened(&busy.reset(40_001)), [40_002], "{link:?}");
        assert_eq!(opened(&busy.reset(40_002)), [40_003], "{link:?}");
    }
}

#[test]
fn a_repeated_syn_keeps_its_turn_and_takes_no_more_room() {
    for link in Link::ALL {
        let mut busy = Busy::new(link, 2);
        for port in [40_001, 40_002, 40_001] {
            assert_eq!(busy.send(&busy.request(port)), [], "{link:?}");
            busy.scene.pass(SECOND);
        }
        assert_eq!(busy.counters().dropped, 0);
        assert_eq!(opened(&busy.leave()), [40_001], "{link:?}");
        assert_eq!(opened(&busy.reset(40_001)), [40_002], "{link:?}");
        assert_eq!(opened(&busy.reset(40_002)), [0; 0], "{link:?}");
    }
}

#[test]
fn a_syn_that_has_waited_for_half_a_minute_is_forgotten() {
    for link in Link::ALL {
        let wait = |time| {
            let mut busy = Busy::new(link, 1);
            assert_eq!(busy.send(&busy.request(40_001)), []);
            busy.scene.pass(time);
            opened(&busy.leave())
        };
        let almost = SECOND * 30 - Duration::from_millis(1);
        assert_eq!(wait(almost), [40_001], "{link:?}");
        assert_eq!(wait(SECOND * 30), [0; 0], "{link:?}");
    }
}

#[test]
fn a_request_with_text_does_not_wait() {
    for link in Link::ALL {
        let mut busy = Busy::new(link, 1);
        let request = TcpRepr {
            payload: b"fast open",
            ..busy.request(40_001)
        };
        busy.send(&request);
        assert_eq!(busy.counters().queued, 0);
        // Nor does it later, when the others have gone.
        busy.scene.pass(MINUTE);
        assert_eq!(opened(&busy.leave()), [0; 0], "{link:?}");
    }
}

#[test]
fn a_port_without_a_server_refuses_while_another_is_busy() {
    for link in Link::ALL {
        let mut busy = Busy::new(link, 1);
        let request = TcpRepr {
            dst_port: 9,
            ..busy.request(40_001)
        };
        let heard = busy.send(&request);
        assert_eq!(controls(&heard), [TcpControl::Rst], "{link:?}");
        assert_eq!(busy.counters().queued, 0);
    }
}

/// A server with one slot on this port, set up on the network's server.
fn server_on(network: &mut Network, port: u16) -> Result<tcp::Server<'static>, SetupError> {
    let config = tcp::Config::default().with_port(port);
    let sockets = network.server.sockets();
    let index = Scan::new(vec![Mark::EMPTY]);
    tcp::Server::from_parts(sockets, sessions(1, 64), index, config)
}

#[test]
fn eight_servers_keep_clients_waiting_and_a_ninth_is_no_server() {
    const PORTS: std::ops::Range<u16> = 7001..7008;
    let mut network = Network::new(Link::IP_V4);
    let mut servers: Vec<_> = PORTS
        .map(|port| server_on(&mut network, port).expect("there is room"))
        .collect();
    let mut many = Server::hashing(&mut network, 1, 64, tcp::Config::default());
    let ninth = server_on(&mut network, 7008).err();
    assert_eq!(ninth, Some(SetupError::TooManyServers));

    // Each has two clients more than slots.
    let ports: Vec<_> = PORTS.chain([uppercase::PORT]).collect();
    let mut callers = Vec::new();
    for port in ports.iter().cycle().take(3 * ports.len()) {
        let mut caller = Caller::new(&mut network, 64);
        let server = IpEndpoint::new(Link::IP_V4.server().addr, *port);
        assert_eq!(caller.connect_to(&mut network, server), Ok(()));
        callers.push(caller);
        let mut actors: Vec<&mut dyn Actor> = vec![&mut many];
        actors.extend(servers.iter_mut().map(|server| server as &mut dyn Actor));
        network.settle(&mut actors, &mut []);
    }
    for (number, caller) in callers.iter_mut().enumerate() {
        let is_open = caller.client.is_open(&mut network.context());
        let has_place = number < ports.len();
        // As there is no backlog, the others are answered with cookies, or not at all.
        assert!(
            is_open == Ok(true) || !has_place && is_open == Ok(false),
            "{number}"
        );
    }
}

#[test]
#[cfg(not(feature = "syn-cookies"))]
fn a_syn_without_room_to_wait_is_silently_dropped() {
    for link in Link::ALL {
        let mut busy = Busy::new(link, 1);
        for port in [40_001, 40_002] {
            assert_eq!(busy.send(&busy.request(port)), [], "{link:?}");
        }
        assert_eq!(busy.counters().dropped, 1);
        assert_eq!(opened(&busy.leave()), [40_001], "{link:?}");
    }
}

#[cfg(feature = "syn-cookies")]
mod cookies {
    use super::common::busy::FIRST;
    use super::common::hand::Heard;
    use super::*;

    #[test]
    fn a_client_that_brings_its_cookie_back_is_told_the_window_and_served() {
        for link in Link::ALL {
            let mut busy = Busy::new(link, 0);
            let cookie = busy.cookie(40_001);
            busy.leave_it();
            let heard = busy.confirm(40_001, cookie);
            let window = Heard {
                port: 40_001,
                control: TcpControl::None,
                number: cookie + 1,
                acknowledged: Some(FIRST + 1),
                window: 1024,
                text: Vec::new(),
            };
            assert_eq!(heard, [window], "{link:?}");
            assert_eq!(busy.counters().proven, 1);
            let text = TcpRepr {
                control: TcpControl::Psh,
                payload: b"it is me",
                ..busy.confirmation(40_001, cookie)
            };
            let heard = busy.send(&text);
            assert_eq!(controls(&heard), [TcpControl::Psh], "{link:?}");
            assert_eq!(heard[0].number, cookie + 1, "{link:?}");
            assert_eq!(heard[0].acknowledged, Some(FIRST + 9), "{link:?}");
        }
    }

    #[test]
    fn a_wrong_cookie_takes_no_place() {
        for link in Link::ALL {
            let mut busy = Busy::new(link, 0);
            let cookie = busy.cookie(40_001);
            busy.leave_it();
            // No reset either: each may follow the acknowledgement of a cookie, which was lost.
            for wrong in [cookie + 4, cookie + 0x1000_0000] {
                let heard = busy.confirm(40_001, wrong);
                assert_eq!(controls(&heard), [], "{link:?}");
            }
            // Nor is it valid for another port.
            let heard = busy.confirm(40_002, cookie);
            assert_eq!(controls(&heard), [], "{link:?}");
            assert_eq!(busy.counters().proven, 0, "{link:?}");
            assert_eq!(busy.scene.connections(), 0, "{link:?}");
        }
    }

    #[test]
    fn a_cookie_is_good_for_a_minute_and_not_for_two() {
        for link in Link::ALL {
            let proven_after = |time| {
                let mut busy = Busy::new(link, 0);
                let cookie = busy.cookie(40_001);
                busy.leave_it();
                busy.scene.pass(time);
                busy.confirm(40_001, cookie);
                busy.counters().proven
            };
            assert_eq!(proven_after(SECOND * 64), 1, "{link:?}");
            // It is good until the end of the second period of 64 s, of which this was the start.
            assert_eq!(proven_after(SECOND * 127), 1, "{link:?}");
            assert_eq!(proven_after(SECOND * 128), 0, "{link:?}");
        }
    }

    #[test]
    fn four_seconds_after_the_last_that_found_no_room_requests_take_places_again() {
        for link in Link::ALL {
            let answered_after = |time| {
                let mut busy = Busy::new(link, 0);
                busy.cookie(40_001);
                busy.leave_it();
                busy.scene.pass(time);
                let heard = busy.send(&busy.request(40_002));
                assert_eq!(opened(&heard), [40_002], "{link:?}");
                heard[0].window
            };
            let almost = SECOND * 4 - Duration::from_millis(1);
            assert_eq!(answered_after(almost), 0, "by a cookie, {link:?}");
            assert_eq!(answered_after(SECOND * 4), 1024, "{link:?}");
        }
    }

    #[test]
    fn a_client_that_returns_a_cookie_is_admitted_before_a_syn_that_waits() {
        for link in Link::ALL {
            let mut busy = Busy::new(link, 1);
            assert_eq!(busy.send(&busy.request(40_001)), [], "{link:?}");
            let cookie = busy.cookie(40_002);
            assert_eq!(busy.confirm(40_002, cookie), [], "{link:?}");
            assert_eq!(opened(&busy.leave()), [0; 0], "{link:?}");
            assert_eq!(busy.counters().proven, 1, "{link:?}");
            assert_eq!(busy.scene.connections(), 1, "{link:?}");
        }
    }
}
