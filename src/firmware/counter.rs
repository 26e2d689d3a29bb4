use core::cell::Cell;

use smoltcp::time::Instant;

/// The time since the start, out of a counter that comes around: how far it has come is added up each
/// time that it is read. So it has to be read before it has come around once more.
///
/// `MASK` is what it counts up to before it is 0 again: 2^n - 1. What cannot be a counter does not compile,
/// nor does one that could not be added up in 32 bits.
///
/// ```
/// use uppercase::firmware::Counter;
///
/// // A counter of 24 bits, at 50 ticks a microsecond, that stands at 7.
/// let counter = Counter::<0x00ff_ffff, 50>::new(7);
/// assert_eq!(counter.read(107).total_micros(), 2);
/// assert_eq!(counter.read(99).total_micros(), 335_546); // It has come around.
/// ```
///
/// ```compile_fail
/// # use uppercase::firmware::Counter;
/// // It counts up to 999, and not in binary.
/// let counter = Counter::<999, 1>::new(0);
/// ```
///
/// ```compile_fail
/// # use uppercase::firmware::Counter;
/// // Up to 49 ticks are left over, which 32 bits have no room for beside those that have passed.
/// let counter = Counter::<{ u32::MAX }, 50>::new(0);
/// ```
///
/// ```compile_fail
/// # use uppercase::firmware::Counter;
/// let counter = Counter::<0xffff, 0>::new(0);
/// ```
#[derive(Debug)]
pub struct Counter<const MASK: u32, const TICKS_PER_MICROSECOND: u32> {
    /// What it was when it was read last.
    last: Cell<u32>,
    /// Ticks since then that are no whole microsecond.
    rest: Cell<u32>,
    microseconds: Cell<i64>,
}

impl<const MASK: u32, const TICKS_PER_MICROSECOND: u32> Counter<MASK, TICKS_PER_MICROSECOND> {
    /// A counter that stands at `first` now.
    #[must_use]
    pub const fn new(first: u32) -> Self {
        const {
            assert!(
                MASK > 0 && MASK & MASK.wrapping_add(1) == 0,
                "a counter comes around at a power of two: MASK is 2^n - 1"
            );
            assert!(
                TICKS_PER_MICROSECOND > 0,
                "there must be one tick a microsecond at least"
            );
            assert!(
                MASK.checked_add(TICKS_PER_MICROSECOND - 1).is_some(),
                "MASK and the ticks of a microsecond must fit into 32 bits"
            );
        }
        Self {
            last: Cell::new(first),
            rest: Cell::new(0),
            microseconds: Cell::new(0),
        }
    }

    /// The time, as the counter stands at `current` now.
    #[inline]
    pub fn read(&self, current: u32) -> Instant {
        let passed = current.wrapping_sub(self.last.replace(current)) & MASK;
        // Does not overflow, as `new` has asserted: a counter of 32 bits is one of whole microseconds, and
        // leaves no rest.
        let ticks = self.rest.get().wrapping_add(passed);
        self.rest.set(ticks % TICKS_PER_MICROSECOND);
        let passed = i64::from(ticks / TICKS_PER_MICROSECOND);
        let microseconds = self.microseconds.get() + passed;
        self.microseconds.set(microseconds);
        Instant::from_micros(microseconds)
    }
}
