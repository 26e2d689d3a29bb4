//! What is kept of a run while it goes on.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use serde::Serialize;
use smoltcp::phy::Device;
use smoltcp::socket::tcp::State;
use smoltcp::time::Instant;
use uppercase::Stack;
use uppercase::simulation::{Event, Fate, Verdict};
use uppercase::stack::Transmission;
use uppercase::trace::Change;

use crate::name::Names;
use crate::sample::Sample;
use crate::script;

/// What is kept of a run.
#[derive(Debug, Default)]
pub struct Log {
    /// All that has happened to frames.
    pub events: Vec<Event>,
    /// How the states of connections have changed.
    pub changes: Vec<Change>,
    /// The segments that the stacks have sent, with the reasons.
    pub transmissions: Vec<Transmission>,
    /// What the hosts have to do, whenever that has changed.
    pub samples: Vec<Sample>,
    /// What applications and users have done.
    pub notes: Vec<Note>,
    /// The name of each frame, in the order of their numbers, which begin with 1.
    pub names: Vec<String>,
    /// The numbers of the frames that are on their way.
    pub under_way: Vec<u64>,
    naming: Names,
    fates: Vec<(String, script::Fate)>,
}

/// What an application or a user has done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Note {
    /// When, in microseconds.
    pub time: i64,
    /// Where: the name of a host, or `wire`.
    pub host: Arc<str>,
    /// What kind of note it is.
    pub kind: Kind,
    /// What it says.
    pub text: String,
}

/// What a [`Note`] is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// What a user has done.
    Deed,
    /// A line of an answer.
    Answer,
    /// Why there is none.
    Error,
}

impl Log {
    /// What is kept of a run in which these frames have these fates.
    pub fn new(fates: &[(String, script::Fate)], naming: Names) -> Self {
        Self {
            fates: fates.to_vec(),
            naming,
            ..Self::default()
        }
    }

    /// Gives the next frame its name, and says what becomes of it.
    pub fn decide(&mut self, host: &str, frame: &[u8]) -> Verdict {
        use smoltcp::time::Duration;
        let name = self.naming.next(host, frame);
        // Of several, the last holds.
        let fate = self.fates.iter().rev().find(|(of, _)| *of == name);
        let verdict = match fate.map(|(_, fate)| *fate) {
            None => Verdict::Pass,
            Some(script::Fate::Lose) => Verdict::Lose,
            Some(script::Fate::Delay(time)) => Verdict::Delay(Duration::from_millis(time)),
            Some(script::Fate::Twice(time)) => Verdict::Duplicate(Duration::from_millis(time)),
            Some(script::Fate::Spoil) => Verdict::Corrupt(frame.len().saturating_sub(1)),
        };
        self.names.push(name);
        verdict
    }

    /// Takes note of an event.
    pub fn see(&mut self, event: &Event) {
        if event.fate == Fate::Sent {
            self.under_way.push(event.number);
        }
        if event.is_last {
            self.under_way.retain(|number| *number != event.number);
        }
        self.events.push(event.clone());
    }

    /// Takes note of what an application or a user has done.
    pub fn note(&mut self, now: Instant, host: &Arc<str>, kind: Kind, text: impl Into<String>) {
        self.notes.push(Note {
            time: now.total_micros(),
            host: host.clone(),
            kind,
            text: text.into(),
        });
    }

    /// A host has lost its power: its connections are no more, though no stack is left to say so.
    pub fn lose_power(&mut self, host: &Arc<str>, now: Instant) {
        let mut latest: Vec<Change> = Vec::new();
        for change in self.changes.iter().filter(|change| change.host == *host) {
            latest.retain(|other| other.four_tuple != change.four_tuple);
            latest.push(change.clone());
        }
        let is_open = |change: &Change| !matches!(change.to, State::Closed | State::Listen);
        let lost = latest.into_iter().filter(is_open).map(|change| Change {
            time: now,
            from: change.to,
            to: State::Closed,
            ..change
        });
        self.changes.extend(lost);
    }

    /// Takes note of what a host has to do, if that is another thing than before.
    pub fn sample(&mut self, sample: Sample) {
        let last = self
            .samples
            .iter()
            .rev()
            .find(|last| last.host == sample.host);
        if last.is_none_or(|last| !last.is_same(&sample)) {
            self.samples.push(sample);
        }
    }
}

/// Keeps what the stack of a host tells of its connections.
pub fn watch<D: Device>(stack: &mut Stack<'_, D>, log: &Rc<RefCell<Log>>, host: &Arc<str>) {
    let transmissions = log.clone();
    stack.watch_transmissions(move |transmission| {
        transmissions.borrow_mut().transmissions.push(*transmission);
    });
    let (host, changes) = (host.clone(), log.clone());
    stack.watch(move |transition| {
        let change = Change::new(&host, transition);
        changes.borrow_mut().changes.push(change);
    });
}
