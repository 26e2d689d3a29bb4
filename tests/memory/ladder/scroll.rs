//! A ladder that is drawn row by row while things happen.

use smoltcp::phy::Medium;
use unicode_width::UnicodeWidthStr;
use uppercase::trace::text::{self, Options, Scroll};
use uppercase::trace::{Ladder, Record, Side};

use super::common::chance::Chance;
use super::trace::Trace;
use super::world::{ETHERNET, network, talk};

/// What the host of the server sees of a run: each frame at one moment.
fn seen_by_server(trace: &Trace) -> Vec<Record> {
    let records = trace.records().into_iter();
    let mut records: Vec<_> = records
        .map(|record| {
            let is_own = record.from.as_deref() == Some("server");
            let time = if is_own { record.sent } else { record.arrived };
            let mut seen = Record::new(time.expect("it is seen"), record.medium, record.bytes);
            match is_own {
                true => seen.from = Some("server".into()),
                false => seen.to = Some("server".into()),
            }
            seen
        })
        .collect();
    records.sort_by_key(|record| record.sent);
    records
}

fn scroll(options: &Options) -> Scroll {
    let titles = [vec!["clients".into()], vec!["192.168.69.1:12000".into()]];
    Scroll::new("server", Side::Right, titles, options)
}

/// What is on the arrows, without the dashes around it.
fn labels(drawing: &str) -> Vec<String> {
    let lines = drawing.lines().filter(|line| line.contains(['▶', '◀']));
    let label = |line: &str| {
        let (_, arrow) = line.split_once('│').expect("a timeline");
        let (arrow, _) = arrow.rsplit_once('│').expect("a timeline");
        arrow.trim_matches(['─', ' ', '▶', '◀']).to_string()
    };
    lines.map(label).collect()
}

#[test]
fn rows_that_are_drawn_one_by_one_are_those_of_the_whole() {
    let (mut network, trace) = network(ETHERNET);
    talk(&mut network, ETHERNET, Default::default(), |_| {});
    let records = seen_by_server(&trace);
    let options = Options::default().with_width(160);
    let whole = labels(&text::draw(&Ladder::new(&records, &[]), &options));
    assert_eq!(whole.len(), records.len());
    for seed in 0..20 {
        let mut chance = Chance::new(seed);
        let mut scroll = scroll(&options);
        let mut drawn = Vec::new();
        let mut rest = &records[..];
        while !rest.is_empty() {
            let (now, later) = rest.split_at(1 + chance.below(rest.len()));
            drawn.extend(labels(&scroll.add(now, &[])));
            rest = later;
        }
        // As it cannot know that there will be one client only, it names the first one.
        let named = drawn
            .iter()
            .position(|label| label.contains("192.168.69.2:"));
        let first = named.expect("it is named");
        let (_, without) = drawn[first].split_once(": ").expect("a port");
        drawn[first] = without.into();
        assert_eq!(drawn, whole);
    }
}

#[test]
fn a_long_run_is_counted_until_it_pauses() {
    let (mut network, trace) = network(ETHERNET);
    talk(&mut network, ETHERNET, Default::default(), |talk| {
        talk.text = vec![b'x'; 100_000];
    });
    let records = seen_by_server(&trace);
    for width in [40, 80, 120] {
        let options = Options::default().with_width(width);
        let mut scroll = scroll(&options);
        let mut drawing = scroll.head();
        for record in &records {
            drawing += &scroll.add(std::slice::from_ref(record), &[]);
        }
        assert!(
            !scroll.is_counting(),
            "the last frames are something special"
        );
        assert!(drawing.lines().count() < 60, "{drawing}");
        assert!(drawing.contains(" segments, "), "{drawing}");
        let widest = drawing.lines().map(UnicodeWidthStr::width).max();
        assert!(widest <= Some(width), "{drawing}");
    }
}

#[test]
fn what_is_counted_is_said_at_a_pause() {
    let mut scroll = scroll(&Options::default());
    let frame = |number: u16| {
        let packet = super::common::frames::udp(
            ETHERNET,
            (ETHERNET.address(2), 40_000).into(),
            ETHERNET.server(),
            &number.to_be_bytes(),
        );
        let time = smoltcp::time::Instant::from_micros(number);
        let mut record = Record::new(time, Medium::Ethernet, packet);
        record.to = Some("server".into());
        record
    };
    let drawing: String = (0..25)
        .map(|number| scroll.add(&[frame(number)], &[]))
        .collect();
    assert_eq!(drawing.lines().count(), 11);
    assert!(scroll.is_counting());
    let pause = scroll.pause();
    assert!(
        pause.contains("… 14 datagrams, 28 bytes, 13 µs …"),
        "{pause}"
    );
    assert_eq!(scroll.pause(), "");
}
