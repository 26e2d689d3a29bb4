//! The registers of peripherals: where all `unsafe` of the library for them is.
#![allow(unsafe_code)]

/// A register at a fixed address, of 32 bits or of what is said behind its name.
///
/// ```no_run
/// use uppercase::firmware::Register;
///
/// // SAFETY: the status light of this chip, which writes no memory, is there.
/// const LED: Register = unsafe { Register::at(0x4002_5004) };
/// LED.set(1);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Register<T: Copy = u32>(*mut T);

// SAFETY: `at` was promised that memory is not touched. Each access is one of the bus.
unsafe impl<T: Copy> Sync for Register<T> {}
// SAFETY: the same.
unsafe impl<T: Copy> Send for Register<T> {}

impl<T: Copy> Register<T> {
    /// The register at `address`.
    ///
    /// # Safety
    /// A register of a peripheral of this size, which has no part in Rust's memory, is at this
    /// address. To read or write it may change what the peripheral does, but no memory.
    #[must_use]
    pub const unsafe fn at(address: usize) -> Self {
        assert!(address.is_multiple_of(size_of::<T>()));
        Self(core::ptr::without_provenance_mut(address))
    }

    /// Reads it.
    #[allow(clippy::must_use_candidate, reason = "it is read for the effect, too")]
    pub fn read(self) -> T {
        // SAFETY: `at` was promised that a register is there.
        unsafe { self.0.read_volatile() }
    }

    /// Writes it.
    pub fn write(self, value: T) {
        // SAFETY: `at` was promised that a register is there, and that memory is not touched.
        unsafe { self.0.write_volatile(value) }
    }
}

impl Register {
    /// Sets these bits, and leaves the others as they are.
    pub fn set(self, bits: u32) {
        self.write(self.read() | bits);
    }

    /// Waits for a limited time until one of `bits` is set; returns whether one is.
    #[allow(clippy::must_use_candidate, reason = "it is read for the effect, too")]
    pub fn wait_until_set(self, bits: u32) -> bool {
        (0..100_000).any(|_| self.read() & bits != 0)
    }

    /// Waits for a limited time until all of `bits` are clear; returns whether they are.
    #[allow(clippy::must_use_candidate, reason = "it is read for the effect, too")]
    pub fn wait_until_clear(self, bits: u32) -> bool {
        (0..100_000).any(|_| self.read() & bits == 0)
    }

    /// Reads a counter of 64 bits, which goes on meanwhile. This is its lower half.
    #[must_use]
    pub fn read_with_upper(self, upper: Self) -> u64 {
        let mut high = upper.read();
        loop {
            let low = self.read();
            // Ends: the upper half is another one only when the lower one has come around.
            match core::mem::replace(&mut high, upper.read()) {
                before if before == high => return u64::from(high) << 32 | u64::from(low),
                _ => {}
            }
        }
    }

    /// Fills `words` from a FIFO that it reads, each as its bytes are on the wire.
    ///
    /// Four at a time: to ask after each whether it is the last would take twice as long.
    pub fn read_words(self, words: &mut [[u8; 4]]) {
        let read = || self.read().to_le_bytes();
        let (fours, rest) = words.as_chunks_mut();
        for [a, b, c, d] in fours {
            *a = read();
            *b = read();
            *c = read();
            *d = read();
        }
        for word in rest {
            *word = read();
        }
    }

    /// Writes `words` to a FIFO, as [`read_words`](Self::read_words) reads them.
    pub fn write_words(self, words: &[[u8; 4]]) {
        let write = |word: &[u8; 4]| self.write(u32::from_le_bytes(*word));
        let (fours, rest) = words.as_chunks();
        for [a, b, c, d] in fours {
            write(a);
            write(b);
            write(c);
            write(d);
        }
        for word in rest {
            write(word);
        }
    }
}
