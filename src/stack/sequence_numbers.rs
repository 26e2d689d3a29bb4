//! Initial sequence numbers (RFC 6528).

use smoltcp::time::Instant;
use smoltcp::wire::TcpSeqNumber;

use crate::packet::FourTuple;
use crate::secret::{Key, Purpose};

/// Draws initial sequence numbers.
pub(super) struct SequenceNumbers(Key);

impl SequenceNumbers {
    pub(super) fn new(random_seed: u64) -> Self {
        Self(Key::new(random_seed, Purpose::SequenceNumbers))
    }

    /// RFC 6528, 3: "ISN = M + F(localip, localport, remoteip, remoteport, secretkey) where M is the
    /// 4 microsecond timer, and F() is a pseudorandom function (PRF) of the connection-id."
    pub(super) fn next(&self, tuple: &FourTuple, now: Instant) -> TcpSeqNumber {
        let timer = (now.total_micros() >> 2) as u32;
        TcpSeqNumber(self.0.hash_tuple(tuple, 0, 0).wrapping_add(timer) as i32)
    }
}
