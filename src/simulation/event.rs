use core::fmt;
use std::sync::Arc;

use smoltcp::phy::Medium;
use smoltcp::time::Instant;

use super::headers::{Headers, Protocol, Seconds};

/// Something that happened to a frame: it was sent, or came to its end. A frame that is sent has
/// one event [`Sent`](Fate::Sent); then it has one event for each link on which it, or a copy of
/// it, ends.
///
/// As text it is one line: the time in seconds, the number of the frame, the link and the
/// direction, what happened, and the headers of the frame.
///
/// ```text
///    1.000220   17 client   > lost: EthernetII src=… dst=… type=IPv4 \ IPv4 src=… \ UDP …
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Event {
    /// When it happened.
    pub time: Instant,
    /// The number of the frame: the first one that is sent in the network is 1, the next one 2.
    /// A frame keeps its number on all links, and its copies have the same number.
    pub number: u64,
    /// 0 for the frame itself; 1, 2 and so on for the copies that the network has made of it.
    pub copy: u32,
    /// The name of the link.
    pub link: Arc<str>,
    /// The direction on that link.
    pub direction: Direction,
    /// What happened.
    pub fate: Fate,
    /// How the bytes differ from those that were sent, if they do.
    pub alteration: Option<Alteration>,
    /// Whether the frame was held back on the way, so that later frames could overtake it.
    pub is_held_back: bool,
    /// Whether this is the last event of the frame: neither it nor a copy is on its way any longer.
    pub is_last: bool,
    /// Whether the frame has an Ethernet header or is an IP packet.
    pub medium: Medium,
    /// The bytes of the frame, after this event. They are shared: to clone an event is cheap.
    pub frame: Arc<[u8]>,
}

/// One of the two directions of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From the host into the network.
    FromHost,
    /// From the network to the host.
    ToHost,
}

/// What can happen to a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fate {
    /// A host has sent it, or the test has injected it.
    Sent,
    /// It has arrived at a host.
    Arrived,
    /// It was lost by [`Conditions::loss`](super::Conditions::loss).
    Lost,
    /// It was lost by [`Conditions::bursts`](super::Conditions::bursts).
    LostInBurst,
    /// It was longer than [`Conditions::mtu`](super::Conditions::mtu).
    TooLong,
    /// It found [`Conditions::queue`](super::Conditions::queue) frames in the queue.
    QueueFull,
    /// The lane was cut.
    Cut,
    /// The rule of the lane has lost it: [`Verdict::Lose`](super::Verdict::Lose).
    Filtered,
    /// No device was plugged in at the end of the link.
    Unplugged,
    /// The hub or the switch had no other link to send it on to.
    NotForwarded,
}

/// How a frame that arrives differs from the one that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Alteration {
    /// One byte was changed.
    Corrupted,
    /// The end was cut off.
    Truncated,
    /// A rule has replaced the bytes: [`Verdict::Replace`](super::Verdict::Replace).
    Replaced,
}

impl Event {
    /// The protocol of the frame. A frame that is too short or too damaged to say so is
    /// [`Protocol::Other`].
    #[must_use]
    pub fn protocol(&self) -> Protocol {
        Protocol::of(self.medium, &self.frame)
    }

    /// The alteration, the delay and the copy, if any, each as a word after a blank.
    pub(super) fn fmt_remarks(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(alteration) = self.alteration {
            write!(f, " {alteration}")?;
        }
        if self.is_held_back {
            write!(f, " held-back")?;
        }
        match self.copy {
            0 => Ok(()),
            copy => write!(f, " copy-{copy}"),
        }
    }
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Sent => "sent",
            Self::Arrived => "arrived",
            Self::Lost => "lost",
            Self::LostInBurst => "lost in a burst",
            Self::TooLong => "too long",
            Self::QueueFull => "queue full",
            Self::Cut => "cut",
            Self::Filtered => "filtered",
            Self::Unplugged => "unplugged",
            Self::NotForwarded => "not forwarded",
        })
    }
}

impl fmt::Display for Alteration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Corrupted => "corrupted",
            Self::Truncated => "truncated",
            Self::Replaced => "replaced",
        })
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let direction = match self.direction {
            Direction::FromHost => ">",
            Direction::ToHost => "<",
        };
        let (time, headers) = (Seconds(self.time), Headers(self.medium, &self.frame));
        let (number, link, fate) = (self.number, &self.link, self.fate);
        write!(f, "{time} {number:4} {link:<8} {direction} {fate}")?;
        self.fmt_remarks(f)?;
        write!(f, ": {headers}")
    }
}
