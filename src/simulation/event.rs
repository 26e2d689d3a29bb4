use core::fmt::{self, Write};

use std::sync::Arc;

use smoltcp::phy::Medium;
use smoltcp::time::Instant;
use smoltcp::wire::{EthernetFrame, Ipv4Packet, PrettyPrinter};

/// What happened to a frame. As text it is one line: the time in seconds, the link and the
/// direction, what happened, and the frame's headers.
///
/// ```text
///    1.000220 client >    lost       EthernetII src=… dst=… type=IPv4 \ IPv4 src=… \ UDP …
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Event {
    /// When.
    pub time: Instant,
    /// The number of the frame: the first one that is sent in the network is 1, the next one 2.
    /// The frame keeps it on each lane, and each copy of it has the same.
    pub number: u64,
    /// 0 for the frame itself; the copies that duplication makes of it are 1, 2 and so on.
    pub copy: u32,
    /// The name of the link.
    pub link: Arc<str>,
    /// Which of the link's lanes.
    pub direction: Direction,
    /// What.
    pub fate: Fate,
    /// Whether the frame is one of Ethernet, or an IP packet.
    pub medium: Medium,
    /// The frame, as it is after this.
    pub frame: Arc<[u8]>,
}

/// One of the two directions of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// What the host sends.
    FromHost,
    /// What the host receives.
    ToHost,
}

/// What can happen to a frame on a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It was put on the lane.
    Sent,
    /// It has come to the end of the lane.
    Arrived,
    /// It was lost at random.
    Lost,
    /// There are two of it.
    Duplicated,
    /// It is held back.
    HeldBack,
    /// One of its bytes was changed.
    Corrupted,
    /// Its end was cut off.
    Truncated,
    /// It was longer than the lane carries.
    TooLong,
    /// It found the queue full.
    QueueFull,
    /// The lane was cut.
    Cut,
    /// A filter of the test took it out.
    Filtered,
    /// There was no device to take it.
    Unplugged,
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Sent => "sent",
            Self::Arrived => "arrived",
            Self::Lost => "lost",
            Self::Duplicated => "duplicated",
            Self::HeldBack => "held back",
            Self::Corrupted => "corrupted",
            Self::Truncated => "truncated",
            Self::TooLong => "too long",
            Self::QueueFull => "queue full",
            Self::Cut => "cut",
            Self::Filtered => "filtered",
            Self::Unplugged => "unplugged",
        })
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = self.time.total_micros();
        let direction = match self.direction {
            Direction::FromHost => ">",
            Direction::ToHost => "<",
        };
        write!(
            f,
            "{:4}.{:06} {:<8} {direction} {:<10} ",
            micros.div_euclid(1_000_000),
            micros.rem_euclid(1_000_000),
            self.link,
            self.fate
        )?;
        let mut line = OneLine {
            to: f,
            blank: false,
        };
        match (self.medium, self.frame.first().map(|byte| byte >> 4)) {
            (Medium::Ethernet, _) => {
                let frame = PrettyPrinter::<EthernetFrame<&[u8]>>::new("", &self.frame);
                write!(line, "{frame}")
            }
            #[cfg(feature = "ipv6")]
            (_, Some(6)) => {
                use smoltcp::wire::Ipv6Packet;
                let packet = PrettyPrinter::<Ipv6Packet<&[u8]>>::new("", &self.frame);
                write!(line, "{packet}")
            }
            _ => {
                let packet = PrettyPrinter::<Ipv4Packet<&[u8]>>::new("", &self.frame);
                write!(line, "{packet}")
            }
        }
    }
}

/// Writes lines one behind the other.
struct OneLine<'w, W> {
    to: &'w mut W,
    /// Whether blanks are due or have just been written.
    blank: bool,
}

impl<W: Write> Write for OneLine<'_, W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for character in text.chars() {
            if character.is_whitespace() {
                if !self.blank {
                    self.to.write_char(' ')?;
                }
                self.blank = true;
            } else {
                self.to.write_char(character)?;
                self.blank = false;
            }
        }
        Ok(())
    }
}
