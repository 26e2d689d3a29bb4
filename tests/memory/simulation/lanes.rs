//! What a lane does to frames, without any stack.

use smoltcp::phy::{Device, Medium, RxToken, TxToken};
use smoltcp::time::{Duration, Instant};
use uppercase::simulation::{Bursts, Conditions, Link, Network, Port, Probability, Statistics};

pub const MILLISECOND: Duration = Duration::from_millis(1);

/// A network with one host, at which the test is.
pub fn host(conditions: Conditions) -> (Network, Link, Port) {
    let mut network = Network::new(Medium::Ip, 1);
    let link = network.link("host");
    link.set(conditions);
    let port = link.port();
    (network, link, port)
}

pub fn take(port: &mut Port) -> Option<Vec<u8>> {
    let (frame, _) = port.receive(Instant::ZERO)?;
    Some(frame.consume(<[u8]>::to_vec))
}

pub fn send(port: &mut Port, frame: &[u8]) -> bool {
    let token = port.transmit(Instant::ZERO);
    let sent = token.map(|token| token.consume(frame.len(), |to| to.copy_from_slice(frame)));
    sent.is_some()
}

/// The frames that arrive, each with its time in milliseconds.
pub fn arrivals(network: &mut Network, port: &mut Port) -> Vec<(i64, Vec<u8>)> {
    let mut arrived = Vec::new();
    let end = network.run_for(Duration::from_secs(100), |turn| {
        while let Some(frame) = take(port) {
            arrived.push((turn.now.total_millis(), frame));
        }
    });
    end.expect("the test is not busy without end");
    arrived
}

/// What is left of a thousand numbered frames, a millisecond apart.
fn thousand(conditions: Conditions) -> (Vec<(i64, Vec<u8>)>, Statistics) {
    let (mut network, link, mut port) = host(conditions);
    let mut arrived = Vec::new();
    for number in 0..1000_u16 {
        link.to_host
            .inject(&[&number.to_be_bytes()[..], &[7; 40]].concat());
        let end = network.run_for(MILLISECOND, |turn| {
            while let Some(frame) = take(&mut port) {
                arrived.push((turn.now.total_millis(), frame));
            }
        });
        end.expect("the test is not busy without end");
    }
    arrived.extend(arrivals(&mut network, &mut port));
    let statistics = link.to_host.statistics();
    assert_eq!(statistics.sent, 1000);
    assert_eq!(statistics.arrived, arrived.len() as u64);
    (arrived, statistics)
}

fn numbers(arrived: &[(i64, Vec<u8>)]) -> Vec<u16> {
    let frames = arrived.iter().map(|(_, frame)| frame);
    frames
        .map(|frame| u16::from_be_bytes([frame[0], frame[1]]))
        .collect()
}

#[test]
fn a_perfect_lane_changes_nothing_and_takes_no_time() {
    let (arrived, statistics) = thousand(Conditions::default());
    assert_eq!(numbers(&arrived), (0..1000).collect::<Vec<_>>());
    assert!(
        arrived
            .iter()
            .zip(0..)
            .all(|((time, _), sent)| *time == sent)
    );
    let mut expected = Statistics::default();
    expected.sent = 1000;
    expected.arrived = 1000;
    assert_eq!(statistics, expected);
}

#[test]
fn every_frame_is_heard_by_all_others() {
    let mut network = Network::new(Medium::Ip, 1);
    let mut ports = ["a", "b", "c"].map(|name| network.link(name).port());
    assert!(send(&mut ports[0], b"hello"));
    let heard = ports.each_mut().map(take);
    assert_eq!(
        heard,
        [None, Some(b"hello".to_vec()), Some(b"hello".to_vec())]
    );
}

#[test]
fn a_frame_arrives_after_its_delay() {
    let (mut network, link, mut port) = host(Conditions::default().with_delay(MILLISECOND * 20));
    link.to_host.inject(b"late");
    assert_eq!(arrivals(&mut network, &mut port), [(20, b"late".to_vec())]);
}

#[test]
fn jitter_alone_makes_late_and_keeps_the_order() {
    let (arrived, statistics) = thousand(Conditions::default().with_jitter(MILLISECOND * 50));
    assert_eq!(numbers(&arrived), (0..1000).collect::<Vec<_>>());
    assert_eq!(statistics.reordered, 0);
    let late = arrived.iter().zip(0..).map(|((time, _), sent)| time - sent);
    assert!(late.clone().all(|late| late <= 50) && late.max() > Some(40));
}

#[test]
fn faults_come_about_as_often_as_asked_for() {
    let fifth = Probability::percent(20);
    let about = |count: u64| (150..250).contains(&count);

    let (arrived, statistics) = thousand(Conditions::default().with_loss(fifth));
    assert!(about(statistics.lost));
    assert_eq!(arrived.len() as u64, 1000 - statistics.lost);

    let (arrived, statistics) = thousand(Conditions::default().with_duplication(fifth));
    assert!(about(statistics.duplicated));
    assert_eq!(arrived.len() as u64, 1000 + statistics.duplicated);

    let (arrived, statistics) = thousand(Conditions::default().with_reordering(fifth));
    assert!(about(statistics.reordered));
    let overtaken = numbers(&arrived)
        .windows(2)
        .filter(|two| two[0] > two[1])
        .count();
    assert!(overtaken > 100);

    let (arrived, statistics) = thousand(Conditions::default().with_truncation(fifth));
    assert!(about(statistics.truncated));
    let short = arrived.iter().filter(|(_, frame)| frame.len() < 42).count();
    assert_eq!(short as u64, statistics.truncated);
}

#[test]
fn corruption_changes_one_byte_anywhere() {
    let (arrived, statistics) =
        thousand(Conditions::default().with_corruption(Probability::ALWAYS));
    assert_eq!(statistics.corrupted, 1000);
    let mut changed = [0; 42];
    for ((_, frame), number) in arrived.iter().zip(0_u16..) {
        let sent = [&number.to_be_bytes()[..], &[7; 40]].concat();
        let mut others = (0..42).filter(|index| frame[*index] != sent[*index]);
        changed[others.next().expect("a byte is another one")] += 1;
        assert_eq!(others.next(), None);
    }
    assert!(changed.iter().all(|times| *times > 0), "{changed:?}");
}

#[test]
fn what_was_altered_on_one_lane_is_not_altered_on_the_next() {
    let mut network = Network::new(Medium::Ip, 1);
    let links = ["a", "b"].map(|name| network.link(name));
    for link in &links {
        link.set(Conditions::default().with_corruption(Probability::ALWAYS));
    }
    let [mut a, mut b] = links.each_ref().map(Link::port);
    for _ in 0..100 {
        assert!(send(&mut a, &[0; 20]));
        let frame = take(&mut b).expect("it arrives");
        assert_eq!(frame.iter().filter(|byte| **byte != 0).count(), 1);
    }
    assert_eq!(links[1].to_host.statistics().corrupted, 0);
}

#[test]
fn a_frame_longer_than_the_mtu_is_lost() {
    let (mut network, link, mut port) = host(Conditions::default().with_mtu(600));
    assert_eq!(port.capabilities().max_transmission_unit, 600);
    link.to_host.inject(&[0; 601]);
    link.to_host.inject(&[0; 600]);
    assert_eq!(arrivals(&mut network, &mut port), [(0, vec![0; 600])]);
    assert_eq!(link.to_host.statistics().too_long, 1);
}

#[test]
fn each_frame_is_counted_as_arrived_or_as_dropped_for_one_reason() {
    let (mut network, link, port) = host(
        Conditions::PERFECT
            .with_delay(MILLISECOND)
            .with_loss(Probability::percent(10))
            .with_bursts(Bursts::new(
                Probability::percent(5),
                Probability::percent(20),
            ))
            .with_duplication(Probability::percent(10))
            .with_bandwidth(Some(1_000_000))
            .with_mtu(1000)
            .with_queue(3),
    );
    link.to_host.filter(|frame| frame.first() != Some(&7));
    link.cut_between(Instant::from_millis(400), Instant::from_millis(500));
    let mut port = Some(port);
    for number in 0..1500_u16 {
        let [_, low] = number.to_be_bytes();
        link.to_host.inject(&vec![low; usize::from(number)]);
        network.sleep(MILLISECOND);
        port = port.filter(|_| number < 900);
    }
    let statistics = link.to_host.statistics();
    let Statistics {
        sent,
        arrived,
        lost,
        lost_in_burst,
        too_long,
        queue_full,
        cut,
        filtered,
        unplugged,
        duplicated,
        ..
    } = statistics;
    let reasons = [
        lost,
        lost_in_burst,
        too_long,
        queue_full,
        cut,
        filtered,
        unplugged,
    ];
    assert!(reasons.iter().all(|count| *count > 0), "{statistics:?}");
    assert_eq!(statistics.dropped(), reasons.iter().sum());
    network.sleep(MILLISECOND * 1000);
    let statistics = link.to_host.statistics();
    assert_eq!(sent, 1500);
    assert!(statistics.arrived >= arrived && statistics.duplicated == duplicated);
    assert_eq!(sent + duplicated, statistics.arrived + statistics.dropped());
}
