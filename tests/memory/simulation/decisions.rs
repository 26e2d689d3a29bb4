//! What a rule of a test decides about single frames, and what is left to the lane's conditions.

use uppercase::simulation::{
    Bursts, Conditions, Link, Network, Port, Probability, Statistics, Verdict,
};

use super::lanes::{MILLISECOND, arrivals, host, send};

/// What arrives of frames of 4 bytes that are sent a millisecond apart, each with its time in
/// milliseconds.
fn decided(
    conditions: Conditions,
    rule: impl FnMut(u64, &[u8]) -> Verdict + 'static,
    frames: u8,
) -> (Vec<(i64, Vec<u8>)>, Statistics) {
    let (mut network, link, mut port) = host(conditions);
    link.to_host.decide(rule);
    let mut arrived = Vec::new();
    for number in 1..=frames {
        link.to_host.inject(&[number; 4]);
        let end = network.run_for(MILLISECOND, |turn| {
            while let Some(frame) = super::lanes::take(&mut port) {
                arrived.push((turn.now.total_millis(), frame));
            }
        });
        end.expect("the test is not busy without end");
    }
    arrived.extend(arrivals(&mut network, &mut port));
    (arrived, link.to_host.statistics())
}

fn of(number: u8) -> Vec<u8> {
    vec![number; 4]
}

#[test]
fn a_rule_decides_about_each_frame_by_its_number() {
    let rule = |number: u64, _: &[u8]| match number {
        2 => Verdict::Lose,
        3 => Verdict::Delay(MILLISECOND * 20),
        4 => Verdict::Duplicate(MILLISECOND * 30),
        5 => Verdict::Corrupt(1),
        6 => Verdict::Truncate(2),
        7 => Verdict::Replace(b"another".to_vec()),
        _ => Verdict::Pass,
    };
    let delayed = Conditions::PERFECT.with_delay(MILLISECOND * 10);
    let (arrived, statistics) = decided(delayed, rule, 8);
    let expected = [
        (10, of(1)),
        (13, of(4)),
        (14, vec![5, !5, 5, 5]),
        (15, vec![6; 2]),
        (16, b"another".to_vec()),
        (17, of(8)),
        (32, of(3)),
        (43, of(4)),
    ];
    assert_eq!(arrived, expected);
    let mut expected = Statistics::default();
    expected.sent = 8;
    expected.arrived = 8;
    expected.filtered = 1;
    expected.duplicated = 1;
    expected.corrupted = 1;
    expected.truncated = 1;
    expected.replaced = 1;
    // The delayed frame, and the late copy.
    expected.reordered = 2;
    assert_eq!(statistics, expected);
}

#[test]
fn a_rule_is_given_the_bytes_and_keeps_what_it_has_seen() {
    let mut seen = 0;
    let rule = move |_: u64, frame: &[u8]| {
        assert_eq!(frame.len(), 4);
        seen += 1;
        match (frame[0] % 2, seen) {
            (0, _) | (_, 3) => Verdict::Lose,
            _ => Verdict::Pass,
        }
    };
    let (arrived, _) = decided(Conditions::PERFECT, rule, 5);
    assert_eq!(arrived, [(0, of(1)), (4, of(5))]);
}

#[test]
fn a_verdict_that_alters_nothing_is_not_counted_as_an_alteration() {
    let rule = |number: u64, frame: &[u8]| match number {
        1 => Verdict::Corrupt(4),
        2 => Verdict::Truncate(4),
        3 => Verdict::Truncate(usize::MAX),
        _ => Verdict::Replace(frame.to_vec()),
    };
    let (arrived, statistics) = decided(Conditions::PERFECT, rule, 4);
    assert_eq!(arrived, [(0, of(1)), (1, of(2)), (2, of(3)), (3, of(4))]);
    let mut expected = Statistics::default();
    expected.sent = 4;
    expected.arrived = 4;
    assert_eq!(statistics, expected);
}

#[test]
fn a_verdict_takes_the_place_of_chance() {
    let hostile = Conditions::PERFECT
        .with_loss(Probability::ALWAYS)
        .with_bursts(Bursts::new(Probability::ALWAYS, Probability::NEVER))
        .with_duplication(Probability::ALWAYS)
        .with_corruption(Probability::ALWAYS)
        .with_reordering(Probability::ALWAYS)
        .with_jitter(MILLISECOND * 50);
    let rule = |number: u64, _: &[u8]| match number {
        1 => Verdict::Delay(MILLISECOND * 5),
        2 => Verdict::Truncate(1),
        _ => Verdict::Pass,
    };
    let (arrived, statistics) = decided(hostile, rule, 3);
    assert_eq!(arrived, [(1, vec![2]), (5, of(1))]);
    assert_eq!(statistics.lost_in_burst, 1);
}

#[test]
fn a_verdict_does_not_lift_the_limits_of_the_lane() {
    let narrow = Conditions::PERFECT
        .with_mtu(5)
        .with_bandwidth(Some(8_000)) // 4 bytes take 4 ms.
        .with_queue(2);
    let rule = |number: u64, _: &[u8]| match number {
        1 => Verdict::Duplicate(MILLISECOND * 100),
        2 => Verdict::Replace(vec![2; 6]),
        3 => Verdict::Replace(vec![3; 2]),
        _ => Verdict::Delay(MILLISECOND * 50),
    };
    let (mut network, link, mut port) = host(narrow);
    link.to_host.decide(rule);
    for number in 1..=4 {
        link.to_host.inject(&[number; 4]);
    }
    network.sleep(MILLISECOND * 6);
    link.cut();
    link.to_host.inject(&of(5));
    link.mend();
    link.to_host.inject(&of(6));
    let arrived = arrivals(&mut network, &mut port);
    // A shorter frame takes less time. The one that is delayed has its turn on the lane, too.
    let expected = [(6, of(1)), (6, vec![3; 2]), (60, of(6)), (104, of(1))];
    assert_eq!(arrived, expected);
    let statistics = link.to_host.statistics();
    assert_eq!(statistics.too_long, 1);
    assert_eq!(statistics.queue_full, 1);
    assert_eq!(statistics.cut, 1);
}

/// The frames of two hosts that arrive at the second one, with all that chance does to them.
fn arrived_at_b(prepare: impl Fn(&Link), first: u8) -> Vec<Vec<u8>> {
    let mut network = Network::new(smoltcp::phy::Medium::Ip, 7);
    let [a, b] = ["a", "b"].map(|name| network.link(name));
    b.set(
        Conditions::PERFECT
            .with_loss(Probability::percent(30))
            .with_corruption(Probability::percent(30))
            .with_duplication(Probability::percent(30)),
    );
    prepare(&b);
    let [mut a, mut b]: [Port; 2] = [a.port(), b.port()];
    let mut arrived = Vec::new();
    for number in first..200 {
        assert!(send(&mut a, &[number; 4]));
        network.sleep(MILLISECOND);
        while let Some(frame) = super::lanes::take(&mut b) {
            arrived.push(frame);
        }
    }
    arrived
}

#[test]
fn a_frame_about_which_a_rule_has_decided_takes_no_random_number() {
    let lost = arrived_at_b(
        |link| {
            link.to_host.decide(|number, _| match number {
                1..=10 => Verdict::Lose,
                11..=20 => Verdict::Truncate(0),
                _ => Verdict::Pass,
            })
        },
        0,
    );
    let (spoiled, rest) = lost.split_at(10);
    assert_eq!(spoiled, vec![Vec::<u8>::new(); 10]);
    assert_eq!(rest, arrived_at_b(|_| (), 20));
}

#[test]
fn a_rule_is_in_force_until_there_is_another_one_or_none() {
    let (mut network, link, mut port) = host(Conditions::PERFECT);
    link.to_host.decide(|_, _| Verdict::Lose);
    link.to_host.inject(&of(1));
    link.to_host.filter(|frame| frame[0] == 3);
    link.to_host.inject(&of(2));
    link.to_host.inject(&of(3));
    link.to_host.pass_all();
    link.to_host.inject(&of(4));
    let arrived = arrivals(&mut network, &mut port);
    assert_eq!(arrived, [(0, of(3)), (0, of(4))]);
    assert_eq!(link.to_host.statistics().filtered, 2);
}
