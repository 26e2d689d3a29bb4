//! Frames of any bytes, and frames of real runs with some of their bytes changed: nothing panics,
//! and what holds for every drawing holds for theirs.

use smoltcp::phy::Medium;
use smoltcp::socket::tcp::State;
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{IpAddress, IpEndpoint};
use uppercase::simulation::seeds;
use uppercase::stack::FourTuple;
use uppercase::trace::{Change, Fate, Ladder, Record, svg};

use super::common::chance::Chance;
use super::common::network::Link;
use super::properties;
use super::trace::MOST;
use super::world::{network, talk};

/// Frames of a real run.
fn real(link: Link) -> Vec<Record> {
    let (mut network, trace) = network(link);
    talk(&mut network, link, Default::default(), |_| {});
    trace.records()
}

fn spoiled(chance: &mut Chance, real: &[Record]) -> Vec<Record> {
    let mut time = Instant::ZERO;
    let count = 1 + chance.below(30);
    let mut records = Vec::new();
    for _ in 0..count {
        time += Duration::from_micros(chance.below(3_000) as u64);
        let mut record = chance.pick(real).clone();
        if chance.once_in(4) {
            let length = chance.below(120);
            record.bytes = chance.bytes(length);
            record.medium = *chance.pick(&[Medium::Ethernet, Medium::Ip]);
        } else {
            chance.spoil(&mut record.bytes);
        }
        record.length = record.bytes.len() + chance.below(2) * chance.below(100);
        record.fate = *chance.pick(&[
            Fate::Delivered,
            Fate::Delivered,
            Fate::Delivered,
            Fate::Lost,
            Fate::Duplicate,
            Fate::Corrupted,
            Fate::Unknown,
        ]);
        let delay = Duration::from_micros(chance.below(9_000) as u64);
        record.sent = (!chance.once_in(5)).then_some(time);
        record.arrived = (!chance.once_in(5)).then_some(time + delay);
        if chance.once_in(3) {
            (record.from, record.to) = (None, None);
        }
        if chance.once_in(9) {
            let length = chance.below(20);
            record.comment = String::from_utf8_lossy(&chance.bytes(length)).into_owned();
        }
        records.push(record);
    }
    records
}

#[test]
fn a_frame_of_any_bytes_can_be_drawn() {
    let real: Vec<Record> = Link::ALL.into_iter().flat_map(real).collect();
    for seed in seeds(0..40) {
        let mut chance = Chance::new(seed);
        let records = spoiled(&mut chance, &real);
        let ladder = Ladder::new(&records, &[]);
        let widths = [(); 8].map(|()| 40 + chance.below(161));
        properties::check_at(&format!("seed {seed}"), &ladder, widths);
        let explained = ladder.clone().explained();
        properties::check_at(&format!("seed {seed}, explained"), &explained, widths);
        let folded = ladder.folded(MOST);
        properties::check_at(&format!("seed {seed}, folded"), &folded, widths);
    }
}

#[test]
fn a_record_without_a_time_is_drawn() {
    let mut record = Record::new(Instant::ZERO, Medium::Ethernet, []);
    (record.sent, record.arrived) = (None, None);
    let ladder = Ladder::new(&[record], &[]);
    assert_eq!(ladder.rows().len(), 1);
    assert!(svg::draw(&ladder, &svg::Options::default()).contains(">malformed frame<"));
    properties::check("no frame", &Ladder::new(&[], &[]));
}

/// The frames of the other connection may be missing, or still to come.
#[test]
fn a_state_of_a_connection_without_frames_names_its_port() {
    let end = |host, port| IpEndpoint::new(IpAddress::v4(192, 168, 69, host), port);
    let change = Change {
        time: Instant::from_secs(1000),
        host: "server".into(),
        four_tuple: FourTuple {
            local: end(1, 12_000),
            remote: end(2, 7),
        },
        from: State::Established,
        to: State::Closed,
    };
    let ladder = Ladder::new(&real(Link::ALL[0]), &[change]);
    let row = ladder.rows().last().expect("rows");
    let [left, right] = &row.states;
    assert!(left.is_empty());
    assert_eq!(right[0].state, State::Closed);
    assert_eq!(right[0].port, Some(7));
}
