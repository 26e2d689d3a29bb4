//! Half-open connections that have given way, and are remembered in the backlog: what FreeBSD and Linux
//! have their cache of SYNs for, without cookies.
//!
//! Of each, the acknowledgement is kept that its client may send yet. By that, a board with two slots and
//! a backlog of four has six half-open connections, and each slot is for one that is open.
//!
//! # Limits
//! The connection that is opened like this has no scaled windows, no selective acknowledgements, and
//! segments of at most 536 bytes: its SYN is not kept.

use smoltcp::time::Instant;

use super::backlog::Kind;
use super::proof::Proof;
use super::{Accept, parse};
use crate::link::EthernetAddress;
use crate::packet::{Flags, FourTuple, Segment};
use crate::stack::control::Control;
use crate::stack::host::Host;
use crate::stack::inject::{Header, Synthetic};

/// What is remembered of a half-open connection.
pub(super) struct Memory {
    tuple: FourTuple,
    hardware: Option<EthernetAddress>,
    acknowledgement: Header,
}

impl Memory {
    /// `None` before its SYN-ACK has left.
    pub(super) fn of(control: &Control) -> Option<Self> {
        let tuple = control.four_tuple()?;
        Some(Self {
            tuple,
            hardware: control.hardware,
            acknowledgement: Header {
                sequence: control.next()?,
                acknowledgement: control.sent(),
                flags: Flags::ACK,
                window: 0,
                maximum_segment_size: None,
                payload: None,
            },
        })
    }
}

impl Accept<'_> {
    /// Remembers a half-open connection, if there is room.
    pub(super) fn remember(&mut self, memory: Option<Memory>, host: &Host, now: Instant) {
        if let Some(memory) = memory {
            let (tuple, source) = (memory.tuple, memory.hardware);
            let kept = Synthetic::new(&tuple.remote, &tuple.local, &memory.acknowledgement);
            self.backlog
                .put(tuple, source, kept.as_bytes(), Kind::Answered, host, now);
        }
    }

    /// What this segment proves, if it acknowledges the SYN-ACK of a connection that is remembered. It
    /// need not be the first that the client has sent.
    pub(super) fn remembered(&self, segment: &Segment) -> Option<Proof> {
        let (_, kept) = self.backlog.acknowledgement(&segment.four_tuple())?;
        let (packet, kept) = parse(kept)?;
        let proof = Proof::kept(&packet, &kept);
        let ahead = segment.sequence.0.wrapping_sub(proof.client.0);
        let is_near = (0..=u16::MAX.into()).contains(&ahead);
        (is_near && segment.acknowledgement == kept.acknowledgement).then_some(proof)
    }

    /// Forgets a client; returns how it was answered, if it was.
    pub(super) fn recall(&mut self, tuple: &FourTuple) -> Option<Proof> {
        let (index, _) = self.backlog.acknowledgement(tuple)?;
        let (_, kept) = self.backlog.take(index)?;
        let (packet, segment) = parse(kept)?;
        Some(Proof::kept(&packet, &segment))
    }
}
