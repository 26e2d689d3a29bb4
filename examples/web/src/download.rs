//! A run as a file.

use smoltcp::time::Instant;
use uppercase::device::capture::{Direction, Frame, Sink};
use uppercase::trace::pcapng::{Interface, LinkType, Writer};
use uppercase::trace::{Record, svg, text};

use crate::run::Run;

/// The ladder as text, in so many columns.
pub fn text(run: &Run, columns: usize) -> String {
    let options = text::Options::default().with_width(columns);
    text::draw(&run.ladder(), &options)
}

/// The ladder as a picture, so many pixels wide.
pub fn picture(run: &Run, width: u32) -> String {
    let options = svg::Options::default().with_width(width);
    svg::draw(&run.ladder(), &options)
}

/// The frames as a capture file (pcapng) with an interface for each host: what is sent is there
/// once, and where it arrives, again.
pub fn capture(run: &Run) -> Vec<u8> {
    let mut file = Vec::new();
    // A `Vec` takes all that is written to it.
    let _ = write(run, &mut file);
    file
}

fn write(run: &Run, file: &mut Vec<u8>) -> std::io::Result<()> {
    let writer = Writer::new(file, "uppercase, in a web page", None)?;
    let mut sinks: Vec<(_, _)> = Vec::new();
    let names = records(run)
        .iter()
        .flat_map(|record| [&record.from, &record.to]);
    for name in names.flatten() {
        if sinks.iter().all(|(known, _)| known != name) {
            let interface = Interface::new(name, LinkType::Ethernet);
            sinks.push((name.clone(), writer.interface(&interface)?));
        }
    }
    for (time, direction, record) in sightings(run) {
        let host = match direction {
            Direction::Outbound => &record.from,
            Direction::Inbound => &record.to,
        };
        let sink = sinks
            .iter_mut()
            .find(|(name, _)| Some(name) == host.as_ref());
        if let Some((_, sink)) = sink {
            sink.frame(Frame {
                time,
                direction,
                medium: record.medium,
                bytes: &record.bytes,
            });
        }
    }
    writer.check()
}

/// The frames on each link: a router's are others than the hosts'.
fn records(run: &Run) -> &[Record] {
    let all = run.on_links.as_ref();
    all.map_or(&run.records, |all| &all.records)
}

/// When which frame was seen at an interface, in the order of time. A copy that the wire has made
/// was sent by no host.
fn sightings(run: &Run) -> Vec<(Instant, Direction, &Record)> {
    let mut sightings: Vec<(Instant, Direction, &Record)> = Vec::new();
    // At one moment they are in the order in which they were sent.
    let mut add = |time: Instant, direction: Direction, record| {
        let order = |time, direction| (time, direction == Direction::Outbound);
        let place = sightings.partition_point(|(other, direction_of_other, _)| {
            order(*other, *direction_of_other) <= order(time, direction)
        });
        sightings.insert(place, (time, direction, record));
    };
    let names = run.on_links.as_ref().map_or(&run.names, |all| &all.names);
    for (record, (_, copy)) in records(run).iter().zip(names) {
        if let Some(sent) = record.sent.filter(|_| *copy == 0) {
            add(sent, Direction::Outbound, record);
        }
        if let Some(arrived) = record.arrived {
            add(arrived, Direction::Inbound, record);
        }
    }
    sightings
}
