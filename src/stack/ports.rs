use core::num::NonZeroU64;

/// Draws the ports of clients (RFC 6056, 3.3.5).
pub(super) struct Ports {
    random: NonZeroU64,
    /// The latest one, of which only the low 14 bits count.
    port: u16,
}

impl Ports {
    pub(super) fn new(random_seed: u64) -> Self {
        let mut ports = Self {
            random: NonZeroU64::new(random_seed).unwrap_or(NonZeroU64::MAX),
            port: 0,
        };
        ports.port = (ports.next_u64() >> 48) as u16;
        ports
    }

    /// See [`Context::ephemeral_port`](super::Context::ephemeral_port).
    pub(super) fn next(&mut self) -> u16 {
        let step = 1 + (self.next_u64() >> 61) as u16;
        self.port = self.port.wrapping_add(step);
        0xc000 | self.port
    }

    /// A random number, for what another host must not guess.
    pub(super) fn random(&mut self) -> u16 {
        (self.next_u64() >> 48) as u16
    }

    /// The next 64 bits of the generator xorshift64*, of which the high ones are the better.
    fn next_u64(&mut self) -> u64 {
        let mut x = self.random.get();
        x ^= x >> 12;
        x ^= x << 25;
        x ^= x >> 27;
        // The three steps are invertible, so what was not zero does not become zero.
        self.random = NonZeroU64::new(x).unwrap_or(NonZeroU64::MAX);
        x.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }
}
