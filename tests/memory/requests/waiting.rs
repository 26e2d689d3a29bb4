//! SYNs that wait for a slot.

use smoltcp::wire::{TcpControl, TcpRepr, TcpSeqNumber};

use super::LINK;
use super::common::busy::{Busy, controls, opened, patient};
use super::common::hand;
use super::common::network::{Link, SECOND};
use super::common::scene::{Scene, server};

#[test]
fn an_idle_server_does_not_keep_anothers_clients_waiting() {
    let mut busy = Busy::new(LINK, 2);
    let other = patient().with_port(12_001);
    let mut other = server(&mut busy.scene.network, 1, 1024, other);
    let frame = busy.frame(&busy.request(40_001));
    let Scene {
        network, server, ..
    } = &mut busy.scene;
    network.settle(&mut [server, &mut other], &mut []);
    network.to_server.inject(&frame);
    network.settle(&mut [server, &mut other], &mut []);
    assert_eq!(network.server.counters().queued, 1);
    network.to_client.captured();
    busy.holders[0].abort(&mut busy.scene);
    let Scene {
        network, server, ..
    } = &mut busy.scene;
    network.run_for(SECOND * 5, &mut [server, &mut other], &mut []);
    let opened = opened(&hand::heard(&busy.scene));
    assert!(
        opened.contains(&40_001),
        "the place is free for 5 seconds: {opened:?}"
    );
}

#[test]
fn a_client_that_has_waited_is_answered_without_address_resolution() {
    for link in Link::ETHERNET {
        let mut busy = Busy::new(link, 3);
        for host in 50..53 {
            let request = busy.request(40_000 + u16::from(host));
            assert_eq!(busy.send_from(link.address(host), &request), []);
            busy.scene.pass(SECOND / 10);
        }
        assert_eq!(opened(&busy.leave()), [40_050], "{link:?}");
    }
}

#[test]
fn a_client_that_starts_anew_while_it_waits_is_opened_as_it_asked_last() {
    let mut busy = Busy::new(LINK, 1);
    busy.send(&busy.request(40_001));
    let anew = TcpRepr {
        seq_number: TcpSeqNumber(900_000),
        ..busy.request(40_001)
    };
    busy.send(&anew);
    let heard = busy.leave();
    let opened = heard
        .iter()
        .filter(|heard| heard.control == TcpControl::Syn);
    let acknowledged: Vec<_> = opened.map(|heard| heard.acknowledged).collect();
    assert_eq!(acknowledged, [Some(TcpSeqNumber(900_001))]);
}

#[test]
fn a_client_that_repeats_its_syn_does_not_lose_its_turn() {
    let mut busy = Busy::new(LINK, 2);
    busy.send(&busy.request(40_001));
    busy.scene.pass(SECOND * 15);
    busy.send(&busy.request(40_001));
    busy.send(&busy.request(40_002));
    busy.scene.pass(SECOND * 16);
    // As Linux does: it has waited for 31 seconds.
    busy.send(&busy.request(40_001));
    assert_eq!(opened(&busy.leave()), [40_001]);
}

#[test]
fn a_request_right_after_the_close_is_refused() {
    for link in Link::ALL {
        let mut busy = Busy::new(link, 1);
        busy.close();
        let mut heard = busy.send(&busy.request(40_001));
        // The client in the slot hears of the close, too.
        heard.retain(|heard| heard.port == 40_001);
        assert_eq!(controls(&heard), [TcpControl::Rst], "{link:?}");
        assert_eq!(busy.counters().queued, 0, "{link:?}");
    }
}
