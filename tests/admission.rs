//! Who gets a place of a busy TCP server, who waits for one, and who is sent away.

mod common;

use smoltcp::time::Duration;
use smoltcp::wire::{IpEndpoint, TcpControl, TcpRepr, TcpSeqNumber};
use uppercase::stack::Waiting;
use uppercase::tcp::Config;

use common::frames::{read_tcp, segment, tcp};
use common::network::{CLIENT, Link, MINUTE, SECOND};
use common::scene::{Caller, Scene};

/// A server with one place, which is taken, and a client host that hears and says nothing of
/// itself.
struct Busy {
    scene: Scene,
    holder: Caller,
}

/// A segment that the server's host has sent: to which port, what, and the numbers.
type Heard = (u16, TcpControl, TcpSeqNumber, Option<TcpSeqNumber>, u16);

impl Busy {
    fn new(link: Link, backlog: usize) -> Self {
        let config = Config {
            handshake_timeout: None,
            idle_timeout: None,
            silence_timeout: None,
            keep_alive: None,
            ..Config::default()
        };
        let mut scene = Scene::new(link, 1, config);
        let backlog = vec![Waiting::NOBODY; backlog];
        scene.network.server = Box::new(scene.network.server.with_backlog(backlog));
        let holder = Caller::connected(&mut scene);
        // The client's host would reset what it has not asked for.
        let to_client = &scene.network.to_client;
        to_client.capture();
        to_client.filter(|_| false);
        Self { scene, holder }
    }

    fn from(&self, port: u16) -> IpEndpoint {
        IpEndpoint::new(self.scene.link.address(CLIENT), port)
    }

    fn request(&self, port: u16) -> TcpRepr<'static> {
        TcpRepr {
            control: TcpControl::Syn,
            seq_number: TcpSeqNumber(1_000),
            max_seg_size: Some(1400),
            ..segment(self.from(port), self.scene.link.server())
        }
    }

    fn send(&mut self, segment: &TcpRepr<'_>) -> Vec<Heard> {
        let link = self.scene.link;
        let mut server = link.server();
        server.port = segment.dst_port;
        let frame = tcp(link, self.from(0).addr, server.addr, segment);
        self.scene.network.to_server.inject(&frame);
        self.hear()
    }

    fn hear(&mut self) -> Vec<Heard> {
        self.scene.settle();
        let frames = self.scene.network.to_client.captured();
        let segments = frames.iter().filter_map(|frame| {
            let (_, to, segment) = read_tcp(self.scene.link, frame)?;
            Some((
                to.port,
                segment.control,
                segment.seq_number,
                segment.ack_number,
                segment.window_len,
            ))
        });
        segments.collect()
    }

    /// Has the place come free; returns to which port a connection is opened then.
    fn leave(&mut self) -> Vec<u16> {
        self.hear();
        self.holder.abort(&mut self.scene);
        self.opened()
    }

    fn opened(&mut self) -> Vec<u16> {
        let heard = self.hear();
        let opened = heard.iter().filter(|heard| heard.1 == TcpControl::Syn);
        opened.map(|heard| heard.0).collect()
    }

    /// Has whoever was let in go.
    fn reset(&mut self, port: u16) -> Vec<u16> {
        let reset = TcpRepr {
            control: TcpControl::Rst,
            seq_number: TcpSeqNumber(1_001),
            ..self.request(port)
        };
        let heard = self.send(&reset);
        let opened = heard.iter().filter(|heard| heard.1 == TcpControl::Syn);
        opened.map(|heard| heard.0).collect()
    }
}

#[test]
fn who_has_waited_longest_is_served_first() {
    for link in Link::ALL {
        let mut busy = Busy::new(link, 3);
        for port in [40_001, 40_002, 40_003] {
            assert_eq!(busy.send(&busy.request(port)), [], "{link:?}");
            busy.scene.pass(SECOND / 10);
        }
        assert_eq!(busy.scene.network.server.counters().queued, 3);
        assert_eq!(busy.leave(), [40_001], "{link:?}");
        assert_eq!(busy.reset(40_001), [40_002], "{link:?}");
        assert_eq!(busy.reset(40_002), [40_003], "{link:?}");
    }
}

#[test]
fn who_asks_again_keeps_its_turn_and_takes_no_more_room() {
    for link in Link::ALL {
        let mut busy = Busy::new(link, 2);
        for port in [40_001, 40_002, 40_001] {
            assert_eq!(busy.send(&busy.request(port)), [], "{link:?}");
            busy.scene.pass(SECOND);
        }
        assert_eq!(busy.scene.network.server.counters().dropped, 0);
        assert_eq!(busy.leave(), [40_001], "{link:?}");
        assert_eq!(busy.reset(40_001), [40_002], "{link:?}");
        assert_eq!(busy.reset(40_002), [0; 0], "{link:?}");
    }
}

#[test]
fn who_has_waited_for_half_a_minute_has_given_up() {
    for link in Link::ALL {
        let wait = |time| {
            let mut busy = Busy::new(link, 1);
            assert_eq!(busy.send(&busy.request(40_001)), []);
            busy.scene.pass(time);
            busy.leave()
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
        assert_eq!(busy.scene.network.server.counters().queued, 0);
        // Nor does it later, when the others have gone.
        busy.scene.pass(MINUTE);
        assert_eq!(busy.leave(), [0; 0], "{link:?}");
    }
}

#[test]
fn a_port_that_nobody_serves_refuses_while_another_is_busy() {
    for link in Link::ALL {
        let mut busy = Busy::new(link, 1);
        let request = TcpRepr {
            dst_port: 9,
            ..busy.request(40_001)
        };
        let heard = busy.send(&request);
        let controls: Vec<_> = heard.iter().map(|heard| heard.1).collect();
        assert_eq!(controls, [TcpControl::Rst], "{link:?}");
        assert_eq!(busy.scene.network.server.counters().queued, 0);
    }
}

#[test]
#[cfg(not(feature = "syn-cookies"))]
fn who_finds_no_room_to_wait_is_dropped_without_a_word() {
    for link in Link::ALL {
        let mut busy = Busy::new(link, 1);
        for port in [40_001, 40_002] {
            assert_eq!(busy.send(&busy.request(port)), [], "{link:?}");
        }
        assert_eq!(busy.scene.network.server.counters().dropped, 1);
        assert_eq!(busy.leave(), [40_001], "{link:?}");
    }
}

#[cfg(feature = "syn-cookies")]
mod cookies {
    use super::*;

    impl Busy {
        /// What a client is answered that finds no room to wait.
        #[track_caller]
        fn cookie(&mut self, port: u16) -> TcpSeqNumber {
            let heard = self.send(&self.request(port));
            let [(to, TcpControl::Syn, number, acknowledged, 0)] = heard[..] else {
                panic!("{heard:?}");
            };
            assert_eq!(to, port);
            assert_eq!(acknowledged, Some(TcpSeqNumber(1_001)));
            number
        }

        /// Brings a cookie back.
        fn confirm(&mut self, port: u16, cookie: TcpSeqNumber) -> Vec<Heard> {
            let confirmation = TcpRepr {
                control: TcpControl::None,
                seq_number: TcpSeqNumber(1_001),
                ack_number: Some(cookie + 1),
                max_seg_size: None,
                ..self.request(port)
            };
            self.send(&confirmation)
        }

        fn proven(&self) -> u32 {
            self.scene.network.server.counters().proven
        }

        /// Has the place come free for whoever comes next.
        fn leave_it(&mut self) {
            assert_eq!(self.leave(), [0; 0]);
        }
    }

    #[test]
    fn a_client_that_brings_its_cookie_back_is_told_the_window_and_served() {
        for link in Link::ALL {
            let mut busy = Busy::new(link, 0);
            let cookie = busy.cookie(40_001);
            busy.leave_it();
            let heard = busy.confirm(40_001, cookie);
            let window = (
                40_001,
                TcpControl::None,
                cookie + 1,
                Some(TcpSeqNumber(1_001)),
                1024,
            );
            assert_eq!(heard, [window], "{link:?}");
            assert_eq!(busy.proven(), 1);
            let text = TcpRepr {
                control: TcpControl::Psh,
                seq_number: TcpSeqNumber(1_001),
                ack_number: Some(cookie + 1),
                max_seg_size: None,
                payload: b"it is me",
                ..busy.request(40_001)
            };
            let heard = busy.send(&text);
            let [(_, TcpControl::Psh, number, acknowledged, _)] = heard[..] else {
                panic!("{link:?}: {heard:?}");
            };
            assert_eq!(number, cookie + 1, "{link:?}");
            assert_eq!(acknowledged, Some(TcpSeqNumber(1_009)), "{link:?}");
        }
    }

    #[test]
    fn a_wrong_cookie_takes_no_place() {
        for link in Link::ALL {
            let mut busy = Busy::new(link, 0);
            let cookie = busy.cookie(40_001);
            busy.leave_it();
            for wrong in [cookie + 4, cookie + 0x1000_0000] {
                let heard = busy.confirm(40_001, wrong);
                let controls: Vec<_> = heard.iter().map(|heard| heard.1).collect();
                assert_eq!(controls, [TcpControl::Rst], "{link:?}");
            }
            // It is nobody else's either.
            let heard = busy.confirm(40_002, cookie);
            assert_eq!(heard[0].1, TcpControl::Rst, "{link:?}");
            assert_eq!(busy.proven(), 0, "{link:?}");
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
                busy.proven()
            };
            assert_eq!(proven_after(SECOND * 64), 1, "{link:?}");
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
                let [(_, TcpControl::Syn, .., window)] = heard[..] else {
                    panic!("{link:?}: {heard:?}");
                };
                window
            };
            let almost = SECOND * 4 - Duration::from_millis(1);
            assert_eq!(answered_after(almost), 0, "by a cookie, {link:?}");
            assert_eq!(answered_after(SECOND * 4), 1024, "{link:?}");
        }
    }

    #[test]
    fn who_brings_a_cookie_back_waits_in_front_of_who_may_not_be_there() {
        for link in Link::ALL {
            let mut busy = Busy::new(link, 1);
            assert_eq!(busy.send(&busy.request(40_001)), [], "{link:?}");
            let cookie = busy.cookie(40_002);
            assert_eq!(busy.confirm(40_002, cookie), [], "{link:?}");
            assert_eq!(busy.leave(), [0; 0], "{link:?}");
            assert_eq!(busy.proven(), 1, "{link:?}");
            assert_eq!(busy.scene.connections(), 1, "{link:?}");
        }
    }
}
