//! The states of connections (RFC 9293, 3.3.2) as they follow from the segments, where no stack
//! tells its own.

use smoltcp::socket::tcp::State;
use smoltcp::wire::IpEndpoint;

use super::connection::Judgement;
use super::ranges::Ranges;
use super::recent::Recent;
use crate::packet::{Flags, Segment};

/// The states of both ends of all connections.
#[derive(Debug, Default)]
pub(super) struct States(Recent<(IpEndpoint, IpEndpoint), End>);

/// One end of a connection.
#[derive(Debug, Default)]
struct End {
    /// `None` before the first segment.
    state: Option<State>,
    /// The number behind its FIN.
    finished: Option<i64>,
    /// The number behind the FIN of its peer, if that has arrived.
    peer_finished: Option<i64>,
    received: Ranges,
}

impl States {
    /// The new state of the sender, if it has changed.
    pub(super) fn send(&mut self, segment: &Segment, judgement: &Judgement) -> Option<State> {
        let end = self.0.get((segment.source, segment.destination));
        let flags = segment.flags;
        let length = segment.payload_len + usize::from(flags.has(Flags::SYN));
        // A FIN that has overtaken other segments counts when it is acknowledged.
        let takes_fin = end.peer_finished.is_some()
            && judgement.acknowledgement >= end.peer_finished
            && !flags.has(Flags::RST);
        let before = end.state;
        if takes_fin {
            end.state = End::after_fin(end.state).or(end.state);
        }
        let to = match (end.state, flags.kind()) {
            // It refuses a segment of another connection, and goes on opening (RFC 9293, 3.10.7.3).
            (Some(State::SynSent), kind) if kind & Flags::RST != 0 => None,
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
        end.state = to.or(end.state);
        end.state.filter(|_| end.state != before)
    }

    /// The new state of the receiver, if it has changed.
    pub(super) fn receive(&mut self, segment: &Segment, judgement: &Judgement) -> Option<State> {
        let end = self.0.get((segment.destination, segment.source));
        let flags = segment.flags;
        if flags.has(Flags::RST) {
            let to = end.state.filter(|_| end.accepts_reset(judgement));
            return end.change(to.map(|_| State::Closed));
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
        if flags.has(Flags::FIN) {
            end.peer_finished = Some(fin + 1);
            if all {
                to = End::after_fin(to.or(end.state)).or(to);
            }
        }
        end.change(to)
    }
}

impl End {
    /// The state that follows on a FIN, if there is one.
    fn after_fin(state: Option<State>) -> Option<State> {
        match state {
            None | Some(State::SynReceived | State::Established) => Some(State::CloseWait),
            Some(State::FinWait1) => Some(State::Closing),
            Some(State::FinWait2) => Some(State::TimeWait),
            _ => None,
        }
    }

    /// Whether a reset is in the window, or acknowledges the SYN (RFC 9293, 3.10.7.3 and 3.10.7.4).
    fn accepts_reset(&self, judgement: &Judgement) -> bool {
        let sequence = judgement.sequence;
        match self.state {
            Some(State::SynSent) => judgement.acknowledgement >= Some(1),
            _ => !self.received.contains(sequence, sequence + 1),
        }
    }

    fn change(&mut self, to: Option<State>) -> Option<State> {
        let to = to.filter(|to| self.state != Some(*to))?;
        self.state = Some(to);
        Some(to)
    }
}

#[cfg(test)]
mod tests {
    use smoltcp::socket::tcp::State;

    use super::States;
    use crate::packet::{Flags, Segment};
    use crate::trace::connection::tests::{ends, segment};
    use crate::trace::connection::{Connections, Judgement};

    const SYN: u8 = Flags::SYN;
    const ACK: u8 = Flags::ACK;
    const FIN: u8 = Flags::FIN;
    const RST: u8 = Flags::RST;

    #[derive(Default)]
    struct Talk {
        connections: Connections,
        states: States,
    }

    impl Talk {
        /// Sends a segment that does not arrive yet.
        fn send(
            &mut self,
            is_client: bool,
            flags: u8,
            (sequence, acknowledgement, payload_len): (i32, i32, usize),
        ) -> (Segment, Judgement, Option<State>) {
            let segment = segment(
                is_client,
                flags,
                [sequence, acknowledgement],
                1000,
                payload_len,
            );
            let judgement = self.connections.send(&segment, &[0; 20], 0);
            let state = self.states.send(&segment, &judgement);
            (segment, judgement, state)
        }

        fn arrive(&mut self, segment: &Segment, judgement: &Judgement) -> Option<State> {
            self.connections.arrive(segment, judgement, 0);
            self.states.receive(segment, judgement)
        }

        /// Sends a segment that arrives: the states of the sender and of the receiver.
        fn pass(
            &mut self,
            is_client: bool,
            flags: u8,
            numbers: (i32, i32, usize),
        ) -> [Option<State>; 2] {
            let (segment, judgement, sender) = self.send(is_client, flags, numbers);
            [sender, self.arrive(&segment, &judgement)]
        }

        fn open() -> Self {
            let mut talk = Self::default();
            talk.pass(true, SYN, (100, 0, 0));
            talk.pass(false, SYN | ACK, (300, 101, 0));
            talk.pass(true, ACK, (101, 301, 0));
            talk
        }
    }

    #[test]
    fn a_fin_that_has_overtaken_counts_once_it_is_acknowledged() {
        let mut talk = Talk::open();
        let (late, judgement, _) = talk.send(true, ACK, (101, 301, 10));
        let fin = talk.pass(true, FIN | ACK, (111, 301, 5));
        assert_eq!(fin, [Some(State::FinWait1), None]);
        assert_eq!(talk.pass(false, ACK, (301, 101, 0)), [None, None]);
        assert_eq!(talk.arrive(&late, &judgement), None);
        let answer = talk.pass(false, ACK, (301, 117, 0));
        assert_eq!(answer, [Some(State::CloseWait), Some(State::FinWait2)]);
        let fin = talk.pass(false, FIN | ACK, (301, 117, 0));
        assert_eq!(fin, [Some(State::LastAck), Some(State::TimeWait)]);
    }

    #[test]
    fn a_fin_can_acknowledge_another_that_has_overtaken() {
        let mut talk = Talk::open();
        let (late, judgement, _) = talk.send(true, ACK, (101, 301, 10));
        talk.pass(true, FIN | ACK, (111, 301, 5));
        talk.arrive(&late, &judgement);
        let fin = talk.pass(false, FIN | ACK, (301, 117, 0));
        assert_eq!(fin, [Some(State::LastAck), Some(State::TimeWait)]);
    }

    #[test]
    fn a_host_that_resets_what_it_has_not_opened_goes_on_opening() {
        // RFC 9293, 3.5.1, figure 9: the server has a connection of which the client knows nothing.
        let mut talk = Talk::open();
        *talk.states.0.get(ends()) = Default::default();
        assert_eq!(
            talk.pass(true, SYN, (400, 0, 0)),
            [Some(State::SynSent), None]
        );
        assert_eq!(talk.pass(false, ACK, (301, 101, 0)), [None, None]);
        assert_eq!(
            talk.pass(true, RST, (101, 0, 0)),
            [None, Some(State::Closed)]
        );
        assert_eq!(talk.pass(true, SYN, (400, 0, 0)), [None, None]);
        let answer = talk.pass(false, SYN | ACK, (700, 401, 0));
        assert_eq!(answer, [Some(State::SynReceived), Some(State::Established)]);
    }

    #[test]
    fn a_refused_port_closes_the_connection() {
        let mut talk = Talk::default();
        talk.pass(true, SYN, (100, 0, 0));
        let reset = talk.pass(false, RST | ACK, (0, 101, 0));
        assert_eq!(reset, [None, Some(State::Closed)]);
    }

    #[test]
    fn a_reset_counts_only_if_its_number_is_expected() {
        let mut talk = Talk::open();
        talk.pass(true, ACK, (101, 301, 10));
        // RFC 9293, 3.10.7.4: what was received before is outside of the window.
        assert_eq!(
            talk.pass(true, RST, (105, 0, 0)),
            [Some(State::Closed), None]
        );
        assert_eq!(
            talk.pass(true, RST, (111, 0, 0)),
            [None, Some(State::Closed)]
        );
        // RFC 9293, 3.10.7.3: a host that opens takes a reset that acknowledges its SYN.
        let mut talk = Talk::default();
        talk.pass(true, SYN, (100, 0, 0));
        assert_eq!(talk.pass(false, RST, (0, 0, 0)), [None, None]);
        assert_eq!(talk.pass(false, RST | ACK, (0, 90, 0)), [None, None]);
    }
}
