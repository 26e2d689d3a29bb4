//! What a TCP segment is to its connection: relative numbers, the scaled window, and whether the
//! segment is remarkable.
//!
//! A segment is judged by what its sender knew when it was sent: of the segments of the other end,
//! those count that had arrived by then.

use std::collections::BTreeMap;
use std::vec::Vec;

use smoltcp::wire::IpEndpoint;

use super::ranges::Ranges;
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
}

/// Connections that are known at a time: after so many, all begin anew.
pub(super) const MOST: usize = 200_000;

/// All connections.
#[derive(Debug, Default)]
pub(super) struct Connections(BTreeMap<(IpEndpoint, IpEndpoint), [End; 2]>);

impl Connections {
    /// Judges a segment that is sent, or that is seen on its way.
    pub(super) fn send(&mut self, segment: &Segment, bytes: &[u8]) -> Judgement {
        let [end, peer] = self.ends(segment);
        let options = Options::of(bytes, segment.header_len);
        let mut judgement = Judgement::default();
        let opens = segment.flags.kind() == Flags::SYN;
        if opens && end.is_another(segment) {
            (*end, *peer) = (End::default(), End::default());
            judgement.notes.push("port used again");
        }
        end.send(peer, segment, options, &mut judgement);
        judgement
    }

    /// Reads a segment that no host has sent: the copy that the network has made of one.
    pub(super) fn look(&mut self, segment: &Segment) -> Judgement {
        let [end, peer] = self.ends(segment);
        let mut judgement = Judgement::default();
        end.read(peer, segment, &mut judgement);
        judgement
    }

    /// Takes note of a segment that has arrived whole.
    pub(super) fn arrive(&mut self, segment: &Segment, judgement: &Judgement) {
        let [_, peer] = self.ends(segment);
        peer.hear(segment, judgement);
    }

    /// The sender's end, and the receiver's.
    fn ends(&mut self, segment: &Segment) -> [&mut End; 2] {
        let Segment {
            source,
            destination,
            ..
        } = *segment;
        let key = (source.min(destination), source.max(destination));
        if self.0.len() >= MOST && !self.0.contains_key(&key) {
            self.0.clear();
        }
        let [low, high] = self.0.entry(key).or_default();
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
    has_finished: bool,
    /// The window scale that its SYN has offered.
    scale: Option<u8>,
    sent: Ranges,
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
    /// Whether something has come since that has to be acknowledged.
    asks: Option<Question>,
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
        judgement: &mut Judgement,
    ) {
        let is_syn = segment.flags.has(Flags::SYN);
        self.has_opened |= is_syn;
        self.read(peer, segment, judgement);
        let sequence = judgement.sequence;
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
        self.window(peer, segment, judgement);
        if segment.flags.has(Flags::RST) {
            return;
        }
        let fin = segment.flags.has(Flags::FIN);
        let length = (segment.payload_len + usize::from(is_syn) + usize::from(fin)) as i64;
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
        if length > 0 && note != Some("keep-alive") {
            self.sent.add(sequence, sequence + length);
        }
        self.has_finished |= fin;
        if let Some(numbers) = &mut self.numbers {
            numbers.near = numbers.near.max(self.sent.end());
        }
        self.last = judgement
            .acknowledgement
            .map(|number| (number, judgement.window))
            .or(self.last);
        self.heard.asks = None;
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
    fn hear(&mut self, segment: &Segment, judgement: &Judgement) {
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
