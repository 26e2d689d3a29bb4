//! What `serve` has seen, for whoever asks by SIGUSR1, and at the end.

use std::fmt;

use uppercase::device::tuntap::Statistics;
use uppercase::{stack, tcp, udp};

/// All counts since the start.
pub struct Report {
    tcp: Option<tcp::Counters>,
    udp: Option<udp::Counters>,
    stack: stack::Counters,
    device: Statistics,
}

impl Report {
    pub fn new(
        tcp: Option<tcp::Counters>,
        udp: Option<udp::Counters>,
        stack: stack::Counters,
        device: Statistics,
    ) -> Self {
        Self {
            tcp,
            udp,
            stack,
            device,
        }
    }
}

/// What there was none of is left out, but for the first line of each part.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stack = self.stack;
        if let Some(tcp) = self.tcp {
            writeln!(f, "TCP: {} connections opened", tcp.opened)?;
            let notes = [
                (tcp.expired, "connections ended: their client took too long to open, use or close them"),
                (stack.queued, "requests for a connection waited for a free place"),
                (stack.dropped, "requests dropped: no free place, and no room to wait"),
                (stack.copies, "requests dropped: copies of one that has been answered"),
                (stack.cookies, "requests answered with a SYN cookie, which takes no place"),
                (stack.proven, "connections opened by a client that brought its SYN cookie back"),
            ];
            write_notes(f, notes.map(|(count, what)| (count.into(), what)))?;
        }
        if let Some(udp) = self.udp {
            writeln!(f, "UDP: {} datagrams answered", udp.answered)?;
            let notes = [
                (udp.too_large, "datagrams dropped: the answer would be too large"),
                (udp.unanswerable, "datagrams dropped: their sender may not be answered"),
                (udp.undelivered, "times all waiting answers dropped: none could be sent for 3 seconds"),
            ];
            write_notes(f, notes.map(|(count, what)| (count.into(), what)))?;
        }
        let notes = [
            (stack.misdirected, "were for other hosts, or TCP for a group of hosts"),
            (stack.forged, "pretended to come from this server's own address"),
            (stack.unroutable, "had a TCP segment from where there is no way back to"),
            (stack.hidden, "had a TCP segment in fragments or behind other headers"),
        ]
        .map(|(count, what)| (u64::from(count), what));
        let dropped: u64 = notes.iter().map(|(count, _)| count).sum();
        writeln!(f, "IP: {dropped} packets dropped")?;
        write_notes(f, notes)?;
        let device = self.device;
        writeln!(
            f,
            "Interface: {} frames received, {} sent",
            device.received_frames, device.sent_frames
        )?;
        let unsent = device.sent_oversize + device.sent_refused;
        let notes = [
            (device.received_oversize, "received frames dropped: longer than the MTU"),
            (device.received_corrupt, "received frames dropped: their TCP checksum is wrong"),
            (device.received_partial, "received frames dropped: only a part of a TCP segment"),
            (unsent, "frames could not be sent"),
        ];
        write_notes(f, notes)
    }
}

/// A line for each that there was any of.
fn write_notes<const N: usize>(
    f: &mut fmt::Formatter<'_>,
    notes: [(u64, &str); N],
) -> fmt::Result {
    for (count, what) in notes.iter().filter(|(count, _)| *count > 0) {
        writeln!(f, "  {count} {what}")?;
    }
    Ok(())
}
