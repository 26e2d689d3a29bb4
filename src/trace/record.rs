//! What was seen: frames, and changes of the states of connections.

use std::borrow::Cow;
use std::string::String;
use std::sync::Arc;
use std::vec::Vec;

use smoltcp::phy::Medium;
use smoltcp::socket::tcp::State;
use smoltcp::time::Instant;

use super::sight::{Inside, Sight};
use crate::stack::{FourTuple, Transition, Transmission};

/// One frame: when it was sent, when it arrived, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// When it was sent; `None` if it was seen only where it arrived.
    pub sent: Option<Instant>,
    /// When it arrived; `None` if it did not, or if it was seen only where it was sent.
    pub arrived: Option<Instant>,
    /// The name of the host that sent it, if that is known. Else it follows from the addresses.
    pub from: Option<Arc<str>>,
    /// The name of the host that received it or was to receive it, if that is known.
    pub to: Option<Arc<str>>,
    /// Whether the frame is one of Ethernet, or an IP packet.
    pub medium: Medium,
    /// What became of it.
    pub fate: Fate,
    /// The frame, as it was sent; it may be cut short.
    pub bytes: Vec<u8>,
    /// How long the frame was, in bytes: more than `bytes` has, if those are cut short.
    pub length: usize,
    /// A remark of what recorded the frame; empty if there is none.
    pub comment: String,
    /// What the stack knows of it that has sent it, if that has told: see [`tell`].
    pub transmission: Option<Transmission>,
}

impl Record {
    /// A frame that was seen at one moment, and of which nothing else is known.
    pub fn new(time: Instant, medium: Medium, bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        Self {
            sent: Some(time),
            arrived: Some(time),
            from: None,
            to: None,
            medium,
            fate: Fate::Delivered,
            length: bytes.len(),
            bytes,
            comment: String::new(),
            transmission: None,
        }
    }

    /// The frame in its whole length: zeros stand for what was cut off.
    pub(super) fn whole(&self) -> Cow<'_, [u8]> {
        /// The longest packets that there are, with headers that are long enough for all.
        const LONGEST: usize = (1 << 16) + 100;
        let length = self.length.min(LONGEST);
        match self.bytes.len() < length {
            true => {
                let mut whole = self.bytes.clone();
                whole.resize(length, 0);
                whole.into()
            }
            false => self.bytes[..].into(),
        }
    }

    /// When it was seen first.
    pub(super) fn time(&self) -> Instant {
        let seen = self.sent.or(self.arrived);
        seen.unwrap_or(Instant::ZERO)
    }
}

/// Gives each record of a TCP segment what its stack has told of it
/// ([`Stack::watch_transmissions`](crate::Stack::watch_transmissions)). Both are in the order of time.
pub fn tell(records: &mut [Record], transmissions: &[Transmission]) {
    let mut waiting: Vec<&Transmission> = transmissions.iter().collect();
    for record in records {
        let whole = record.whole();
        let Inside::Tcp(segment, _) = Sight::new(record.medium, &whole).inside else {
            continue;
        };
        // The copy that a network makes is sent by no stack.
        let is_copy = record.fate == Fate::Duplicate;
        let told = |told: &&Transmission| told.is_of(&segment);
        if let Some(index) = waiting.iter().position(told).filter(|_| !is_copy) {
            record.transmission = Some(*waiting.remove(index));
        }
    }
}

/// What became of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fate {
    /// It was delivered, or nothing is known to the contrary.
    Delivered,
    /// It did not arrive.
    Lost,
    /// The network has made a second frame of one, and this is the second.
    Duplicate,
    /// It arrived with other bytes than it was sent with.
    Corrupted,
    /// It was not seen to arrive, but the record ends before it could.
    Unknown,
}

/// The state of a connection has changed at one of the hosts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// When.
    pub time: Instant,
    /// The name of the host.
    pub host: Arc<str>,
    /// Which connection, as the host names it.
    pub four_tuple: FourTuple,
    /// The state before.
    pub from: State,
    /// The state from now on.
    pub to: State,
}

impl Change {
    /// What a stack reports ([`Stack::watch`](crate::Stack::watch)) on the host of this name.
    #[must_use]
    pub fn new(host: &Arc<str>, transition: &Transition) -> Self {
        let Transition {
            time,
            four_tuple,
            from,
            to,
        } = *transition;
        Self {
            time,
            host: host.clone(),
            four_tuple,
            from,
            to,
        }
    }
}
