//! What a TCP segment is to its connection: relative numbers, the scaled window, and whether the
//! segment is remarkable.
//!
//! A segment is judged by what its sender knew when it was sent: of the segments of the other end,
//! those count that had arrived by then.

use std::collections::BTreeMap;
use std::vec::Vec;

use smoltcp::wire::IpEndpoint;

use super::ranges::Ranges;
use super::recent::Recent;
use crate::packet::{Flags, Options, Segment};

/// What is said of a segment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Judgement {
    /// Relative to the first sequence number of the sender.
    pub(super) sequence: i64,
    /// Relative to the first sequence number of the receiver.
    pub(super) acknowledgement: Option<i64>,
    /// In bytes.
    pub(super) window: u64,
    /// Whether the window may have to be scaled, by a factor that was not seen.
    pub(super) is_unscaled: bool,
    /// Relative to the first sequence number of the receiver.
    pub(super) selective: Vec<(i64, i64)>,
    pub(super) notes: Vec<&'static str>,
    pub(super) facts: Facts,
}

/// What its sender knew when it sent a segment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Facts {
    /// What the segment acknowledges for the first time.
    pub(super) acknowledges: Acknowledged,
    /// How long ago the same sequence number was sent last, in microseconds.
    pub(super) again: Option<i64>,
    /// How long the oldest payload has waited that it acknowledges, in microseconds.
    pub(super) waited: Option<i64>,
    /// How many duplicate ACKs have come in a row.
    pub(super) duplicates: u32,
    /// Whether some numbers are missing before others that have come.
    pub(super) has_gap: bool,
    /// Whether the peer's SYN, or its FIN, has come.
    pub(super) has_peer_opened: bool,
    pub(super) has_peer_finished: bool,
    /// Whether the segment that came last was received before, and had a FIN.
    pub(super) is_fin_again: bool,
    /// Whether it has sent a SYN, with or without an acknowledgement, before this segment.
    pub(super) has_opened: bool,
    pub(super) has_asked: bool,
}

/// What an acknowledgement covers that the one before it did not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Acknowledged {
    #[default]
    Nothing,
    Syn,
    Payload,
    Fin,
}

/// All connections.
#[derive(Debug, Default)]
pub(super) struct Connections(Recent<(IpEndpoint, IpEndpoint), [End; 2]>);

impl Connections {
    /// Judges a segment that is sent at this time, in microseconds, or that is seen on its way then.
    pub(super) fn send(&mut self, segment: &Segment, bytes: &[u8], now: i64) -> Judgement {
        let [end, peer] = self.ends(segment);
        let options = Options::of(bytes, segment.header_len);
        let mut judgement = Judgement::default();
        let opens = segment.flags.kind() == Flags::SYN;
        if opens && end.is_another(segment) {
            (*end, *peer) = (End::default(), End::default());
            judgement.notes.push("port used again");
        }
        end.send(peer, segment, options, now, &mut judgement);
        judgement
    }

    /// Reads a segment that no host has sent: the copy that the network has made of one.
    pub(super) fn look(&mut self, segment: &Segment) -> Judgement {
        let [end, peer] = self.ends(segment);
        let mut judgement = Judgement::default();
        end.read(peer, segment, &mut judgement);
        judgement
    }

    /// Takes note of a segment that has arrived whole at this time.
    pub(super) fn arrive(&mut self, segment: &Segment, judgement: &Judgement, now: i64) {
        let [_, peer] = self.ends(segment);
        peer.hear(segment, judgement, now);
    }

    /// The sender's end, and the receiver's.
    fn ends(&mut self, segment: &Segment) -> [&mut End; 2] {
        let Segment {
            source,
            destination,
            ..
        } = *segment;
        let key = (source.min(destination), source.max(destination));
        let [low, high] = self.0.get(key);
        match source <= destination {
            true => [low, high],
            false => [high, low],
        }
    }
}

/// What is known of one end of a connection.
#[derive(Debug, Default)]
struct End {
    numbers: Option<Numbers>,
    /// Whether its SYN was seen.
    has_opened: bool,
    /// Whether it has sent a SYN that acknowledges nothing.
    has_asked: bool,
    /// The number behind its FIN.
    finished: Option<i64>,
    /// The window scale that its SYN has offered.
    scale: Option<u8>,
    sent: Ranges,
    /// Of each segment that is not acknowledged, by the number behind it: the number at which it begins,
    /// and when it was sent last.
    times: BTreeMap<i64, (i64, i64)>,
    /// The number behind the byte of a probe, until that was acknowledged or passed: what begins with
    /// it is no retransmission.
    probed: Option<i64>,
    /// The acknowledgement and the window that it has sent last.
    last: Option<(i64, u64)>,
    heard: Heard,
}

/// What an end has heard from its peer.
#[derive(Debug, Default)]
struct Heard {
    /// The highest acknowledgement, and the window that came with the last one.
    acknowledgement: Option<i64>,
    window: Option<u64>,
    /// Whether something has come since that has to be acknowledged, and when the first of it came.
    asks: Option<Question>,
    since: Option<i64>,
    received: Ranges,
    /// The number behind the FIN.
    finished: Option<i64>,
    /// Whether the segment that came last was received before, and had a FIN.
    is_fin_again: bool,
    /// Duplicate ACKs that have come in a row.
    duplicates: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Question {
    /// A payload, a SYN or a FIN.
    Segment,
    KeepAlive,
    Probe,
}

/// Sequence numbers relative to the first, as they were before they wrapped.
#[derive(Clone, Copy, Debug)]
struct Numbers {
    first: u32,
    /// A number near those to come.
    near: i64,
}

impl Numbers {
    fn relative(&self, number: u32) -> i64 {
        let near = self.first.wrapping_add(self.near as u32);
        self.near + i64::from(number.wrapping_sub(near) as i32)
    }
}

impl End {
    /// Whether a SYN opens another connection than the one that was seen.
    fn is_another(&self, segment: &Segment) -> bool {
        let number = segment.sequence.0 as u32;
        self.numbers
            .is_some_and(|numbers| numbers.first != number || !self.has_opened)
    }

    fn send(
        &mut self,
        peer: &mut Self,
        segment: &Segment,
        options: Options<'_>,
        now: i64,
        judgement: &mut Judgement,
    ) {
        let is_syn = segment.flags.has(Flags::SYN);
        let (has_opened, has_asked) = (self.has_opened, self.has_asked);
        self.has_opened |= is_syn;
        self.has_asked |= segment.flags.kind() == Flags::SYN;
        self.read(peer, segment, judgement);
        let sequence = judgement.sequence;
        judgement.facts = Facts {
            has_opened,
            has_asked,
            ..self.facts(peer, judgement, now)
        };
        for (kind, value) in options {
            match (kind, value) {
                (WINDOW_SCALE, [shift]) if is_syn => self.scale = Some(*shift),
                (SELECTIVE, blocks) => {
                    for block in blocks.chunks_exact(8) {
                        if let (Some(numbers), Some((left, right))) =
                            (peer.numbers, block.split_at_checked(4))
                        {
                            let edge =
                                |bytes: &[u8]| bytes.try_into().map_or(0, u32::from_be_bytes);
                            let block =
                                (numbers.relative(edge(left)), numbers.relative(edge(right)));
                            judgement.selective.push(block);
                        }
                    }
                }
                _ => {}
            }
        }
        if segment.flags.has(Flags::RST) {
            return;
        }
        let fin = segment.flags.has(Flags::FIN);
        let length = (segment.payload_len + usize::from(is_syn) + usize::from(fin)) as i64;
        let acknowledged = self.heard.acknowledgement;
        let is_sent = |end: &mut i64| *end <= sequence || acknowledged >= Some(*end);
        if let Some(end) = self.probed.take_if(is_sent) {
            self.sent.add(end - 1, end);
        }
        let note = if self.is_question(segment, sequence, length) {
            Some(match self.heard.window {
                Some(0) => "zero-window probe",
                _ => "keep-alive",
            })
        } else if length > 0 {
            self.note_of_payload(segment, sequence, length)
        } else {
            self.note_of_acknowledgement(peer, segment, judgement)
        };
        judgement.notes.extend(note);
        if judgement.window == 0 && !is_syn {
            judgement.notes.push("zero window");
        }
        match note {
            _ if length == 0 => {}
            Some("keep-alive") => {}
            Some("zero-window probe") => self.probed = Some(sequence + length),
            _ => self.sent.add(sequence, sequence + length),
        }
        if fin {
            self.finished = Some(sequence + length);
        }
        if length > 0 {
            self.note_time(sequence, sequence + length, now);
        }
        if let Some(numbers) = &mut self.numbers {
            numbers.near = numbers.near.max(self.sent.end());
        }
        self.last = judgement
            .acknowledgement
            .map(|number| (number, judgement.window))
            .or(self.last);
        (self.heard.asks, self.heard.since) = (None, None);
    }

    /// What is known before a segment is sent.
    fn facts(&self, peer: &Self, judgement: &Judgement, now: i64) -> Facts {
        let heard = &self.heard;
        let before = self.last.map(|(number, _)| number);
        let acknowledges = match judgement.acknowledgement {
            Some(number) if before.is_some_and(|before| number <= before) => Acknowledged::Nothing,
            Some(number) if peer.finished.is_some_and(|end| number >= end) => Acknowledged::Fin,
            Some(_) if before.is_none() => Acknowledged::Syn,
            Some(_) => Acknowledged::Payload,
            None => Acknowledged::Nothing,
        };
        let again = self.times.range(judgement.sequence + 1..).next();
        let again = again.filter(|(_, (start, _))| *start <= judgement.sequence);
        Facts {
            acknowledges,
            again: again.map(|(_, (_, time))| now.saturating_sub(*time)),
            waited: heard.since.map(|time| now.saturating_sub(time)),
            duplicates: heard.duplicates,
            has_gap: !heard.received.is_contiguous(),
            has_peer_opened: !heard.received.is_empty(),
            has_peer_finished: heard.finished.is_some(),
            is_fin_again: heard.is_fin_again,
            ..Facts::default()
        }
    }

    /// Takes note of when the numbers from `start` to `end`, which is excluded, are sent.
    fn note_time(&mut self, start: i64, end: i64, now: i64) {
        /// Segments that are under way and remembered.
        const MOST: usize = 1000;
        let acknowledged = self.heard.acknowledgement.unwrap_or(0);
        while let Some((first, _)) = self.times.first_key_value()
            && (*first <= acknowledged || self.times.len() > MOST)
        {
            self.times.pop_first();
        }
        self.times.insert(end, (start, now));
    }

    /// Reads the numbers of a segment.
    fn read(&mut self, peer: &mut Self, segment: &Segment, judgement: &mut Judgement) {
        let number = segment.sequence.0 as u32;
        let (is_syn, is_reset) = (segment.flags.has(Flags::SYN), segment.flags.has(Flags::RST));
        // A reset of what is not open has no sequence number of its own (RFC 9293, 3.10.7.1).
        let first = match is_syn || is_reset {
            true => number,
            false => number.wrapping_sub(1),
        };
        let numbers = self.numbers.unwrap_or(Numbers { first, near: 0 });
        if !is_reset {
            self.numbers = Some(numbers);
        }
        judgement.sequence = numbers.relative(number);
        if segment.flags.has(Flags::ACK) {
            let number = segment.acknowledgement.0 as u32;
            let first = number.wrapping_sub(1);
            let peer = peer.numbers.get_or_insert(Numbers { first, near: 1 });
            judgement.acknowledgement = Some(peer.relative(number));
        }
        self.window(peer, segment, judgement);
    }

    fn window(&self, peer: &Self, segment: &Segment, judgement: &mut Judgement) {
        let window = u64::from(segment.window);
        judgement.window = window;
        if segment.flags.has(Flags::SYN) || segment.flags.has(Flags::RST) {
            return;
        }
        match (self.has_opened, peer.has_opened) {
            (true, true) => {
                if let (Some(scale), Some(_)) = (self.scale, peer.scale) {
                    // RFC 7323, 2.3: more is taken for 14.
                    judgement.window = window << scale.min(14);
                }
            }
            // A SYN that does not offer to scale decides for both ends.
            _ if self.has_opened && self.scale.is_none() => {}
            _ if peer.has_opened && peer.scale.is_none() => {}
            _ => judgement.is_unscaled = true,
        }
    }

    /// Whether a segment has nothing new, and wants an acknowledgement all the same: a keep-alive
    /// (RFC 9293, 3.8.4), or a probe of a zero window (3.8.6.1).
    fn is_question(&self, segment: &Segment, sequence: i64, length: i64) -> bool {
        const OTHER: u8 = Flags::SYN | Flags::FIN;
        if segment.flags.0 & OTHER != 0 || segment.payload_len > 1 || self.sent.is_empty() {
            return false;
        }
        let next = self.sent.end();
        let is_acknowledged = self.heard.acknowledgement == Some(next);
        let is_old = sequence == next - 1 && is_acknowledged;
        // One byte of new payload, or the same again.
        let is_byte = length == 1 && self.heard.acknowledgement == Some(sequence);
        is_old || is_byte && self.heard.window == Some(0)
    }

    fn note_of_payload(
        &self,
        segment: &Segment,
        sequence: i64,
        length: i64,
    ) -> Option<&'static str> {
        let next = self.sent.end();
        let end = sequence + length;
        if !self.sent.is_empty() && sequence < next {
            // A sender has no gaps; where there was one, others have overtaken this segment.
            return Some(match self.sent.contains(sequence, end) || end > next {
                true => "retransmission",
                false => "out of order",
            });
        }
        if !self.sent.is_empty() && sequence > next {
            return Some("gap before it");
        }
        let (acknowledged, window) = (self.heard.acknowledgement?, self.heard.window?);
        let is_full = end == acknowledged + i64::try_from(window).ok()?;
        (is_full && segment.payload_len > 0).then_some("window full")
    }

    fn note_of_acknowledgement(
        &self,
        peer: &Self,
        segment: &Segment,
        judgement: &Judgement,
    ) -> Option<&'static str> {
        let acknowledgement = judgement.acknowledgement?;
        let (last, window) = self.last?;
        if segment.flags.0 & (Flags::FIN | Flags::SYN) != 0 || acknowledgement != last {
            return None;
        }
        match self.heard.asks {
            Some(Question::KeepAlive) => Some("keep-alive answered"),
            Some(Question::Probe) => Some("probe answered"),
            _ if judgement.window != window => Some("window update"),
            Some(Question::Segment) => Some("duplicate ACK"),
            None => (peer.sent.end() > acknowledgement).then_some("duplicate ACK"),
        }
    }

    /// A segment of the peer has arrived.
    fn hear(&mut self, segment: &Segment, judgement: &Judgement, now: i64) {
        let (syn, fin) = (segment.flags.has(Flags::SYN), segment.flags.has(Flags::FIN));
        let length = (segment.payload_len + usize::from(syn) + usize::from(fin)) as i64;
        let (start, end) = (judgement.sequence, judgement.sequence + length);
        let is_reset = segment.flags.has(Flags::RST);
        if length > 0 && !is_reset && !judgement.notes.contains(&"keep-alive") {
            let heard = &mut self.heard;
            heard.is_fin_again = fin && heard.received.contains(start, end);
            heard.received.add(start, end);
            heard.finished = if fin { Some(end) } else { heard.finished };
            heard.since.get_or_insert(now);
        }
        if judgement.notes.contains(&"duplicate ACK") {
            self.heard.duplicates += 1;
        } else if judgement.facts.acknowledges != Acknowledged::Nothing {
            self.heard.duplicates = 0;
        }
        if let Some(acknowledgement) = judgement.acknowledgement {
            let heard = &mut self.heard;
            if heard
                .acknowledgement
                .is_none_or(|known| known <= acknowledgement)
            {
                heard.acknowledgement = Some(acknowledgement);
                heard.window = Some(judgement.window);
            }
        }
        let asks = segment.payload_len > 0 || segment.flags.0 & (Flags::SYN | Flags::FIN) != 0;
        self.heard.asks = match &judgement.notes[..] {
            notes if notes.contains(&"keep-alive") => Some(Question::KeepAlive),
            notes if notes.contains(&"zero-window probe") => Some(Question::Probe),
            _ if asks => Some(Question::Segment),
            _ => self.heard.asks,
        };
    }
}

const WINDOW_SCALE: u8 = 3;
const SELECTIVE: u8 = 5;

#[cfg(test)]
pub(super) mod tests;
