//! What the page is told of a run, as JSON. Times are in microseconds since the first thing that
//! has happened, as the drawing has them.

use serde::Serialize;
use uppercase::trace::{Fate, Frame, Kind, Part, Side, svg};

use crate::decode::{self, Layer};
use crate::log::Note;
use crate::run::Run;
use crate::sample::Sample;

#[derive(Serialize)]
struct Report<'r> {
    /// What the moment 0 is, since the beginning of the run.
    start: i64,
    end: i64,
    is_cut_short: bool,
    frames: Vec<Told<'r>>,
    samples: Vec<Sample>,
    notes: Vec<Note>,
    picture: String,
}

/// A frame, as the page is told of it.
#[derive(Serialize)]
struct Told<'r> {
    name: &'r str,
    copy: u32,
    from: &'static str,
    /// The name of the host or of the router that has sent it.
    host: Option<&'r str>,
    sent: i64,
    arrived: Option<i64>,
    fate: &'static str,
    protocol: &'static str,
    label: String,
    length: usize,
    comment: &'r str,
    /// What it is and why it was sent; a mark is in front of what follows from the packets only.
    sentences: Vec<String>,
}

/// A frame in all its parts.
#[derive(Serialize)]
struct Whole<'r> {
    bytes: &'r [u8],
    layers: Vec<Layer>,
}

/// The whole run, drawn in a picture that is so many pixels wide.
pub fn run(run: &Run, width: u32) -> String {
    let ladder = run.ladder();
    let start = run.start();
    let mut sentences = vec![Vec::new(); ladder.frames().len()];
    for row in ladder.rows() {
        if let Kind::Frame(index, Part::Whole | Part::Departure) = row.kind {
            let told = ladder.explain(row).into_iter();
            sentences[index].extend(told.map(|sentence| sentence.to_string()));
        }
    }
    let frames = ladder.frames().iter().zip(&run.names);
    let frames = frames.zip(&run.records).zip(sentences).map(
        |(((frame, (name, copy)), record), sentences)| Told {
            name,
            copy: *copy,
            from: side(frame.from),
            host: record.from.as_deref(),
            sent: frame.sent,
            arrived: frame.arrived,
            fate: fate(frame.fate),
            protocol: frame.message.protocol,
            label: label(frame),
            length: frame.length,
            comment: &frame.comment,
            sentences,
        },
    );
    let mut samples = run.samples.clone();
    for sample in &mut samples {
        sample.time -= start;
        sample.timer = sample.timer.map(|timer| timer - start);
    }
    let mut notes = run.notes.clone();
    notes.iter_mut().for_each(|note| note.time -= start);
    let report = Report {
        start,
        end: run.end - start,
        is_cut_short: run.is_cut_short,
        frames: frames.collect(),
        samples,
        notes,
        picture: svg::draw(&ladder, &picture(width)),
    };
    json(&report)
}

/// The bytes of a frame, and what they say.
pub fn frame(run: &Run, index: usize) -> String {
    let bytes = run
        .records
        .get(index)
        .map_or(&[][..], |record| &record.bytes);
    let layers = decode::layers(bytes);
    json(&Whole { bytes, layers })
}

fn json(value: &impl Serialize) -> String {
    // Cannot fail: there are neither keys that are no strings, nor a writer that fails.
    serde_json::to_string(value).unwrap_or_default()
}

fn picture(width: u32) -> svg::Options {
    svg::Options::new().with_width(width).with_interaction(true)
}

fn side(side: Side) -> &'static str {
    match side {
        Side::Left => "left",
        Side::Right => "right",
    }
}

fn fate(fate: Fate) -> &'static str {
    match fate {
        Fate::Delivered => "delivered",
        Fate::Lost => "lost",
        Fate::Duplicate => "duplicate",
        Fate::Corrupted => "corrupted",
        Fate::Unknown => "unknown",
    }
}

/// What the frame says.
fn label(frame: &Frame) -> String {
    let fields = frame.message.fields.iter();
    let fields: Vec<_> = fields.map(|field| field.shown()).collect();
    fields.join(" ")
}
