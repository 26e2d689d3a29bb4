//! Clients that come in by a SYN cookie.

use smoltcp::wire::{TcpControl, TcpRepr};
use uppercase::tcp::CongestionControl;

use super::LINK;
use super::common::busy::{Busy, controls, opened, patient};
use super::common::frames::read_tcp;
use super::common::network::{Link, SECOND};
use super::common::scene::Scene;

#[test]
fn a_request_that_waits_is_forgotten_when_its_client_comes_in_by_a_cookie() {
    let mut busy = Busy::with_places(LINK, 2, 2, 1);
    assert_eq!(busy.send(&busy.request(40_001)), []);
    // Finds no room to wait.
    busy.send(&busy.request(40_002));
    busy.scene.pass(SECOND);
    // It asks again, as it was not answered, and gets a cookie this time.
    let cookie = busy.cookie(40_001);
    busy.leave();
    busy.confirm(40_001, cookie);
    assert_eq!(busy.counters().proven, 1);
    let text = TcpRepr {
        control: TcpControl::Psh,
        payload: b"me",
        ..busy.confirmation(40_001, cookie)
    };
    assert_eq!(busy.send(&text)[0].text, b"ME");
    busy.scene.pass(SECOND * 5);
    let heard = busy.leave();
    assert!(
        !opened(&heard).contains(&40_001),
        "a second connection with the same ends: {heard:?}"
    );
}

#[test]
fn a_client_of_smaller_segments_than_a_cookie_can_tell_is_not_sent_one() {
    let mut busy = Busy::new(LINK, 0);
    let with_segments_of = |busy: &Busy, size| TcpRepr {
        max_seg_size: Some(size),
        ..busy.request(40_001)
    };
    assert_eq!(busy.send(&with_segments_of(&busy, 535)), []);
    assert_eq!(busy.counters().dropped, 1);
    let heard = busy.send(&with_segments_of(&busy, 536));
    assert_eq!(opened(&heard), [40_001]);
}

/// A cookie can tell four sizes.
#[test]
fn a_client_that_comes_in_by_a_cookie_gets_segments_of_the_size_that_it_takes() {
    let config = patient().with_congestion_control(CongestionControl::None);
    for link in Link::ALL {
        for (offered, expected) in [
            (None, 536),
            (Some(536), 536),
            (Some(700), 536),
            (Some(1220), 1220),
            (Some(1439), 1220),
            (Some(1440), 1440),
            (Some(1460), 1460),
            (Some(9000), 1460),
        ] {
            // No packet is longer than the link takes.
            let expected = expected.min(segment_size(link).into());
            let mut busy = Busy::of(Scene::with_window(link, 1, 4000, config), 1, 0);
            let request = TcpRepr {
                max_seg_size: offered,
                ..busy.request(40_001)
            };
            let cookie = busy.send(&request)[0].number;
            busy.leave();
            busy.confirm(40_001, cookie);
            let text = TcpRepr {
                control: TcpControl::Psh,
                payload: &[b'x'; 1400],
                window_len: 4000,
                ..busy.confirmation(40_001, cookie)
            };
            let more = TcpRepr {
                seq_number: text.seq_number + 1400,
                ..text
            };
            let frames = [busy.frame(&text), busy.frame(&more)];
            for frame in &frames {
                busy.scene.network.to_server.inject(frame);
            }
            let heard = busy.hear();
            let sizes: Vec<_> = heard.iter().map(|heard| heard.text.len()).collect();
            assert_eq!(sizes.iter().sum::<usize>(), 2800, "{link:?}, {offered:?}");
            assert_eq!(sizes[0], expected, "{link:?}, {offered:?}");
        }
    }
}

/// The segment size of a link (RFC 9293, 3.7.1).
fn segment_size(link: Link) -> u16 {
    (link.longest_unfragmented() + 8 - 20) as u16
}

#[test]
fn a_cookie_comes_with_the_segment_size_of_the_link() {
    for link in Link::ALL {
        let mut busy = Busy::new(link, 0);
        let frame = busy.frame(&busy.request(40_001));
        busy.scene.network.to_server.inject(&frame);
        busy.scene.settle();
        let frames = busy.scene.network.to_client.captured();
        let answer = frames.iter().find_map(|frame| read_tcp(link, frame));
        let (.., answer) = answer.expect("a segment");
        assert_eq!(answer.control, TcpControl::Syn, "{link:?}");
        let expected = segment_size(link);
        assert_eq!(answer.max_seg_size, Some(expected), "{link:?}");
    }
}

#[test]
fn a_cookie_is_good_for_the_address_that_it_was_sent_to_only() {
    for link in Link::ALL {
        let mut busy = Busy::new(link, 0);
        let cookie = busy.cookie(40_001);
        busy.leave_it();
        let confirmation = busy.confirmation(40_001, cookie);
        busy.send_from(link.address(50), &confirmation);
        assert_eq!(busy.counters().proven, 0, "{link:?}");
        assert_eq!(busy.scene.connections(), 0, "{link:?}");
        busy.send(&confirmation);
        assert_eq!(busy.counters().proven, 1, "{link:?}");
    }
}

#[test]
fn a_cookie_in_a_segment_that_is_no_acknowledgement_takes_no_place() {
    for link in Link::ALL {
        let mut busy = Busy::new(link, 0);
        let cookie = busy.cookie(40_001);
        busy.leave_it();
        for control in [TcpControl::Rst, TcpControl::Syn] {
            let segment = TcpRepr {
                control,
                ..busy.confirmation(40_001, cookie)
            };
            busy.send(&segment);
            assert_eq!(busy.counters().proven, 0, "{link:?}, {control:?}");
            assert_eq!(busy.scene.connections(), 0, "{link:?}, {control:?}");
        }
        busy.confirm(40_001, cookie);
        assert_eq!(busy.counters().proven, 1, "{link:?}");
    }
}

/// A cookie announces no window, so the client is slower than it has to be.
#[test]
fn a_flood_of_65_cookies_goes_on_where_there_is_room() {
    for link in Link::ALL {
        // After `cookies`, of which the last was sent three seconds after the others, when
        // there was room.
        let goes_on_after = |cookies: u16| {
            let mut busy = Busy::new(link, 0);
            for number in 1..cookies {
                busy.cookie(40_000 + number);
            }
            busy.leave_it();
            busy.scene.pass(SECOND * 3);
            busy.cookie(50_000);
            busy.scene.pass(SECOND);
            let heard = busy.send(&busy.request(50_001));
            assert_eq!(opened(&heard), [50_001], "{link:?}");
            heard[0].window == 0
        };
        assert!(!goes_on_after(64), "{link:?}");
        assert!(goes_on_after(65), "{link:?}");
    }
}

#[test]
fn a_client_that_acknowledges_takes_the_slot_of_one_that_does_not_at_once() {
    let mut busy = Busy::with_places(LINK, 1, 0, 1);
    // Half open.
    assert_eq!(opened(&busy.send(&busy.request(40_001))), [40_001]);
    busy.send(&busy.request(40_002)); // waits
    let cookie = busy.cookie(40_003);
    busy.confirm(40_003, cookie);
    assert_eq!(busy.counters().proven, 1);
}

#[test]
fn a_cookie_that_comes_back_right_after_the_close_is_refused() {
    for link in Link::ALL {
        let mut busy = Busy::new(link, 0);
        let cookie = busy.cookie(40_001);
        busy.leave();
        busy.close();
        let heard = busy.confirm(40_001, cookie);
        assert_eq!(controls(&heard), [TcpControl::Rst], "{link:?}");
    }
}
