//! The states of connections (RFC 9293, 3.3.2) as they follow from the segments, where no stack
//! tells its own.

use std::collections::BTreeMap;

use smoltcp::socket::tcp::State;
use smoltcp::wire::IpEndpoint;

use super::connection::{Judgement, MOST};
use super::ranges::Ranges;
use crate::packet::{Flags, Segment};

/// The states of both ends of all connections.
#[derive(Debug, Default)]
pub(super) struct States(BTreeMap<(IpEndpoint, IpEndpoint), End>);

/// One end of a connection.
#[derive(Debug, Default)]
struct End {
    /// `None` before the first segment.
    state: Option<State>,
    /// The number behind its FIN.
    finished: Option<i64>,
    received: Ranges,
}

impl States {
    fn end(&mut self, key: (IpEndpoint, IpEndpoint)) -> &mut End {
        if self.0.len() >= 2 * MOST && !self.0.contains_key(&key) {
            self.0.clear();
        }
        self.0.entry(key).or_default()
    }

    /// The new state of the sender, if it has changed.
    pub(super) fn send(&mut self, segment: &Segment, judgement: &Judgement) -> Option<State> {
        let end = self.end((segment.source, segment.destination));
        let flags = segment.flags;
        let length = segment.payload_len + usize::from(flags.has(Flags::SYN));
        let to = match (end.state, flags.kind()) {
            (_, kind) if kind & Flags::RST != 0 => end.state.map(|_| State::Closed),
            (None | Some(State::Closed | State::TimeWait), Flags::SYN) => {
                *end = End::default();
                Some(State::SynSent)
            }
            (None | Some(State::Closed | State::SynSent), kind) if kind & Flags::SYN != 0 => {
                (kind & Flags::ACK != 0).then_some(State::SynReceived)
            }
            (state, _) if flags.has(Flags::FIN) && end.finished.is_none() => {
                end.finished = Some(judgement.sequence + length as i64 + 1);
                Some(match state {
                    Some(State::CloseWait) => State::LastAck,
                    _ => State::FinWait1,
                })
            }
            _ => None,
        };
        end.change(to)
    }

    /// The new state of the receiver, if it has changed.
    pub(super) fn receive(&mut self, segment: &Segment, judgement: &Judgement) -> Option<State> {
        let end = self.end((segment.destination, segment.source));
        let flags = segment.flags;
        if flags.has(Flags::RST) {
            let to = end.state.map(|_| State::Closed);
            return end.change(to);
        }
        let is_syn = flags.has(Flags::SYN);
        if is_syn
            && end
                .state
                .is_none_or(|state| matches!(state, State::Closed | State::TimeWait))
        {
            *end = End::default();
        }
        let length = (segment.payload_len + usize::from(is_syn)) as i64;
        let fin = judgement.sequence + length;
        end.received.add(judgement.sequence, fin);
        let all = end.received.is_contiguous() && end.received.end() == fin;
        let acknowledged = judgement.acknowledgement;
        let is_finished = end.finished.is_some() && acknowledged >= end.finished;
        let mut to = match end.state {
            Some(State::SynSent) if flags.kind() == Flags::SYN | Flags::ACK => {
                Some(State::Established)
            }
            Some(State::SynReceived) if segment.acknowledges() => Some(State::Established),
            Some(State::FinWait1) if is_finished => Some(State::FinWait2),
            Some(State::Closing) if is_finished => Some(State::TimeWait),
            Some(State::LastAck) if is_finished => Some(State::Closed),
            _ => None,
        };
        if flags.has(Flags::FIN) && all {
            to = match to.or(end.state) {
                None | Some(State::SynReceived | State::Established) => Some(State::CloseWait),
                Some(State::FinWait1) => Some(State::Closing),
                Some(State::FinWait2) => Some(State::TimeWait),
                _ => to,
            };
        }
        end.change(to)
    }
}

impl End {
    fn change(&mut self, to: Option<State>) -> Option<State> {
        let to = to.filter(|to| self.state != Some(*to))?;
        self.state = Some(to);
        Some(to)
    }
}
