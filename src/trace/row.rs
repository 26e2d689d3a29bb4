//! The rows of a drawing.

use std::format;
use std::string::{String, ToString};
use std::vec::Vec;

use smoltcp::socket::tcp;

use super::units;

/// What is drawn at one height, with what changes there on both sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// What is drawn.
    pub kind: Kind,
    /// In microseconds since the first frame: when it happens at the left side and at the right,
    /// as far as something does.
    pub times: [Option<i64>; 2],
    /// The states into which connections come, at the left side and at the right.
    pub states: [Vec<State>; 2],
}

/// What a [`Row`] shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A frame, which has this index.
    Frame(usize, Part),
    /// Frames that are nothing special, in their place.
    Fold(Fold),
    /// Nothing but states.
    States,
}

/// What of a frame a row shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// All of it.
    Whole,
    /// That it is sent: other things happen before it arrives.
    Departure,
    /// That it arrives.
    Arrival,
}

/// A state of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    /// The state.
    pub state: tcp::State,
    /// Whether it follows from the segments; else the stack has reported it.
    pub is_derived: bool,
    /// The port of the client, where the row does not show which connection it is.
    pub port: Option<u16>,
}

/// A long run of frames that are nothing special.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fold {
    /// The frames, by their index.
    pub frames: Vec<usize>,
    /// How many of them have a payload of TCP.
    pub segments: u64,
    /// How many only acknowledge.
    pub acknowledgements: u64,
    /// How many are UDP datagrams.
    pub datagrams: u64,
    /// How many are fragments of IP packets.
    pub fragments: u64,
    /// Their payload, in bytes.
    pub bytes: u64,
    /// From the first to the last, in microseconds.
    pub duration: i64,
}

impl Row {
    /// When it happens, in microseconds since the first frame.
    #[must_use]
    pub fn time(&self) -> i64 {
        let [left, right] = self.times;
        left.into_iter().chain(right).min().unwrap_or(0)
    }
}

impl State {
    pub(super) fn new(state: tcp::State, is_derived: bool) -> Self {
        Self {
            state,
            is_derived,
            port: None,
        }
    }

    /// As it is shown.
    pub(super) fn shown(&self, is_short: bool) -> String {
        let name = match (is_short, self.state) {
            (false, state) => state.to_string(),
            (true, tcp::State::Established) => "ESTAB".into(),
            (true, tcp::State::SynReceived) => "SYN-RCVD".into(),
            (true, state) => state.to_string(),
        };
        let name = match self.port {
            Some(port) => format!("{port} {name}"),
            None => name,
        };
        match self.is_derived {
            true => format!("({name})"),
            false => name,
        }
    }
}

impl Fold {
    /// As it is shown, the most important first.
    pub(super) fn shown(&self) -> Vec<String> {
        let counted = [
            (self.segments, "segment"),
            (self.datagrams, "datagram"),
            (self.fragments, "fragment"),
            (self.acknowledgements, "ACK"),
        ];
        let mut parts: Vec<String> = Vec::new();
        for (count, name) in counted {
            match count {
                0 => {}
                1 => parts.push(format!("1 {name}")),
                _ => parts.push(format!("{count} {name}s")),
            }
        }
        if self.bytes > 0 {
            let at = 1.min(parts.len());
            parts.insert(at, units::bytes(self.bytes));
        }
        parts.push(units::time(self.duration));
        parts
    }
}
