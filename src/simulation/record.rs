use core::fmt::{self, Write};
use std::boxed::Box;
use std::collections::BTreeMap;
use std::format;
use std::vec::Vec;

use super::headers::{Headers, Seconds};
use super::{Direction, Event, Fate};

/// A frame from the moment at which it was sent until it has ended on each link: a line of the
/// log.
///
/// As text it is that line: when the frame was sent, its number, the link that it was sent on, where
/// and when it arrived or why it did not, and its headers. A frame that was lost on the sender's own
/// link, or that a test has injected, has a dash in the place of the link.
///
/// ```text
///    1.000220   17 client > server 1.005220:        EthernetII src=… dst=… type=IPv4 \ IPv4 src=…
///    1.000220   18 client > server 1.035220 held-back, printer queue full: EthernetII src=…
///    1.004000   19 client > - lost:                 EthernetII src=…
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Record {
    /// How it was sent.
    pub sent: Event,
    /// Where it and its copies have ended, in this order. The last one says so, unless the network
    /// is gone and something was still on its way.
    pub ends: Vec<Event>,
}

impl Record {
    /// The number of the frame.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.sent.number
    }

    /// Whether the frame was sent from this link, or came to it.
    #[must_use]
    pub fn is_on(&self, link: &str) -> bool {
        *self.sent.link == *link || self.ends.iter().any(|end| *end.link == *link)
    }

    /// Whether the frame has arrived on each link that it was sent on to, unaltered and once.
    #[must_use]
    pub fn is_intact(&self) -> bool {
        let is_intact =
            |end: &Event| end.fate == Fate::Arrived && end.alteration.is_none() && end.copy == 0;
        self.is_complete() && self.ends.iter().all(is_intact)
    }

    fn is_complete(&self) -> bool {
        self.ends.iter().any(|end| end.is_last)
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Event {
            time,
            number,
            direction,
            medium,
            ..
        } = self.sent;
        let sender = match direction {
            Direction::FromHost => &self.sent.link,
            Direction::ToHost => "-",
        };
        let mut route = format!("{sender} >");
        let mut separator = " ";
        for end in &self.ends {
            let link = match end.direction {
                Direction::FromHost => "-",
                Direction::ToHost => &end.link,
            };
            let how = Outcome(end);
            write!(route, "{separator}{link} {how}")?;
            separator = ", ";
        }
        if !self.is_complete() {
            write!(route, "{separator}on its way")?;
        }
        route.push(':');
        let (time, headers) = (Seconds(time), Headers(medium, &self.sent.frame));
        write!(f, "{time} {number:4} {route:<32} {headers}")
    }
}

/// When a frame has arrived, or why it has not.
struct Outcome<'e>(&'e Event);

impl fmt::Display for Outcome<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(end) = self;
        match end.fate {
            Fate::Arrived => {
                let micros = end.time.total_micros();
                write!(f, "{}.{:06}", micros / 1_000_000, micros % 1_000_000)?;
            }
            fate => write!(f, "{fate}")?,
        }
        end.fmt_remarks(f)
    }
}

/// Collects the events of each frame to a record.
pub(super) struct Recorder {
    /// Those that are not handed out yet, by number.
    records: BTreeMap<u64, Record>,
    /// Whether the closure is called, or has panicked: then it is called no more.
    is_called: bool,
    log: Box<dyn FnMut(&Record)>,
}

impl Recorder {
    pub(super) fn new(log: impl FnMut(&Record) + 'static) -> Self {
        Self {
            records: BTreeMap::new(),
            is_called: false,
            log: Box::new(log),
        }
    }

    /// Adds an event to its record, and hands out those that are complete, in their order.
    pub(super) fn hear(&mut self, event: &Event) {
        if event.fate == Fate::Sent {
            let (sent, ends) = (event.clone(), Vec::new());
            self.records.insert(event.number, Record { sent, ends });
        } else if let Some(record) = self.records.get_mut(&event.number) {
            record.ends.push(event.clone());
        }
        while let Some(first) = self.records.first_entry()
            && first.get().is_complete()
        {
            let record = first.remove();
            self.hand_out(&record);
        }
    }

    /// Hands out the others, too.
    pub(super) fn finish(&mut self) {
        while !self.is_called
            && let Some((_, record)) = self.records.pop_first()
        {
            self.hand_out(&record);
        }
    }

    fn hand_out(&mut self, record: &Record) {
        self.is_called = true;
        (self.log)(record);
        self.is_called = false;
    }
}
