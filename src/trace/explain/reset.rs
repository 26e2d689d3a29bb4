//! Resets.

use std::format;

use smoltcp::socket::tcp::State;

use super::sent::Sent;
use crate::stack::Cause;
use crate::trace::sentence::Sentence;

pub(super) fn sentence(sent: &Sent<'_>) -> Sentence {
    let (who, port) = (sent.who, sent.segment.source.port);
    let facts = &sent.judgement.facts;
    let unknown = || format!("RST: {who} knows no such connection (RFC 9293, 3.5.2)");
    match sent.cause() {
        Some(Cause::NoSocket) => Sentence::known(format!(
            "RST: no socket of {who} listens on port {port} (RFC 9293, 3.5.2)"
        )),
        Some(Cause::NoConnection) => Sentence::known(unknown()),
        Some(Cause::Connection {
            state: State::Closed,
            ..
        }) => Sentence::known(format!(
            "RST: {who} gives the connection up at once (RFC 9293, 3.10.5)"
        )),
        Some(Cause::Connection { state, .. }) => Sentence::known(format!(
            "RST: what has come does not fit the connection, which is in {state} \
             (RFC 9293, 3.5.2)"
        )),
        Some(Cause::Cookie) | None if !facts.has_opened && facts.has_peer_opened => {
            Sentence::derived(format!(
                "RST: {who} refuses the connection: mostly no socket listens on port {port} \
                 (RFC 9293, 3.5.2)"
            ))
        }
        _ if !facts.has_opened => Sentence::derived(unknown()),
        _ => Sentence::derived(format!(
            "RST: {who} ends the connection at once; what is still on its way is lost \
             (RFC 9293, 3.5.3)"
        )),
    }
}
