//! What a test does by hand: cuts, filters, captures, another port.

use std::env;
use std::task::Poll;

use smoltcp::phy::Medium;
use smoltcp::time::Instant;
use uppercase::simulation::{Conditions, Network, Stuck};

use super::again::run_again;
use super::lanes::{MILLISECOND, arrivals, host, send, take};

#[test]
fn a_cut_loses_what_is_sent_and_what_is_on_its_way() {
    let (mut network, link, mut port) = host(Conditions::default().with_delay(MILLISECOND * 10));
    let at = Instant::from_millis;
    link.cut_between(at(25), at(45));
    for number in 0..7 {
        // At 0, 10, ... 60 ms; on their way for 10 ms each.
        link.to_host.inject(&[number]);
        network.sleep(MILLISECOND * 10);
    }
    let left: Vec<_> = arrivals(&mut network, &mut port)
        .into_iter()
        .map(|(_, frame)| frame[0])
        .collect();
    assert_eq!(left, [0, 1, 5, 6]);
    assert_eq!(link.to_host.statistics().cut, 3);
    assert_eq!(link.from_host.statistics().cut, 0);
}

#[test]
fn a_lane_is_cut_until_it_is_mended() {
    let (mut network, link, mut port) = host(Conditions::default());
    link.to_host.cut();
    link.to_host.inject(b"lost");
    link.to_host.mend();
    link.to_host.inject(b"here");
    assert_eq!(arrivals(&mut network, &mut port), [(0, b"here".to_vec())]);
}

#[test]
fn a_filter_keeps_some_frames_and_a_capture_has_all() {
    let (mut network, link, mut port) = host(Conditions::default());
    link.to_host.capture();
    link.to_host.filter(|frame| frame != b"-");
    link.to_host.inject(b"-");
    link.to_host.inject(b"+");
    assert_eq!(arrivals(&mut network, &mut port), [(0, b"+".to_vec())]);
    assert_eq!(link.to_host.captured(), [b"-".to_vec(), b"+".to_vec()]);
    assert_eq!(link.to_host.statistics().filtered, 1);
    link.to_host.pass_all();
    link.to_host.inject(b"-");
    assert_eq!(take(&mut port), Some(b"-".to_vec()));
}

#[test]
fn a_new_port_takes_the_place_of_the_old_one_and_hears_nothing_from_before() {
    let (_network, link, mut old) = host(Conditions::default());
    link.to_host.inject(b"to the old one");
    let mut new = link.port();
    assert_eq!((take(&mut old), take(&mut new)), (None, None));
    link.from_host.capture();
    assert!(send(&mut old, b"into the air") && send(&mut new, b"here"));
    assert_eq!(link.from_host.captured(), [b"here".to_vec()]);
    // Dropping the old one does not unplug the new one.
    drop(old);
    link.to_host.inject(b"to the new one");
    assert_eq!(take(&mut new), Some(b"to the new one".to_vec()));
}

#[test]
fn a_run_that_cannot_end_says_why() {
    let (mut network, link, _port) = host(Conditions::default());
    let at = Instant::ZERO;
    let never = |_: &mut _| Poll::<()>::Pending;
    assert_eq!(network.run(MILLISECOND, never), Err(Stuck::Idle { at }));
    // A frame that no host takes.
    link.to_host.inject(b"ring, ring");
    assert_eq!(network.run(MILLISECOND, never), Err(Stuck::Busy { at }));
    let (mut network, ..) = host(Conditions::default());
    let limit = MILLISECOND * 10;
    let late = network.run(limit, |turn| {
        turn.wake_in(Some(MILLISECOND * 3));
        Poll::<()>::Pending
    });
    assert_eq!(late, Err(Stuck::Late { limit }));
    assert_eq!(network.now(), at + limit);
}

/// The test runs itself once more, to fail in two ways.
#[test]
fn a_run_that_fails_prints_its_seed_once_by_an_error_as_by_a_panic() -> Result<(), Stuck> {
    const FAILS_BY: &str = "UPPERCASE_TEST_FAILS_BY";
    if let Ok(way) = env::var(FAILS_BY) {
        let mut network = Network::new(Medium::Ip, 17);
        let stuck = network.run(MILLISECOND, |_| Poll::<()>::Pending);
        if way == "panic" {
            stuck.expect("it is not done");
        }
        return stuck;
    }
    for way in ["error", "panic"] {
        let name = "a_run_that_fails_prints_its_seed_once_by_an_error_as_by_a_panic";
        let output = run_again(module_path!(), name, &[(FAILS_BY, way)]);
        let printed = String::from_utf8_lossy(&output.stderr);
        let seeds = printed.matches("had the seed 17; to see every frame:\nSIMULATION_SEED=17 ");
        assert!(!output.status.success(), "{way}");
        assert_eq!(seeds.count(), 1, "{way}: {printed}");
    }
    Ok(())
}
