//! Half-open connections with SYN cookies as the numbers of their SYN-ACKs.

use smoltcp::wire::{TcpControl, TcpRepr, TcpSeqNumber};

use super::common::busy::{Busy, FIRST, controls, opened};
use super::common::network::{Link, SECOND};

/// A server without a free slot: the SYN of a client has taken the last one. Returns the server's
/// initial sequence number, which that client has not acknowledged.
fn half_open(link: Link) -> (Busy, TcpSeqNumber) {
    let mut busy = Busy::with_places(link, 2, 1, 0);
    let heard = busy.send(&busy.request(40_001));
    assert_eq!(opened(&heard), [40_001], "{link:?}");
    (busy, heard[0].number)
}

/// RFC 4987, 3.7: the number of every answer is a cookie, so that its acknowledgement is known
/// when the slot is another client's.
#[test]
fn a_client_that_acknowledges_after_its_slot_was_given_away_is_served_when_one_is_free() {
    for link in Link::ALL {
        let (mut busy, number) = half_open(link);
        let cookie = busy.cookie(40_002);
        busy.scene.pass(SECOND * 5);
        busy.hear();
        // The half-open connection gives way to the first one that acknowledges.
        let taken = busy.confirm(40_002, cookie);
        assert_eq!(controls(&taken), [TcpControl::None], "{link:?}");
        assert_eq!(busy.counters().proven, 1, "{link:?}");

        let late = TcpRepr {
            control: TcpControl::Psh,
            payload: b"it took me long",
            ..busy.confirmation(40_001, number)
        };
        let later = TcpRepr {
            seq_number: FIRST + 1 + late.payload.len(),
            payload: &[],
            ..late
        };
        for segment in [&later, &late, &later] {
            assert_eq!(controls(&busy.send(segment)), [], "no reset, {link:?}");
        }
        assert_eq!(controls(&busy.reset(40_002)), [], "{link:?}");
        busy.send(&late);
        assert_eq!(busy.counters().proven, 2, "{link:?}");
        let heard = busy.send(&late);
        assert_eq!(controls(&heard), [TcpControl::Psh], "{link:?}");
        assert_eq!(heard[0].text, b"IT TOOK ME LONG", "{link:?}");
        assert_eq!(heard[0].number, number + 1, "{link:?}");
    }
}

/// The client goes on with the number of the first answer; a second one with another number would
/// end in a reset.
#[test]
fn a_request_that_is_answered_with_a_cookie_does_not_wait_any_more() {
    for link in Link::ALL {
        let mut busy = Busy::new(link, 1);
        assert_eq!(controls(&busy.send(&busy.request(40_001))), [], "{link:?}");
        busy.cookie(40_002);
        // While requests find no room, all are answered with cookies.
        let cookie = busy.cookie(40_001);
        busy.scene.pass(SECOND * 5);
        assert_eq!(opened(&busy.leave()), [0; 0], "{link:?}");
        let heard = busy.confirm(40_001, cookie);
        assert_eq!(controls(&heard), [TcpControl::None], "{link:?}");
    }
}

/// Its client is known by the cookie that it was given as a number.
#[test]
fn a_half_open_connection_gives_way_at_once_to_a_client_that_brings_a_cookie() {
    for link in Link::ALL {
        let (mut busy, _) = half_open(link);
        let cookie = busy.cookie(40_002);
        busy.confirm(40_002, cookie);
        assert_eq!(busy.counters().proven, 1, "{link:?}");
    }
}
