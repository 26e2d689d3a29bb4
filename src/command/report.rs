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

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(tcp) = self.tcp {
            let tcp::Counters { opened, expired } = tcp;
            writeln!(f, "TCP: {opened} connections opened, {expired} given up")?;
            let stack::Counters {
                queued,
                dropped,
                copies,
                cookies,
                proven,
                ..
            } = self.stack;
            writeln!(
                f,
                "  requests: {queued} had to wait, {dropped} were dropped, {copies} were copies; \
                 {cookies} got a cookie, {proven} brought it back"
            )?;
        }
        if let Some(udp) = self.udp {
            let udp::Counters {
                answered,
                too_large,
                unanswerable,
                undelivered,
            } = udp;
            writeln!(
                f,
                "UDP: {answered} datagrams answered; dropped: {too_large} with too large an \
                 answer, {unanswerable} that may not be answered; {undelivered} times all that \
                 could not be sent"
            )?;
        }
        let stack::Counters {
            misdirected,
            forged,
            unroutable,
            hidden,
            ..
        } = self.stack;
        writeln!(
            f,
            "IP: dropped: {misdirected} packets for other hosts, {forged} that pretended to be \
             ours, {unroutable} from where there is no way back to, {hidden} with a TCP segment \
             that was in parts or behind other headers"
        )?;
        let device = self.device;
        writeln!(
            f,
            "interface: {} frames received, {} sent; dropped: {} that were too long, {} with \
             a wrong TCP checksum, {} with a part of a TCP segment, {} that could not be sent",
            device.received_frames,
            device.sent_frames,
            device.received_oversize,
            device.received_corrupt,
            device.received_partial,
            device.sent_oversize + device.sent_refused,
        )
    }
}
