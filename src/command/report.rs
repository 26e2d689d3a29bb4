//! What `serve` has seen, which it prints after SIGUSR1 and at the end.

use std::fmt;

use uppercase::{stack, tcp, udp};

/// What has passed a device.
pub struct Traffic {
    /// What the device is.
    pub device: &'static str,
    /// Frames that have come.
    pub received_frames: u64,
    /// Frames that have left.
    pub sent_frames: u64,
    /// How many there were of others, and what has become of them.
    pub notes: Vec<(u64, &'static str)>,
}

/// All counts since the start.
pub struct Report {
    tcp: Option<tcp::Counters>,
    udp: Option<udp::Counters>,
    stack: stack::Counters,
    traffic: Traffic,
}

impl Report {
    pub fn new(
        tcp: Option<tcp::Counters>,
        udp: Option<udp::Counters>,
        stack: stack::Counters,
        traffic: Traffic,
    ) -> Self {
        Self {
            tcp,
            udp,
            stack,
            traffic,
        }
    }
}

/// What there was none of is left out, but for the first line of each part.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stack = self.stack;
        if let Some(tcp) = self.tcp {
            writeln!(f, "TCP: {} opened", counted(tcp.opened, "connection"))?;
            note(f, tcp.expired, "ended: the client took too long")?;
            note(f, stack.queued, "requests waited for a free slot")?;
            note(f, stack.dropped, "requests dropped: no room to wait")?;
            note(f, stack.copies, "requests dropped: answered before")?;
            note(f, stack.cookies, "requests answered with a SYN cookie")?;
            note(f, stack.proven, "connections opened by a SYN cookie")?;
        }
        if let Some(udp) = self.udp {
            writeln!(f, "UDP: {} answered", counted(udp.answered, "datagram"))?;
            note(f, udp.too_large, "dropped: the answer would be too large")?;
            note(f, udp.unanswerable, "dropped: an answer is not allowed")?;
        }
        let dropped = [
            (stack.misdirected, "for other hosts, or for a group"),
            (stack.forged, "from an address that no other host has"),
            (stack.group_source, "from an Ethernet group address"),
            (stack.group_frame, "for one host, in a frame for a group"),
            (stack.unroutable, "from where no way leads back"),
            (stack.source_route, "with a source route"),
            (stack.corrupt, "with a wrong header or checksum"),
            (stack.untaken, "with a wrong checksum, or no room left"),
            (stack.hidden, "fragments, or TCP behind other headers"),
            (stack.too_long, "to be sent, but longer than can leave"),
            (stack.unknown, "frames of other protocols, or cut ones"),
        ];
        let sum: u64 = dropped.iter().map(|(count, _)| u64::from(*count)).sum();
        writeln!(f, "IP: {} dropped", counted(sum, "packet"))?;
        for (count, what) in dropped {
            note(f, count, what)?;
        }
        note(
            f,
            stack.unserved,
            "refused: nothing serves the port or protocol",
        )?;
        note(f, stack.limited, "of them without an error: too many")?;
        let traffic = &self.traffic;
        let received = counted(traffic.received_frames, "frame");
        let sent = traffic.sent_frames;
        let device = traffic.device;
        writeln!(f, "{device}: {received} received, {sent} sent")?;
        let mut notes = traffic.notes.iter();
        notes.try_for_each(|(count, what)| note(f, *count, what))
    }
}

/// A number of things: one of them, or several.
fn counted(count: impl Into<u64>, thing: &str) -> String {
    match count.into() {
        1 => format!("1 {thing}"),
        count => format!("{count} {thing}s"),
    }
}

/// A line for something, if there was any of it.
fn note(f: &mut fmt::Formatter<'_>, count: impl Into<u64>, what: &str) -> fmt::Result {
    match count.into() {
        0 => Ok(()),
        count => writeln!(f, "  {count} {what}"),
    }
}
