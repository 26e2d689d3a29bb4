//! Clients that come in by a SYN cookie.

use smoltcp::wire::{TcpControl, TcpRepr};

use super::LINK;
use super::common::busy::{Busy, controls, opened};
use super::common::network::{Link, SECOND};

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

#[test]
fn a_client_that_comes_in_by_a_cookie_gets_segments_of_the_size_that_it_takes() {
    let mut busy = Busy::new(LINK, 0);
    let request = TcpRepr {
        max_seg_size: Some(700),
        ..busy.request(40_001)
    };
    let cookie = busy.send(&request)[0].number;
    busy.leave();
    busy.confirm(40_001, cookie);
    let text = TcpRepr {
        control: TcpControl::Psh,
        payload: &[b'x'; 600],
        ..busy.confirmation(40_001, cookie)
    };
    let heard = busy.send(&text);
    let sizes: Vec<_> = heard.iter().map(|heard| heard.text.len()).collect();
    assert_eq!(sizes, [536, 64]);
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
