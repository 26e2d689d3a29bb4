//! Beside which segment a state stands that a stack has reported, where several come at one time.

use smoltcp::socket::tcp::State;
use smoltcp::time::Instant;
use smoltcp::wire::TcpControl;
use uppercase::stack::FourTuple;
use uppercase::trace::{Change, Fate, Kind, Ladder};

use super::sentences::{Talk, number};

/// The changes of one host, the client or the server.
struct Changes {
    is_client: bool,
    changes: Vec<Change>,
}

impl Changes {
    fn of(is_client: bool) -> Self {
        Self {
            is_client,
            changes: Vec::new(),
        }
    }

    fn add(&mut self, time: Instant, from: State, to: State) {
        let (client, server) = (Talk::client(), Talk::server());
        let (host, local, remote) = match self.is_client {
            true => ("client", client, server),
            false => ("server", server, client),
        };
        self.changes.push(Change {
            time,
            host: host.into(),
            four_tuple: FourTuple { local, remote },
            from,
            to,
        });
    }

    /// The frame beside which a state of the host stands.
    fn frame_of(&self, talk: &Talk, state: State) -> Option<usize> {
        let ladder = Ladder::new(&talk.records, &self.changes);
        let side = usize::from(!self.is_client);
        let row = ladder
            .rows()
            .iter()
            .find(|row| row.states[side].iter().any(|there| there.state == state))?;
        match row.kind {
            Kind::Frame(index, _) => Some(index),
            _ => None,
        }
    }
}

/// RFC 9293, 3.10.7.4, FIN-WAIT-1: "if the FIN segment is now acknowledged, then enter FIN-WAIT-2".
#[test]
fn what_follows_on_the_acknowledgement_of_a_fin_stands_beside_it() {
    for (is_client, states) in [
        (true, [State::Established, State::FinWait1, State::FinWait2]),
        (false, [State::CloseWait, State::LastAck, State::Closed]),
    ] {
        let mut talk = Talk::open();
        let mut changes = Changes::of(is_client);
        changes.add(talk.time, states[0], states[1]);
        talk.say(is_client, |fin| {
            fin.control = TcpControl::Fin;
            fin.payload = b"abc";
        });
        let sent = talk.time;
        for end in [4, 5] {
            talk.time = sent;
            talk.say(!is_client, |ack| ack.ack_number = Some(number(end)));
        }
        changes.add(talk.time, states[1], states[2]);
        let last = talk.records.len() - 1;
        assert_eq!(changes.frame_of(&talk, states[1]), Some(last - 2));
        assert_eq!(changes.frame_of(&talk, states[2]), Some(last), "{states:?}");
    }
}

/// RFC 9293, 3.1: "the TCP checksum is never optional. The sender must generate it and the receiver
/// must check it".
#[test]
fn a_state_stands_beside_no_segment_that_is_dropped() {
    let mut talk = Talk::open();
    talk.records.pop();
    let sent = talk.time;
    talk.say(true, |payload| payload.payload = b"abc").fate = Fate::Corrupted;
    talk.time = sent;
    talk.say(true, |payload| {
        payload.seq_number = number(4);
        payload.payload = b"def";
    });
    let mut changes = Changes::of(false);
    changes.add(talk.time, State::SynReceived, State::Established);
    let last = talk.records.len() - 1;
    let place = changes.frame_of(&talk, State::Established);
    assert_eq!(place, Some(last));
    // Where it is the only one, no checksum has covered the change.
    talk.records.pop();
    let place = changes.frame_of(&talk, State::Established);
    assert_eq!(place, Some(last - 1));
}
