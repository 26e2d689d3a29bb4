//! Compares what is in `runtime.rs` with what it has to do, on the serial line.
//!
//! ```text
//! cargo run --release --bin check-runtime
//! ```
#![no_std]
#![no_main]

#[allow(dead_code, reason = "of the board, only the clock is needed")]
mod board;
mod console;
#[allow(dead_code, reason = "only its vector table is needed")]
mod interrupts;
mod runtime;
mod serial;

use core::fmt::Write;
use core::hint::black_box;
use core::panic::PanicInfo;

use console::CONSOLE;

unsafe extern "C" {
    fn memcpy(to: *mut u8, from: *const u8, length: usize) -> *mut u8;
    fn memmove(to: *mut u8, from: *const u8, length: usize) -> *mut u8;
    fn memset(to: *mut u8, value: i32, length: usize) -> *mut u8;
    fn memcmp(one: *const u8, other: *const u8, length: usize) -> i32;
    fn __aeabi_memclr(to: *mut u8, length: usize);
    fn __aeabi_memset(to: *mut u8, length: usize, value: i32);
}

/// The memory that is worked on.
type Bytes = [u8; SIZE];
const SIZE: usize = 128;
/// In its middle, with room on both sides to see what is written there.
const MIDDLE: usize = 40;
/// Around each border between the loops: bytes, words, four words, and several of them.
const LENGTHS: core::ops::Range<usize> = 0..40;

#[cortex_m_rt::entry]
fn main() -> ! {
    board::start();
    console::start();
    for length in LENGTHS {
        for offset in 0..4 {
            fills(MIDDLE + offset, length);
            for from in 0..4 {
                copies(MIDDLE + offset, MIDDLE + from, length);
            }
        }
        for to in MIDDLE - 20..MIDDLE + 20 {
            moves(to, MIDDLE, length);
        }
        compares(length);
    }
    divides();
    let _ = write!(&CONSOLE, "runtime.rs does what it has to do\r\n");
    cortex_m::peripheral::SCB::sys_reset()
}

/// No two bytes near to each other are the same.
fn pattern(index: usize) -> u8 {
    index as u8 ^ 0xa5
}

fn bytes() -> Bytes {
    core::array::from_fn(pattern)
}

/// Fails unless there is a copy of the pattern from `from` at `to`, and nothing else has changed.
fn expect(bytes: &Bytes, to: usize, from: usize, length: usize) {
    for (index, byte) in black_box(bytes).iter().enumerate() {
        let copied = (to..to + length).contains(&index);
        let expected = pattern(if copied { index - to + from } else { index });
        assert_eq!(
            *byte, expected,
            "at {index}: {length} bytes from {from} to {to}"
        );
    }
}

fn copies(to: usize, from: usize, length: usize) {
    let (source, mut target) = (bytes(), bytes());
    let pointer = target[to..].as_mut_ptr();
    // SAFETY: both have as many bytes; they do not overlap.
    let returned = unsafe { memcpy(pointer, source[from..].as_ptr(), length) };
    assert_eq!(returned, pointer);
    expect(&target, to, from, length);
}

fn moves(to: usize, from: usize, length: usize) {
    let mut bytes = bytes();
    let pointer = bytes.as_mut_ptr();
    // SAFETY: both have as many bytes.
    let returned = unsafe { memmove(pointer.add(to), pointer.add(from), length) };
    assert_eq!(returned, pointer.wrapping_add(to));
    expect(&bytes, to, from, length);
}

fn fills(to: usize, length: usize) {
    let fill: [fn(*mut u8, usize); 3] = [
        // SAFETY: there are as many bytes.
        |to, length| assert_eq!(unsafe { memset(to, 0x3c2, length) }, to),
        // SAFETY: there are as many bytes.
        |to, length| unsafe { __aeabi_memset(to, length, 0x3c2) },
        // SAFETY: there are as many bytes.
        |to, length| unsafe { __aeabi_memclr(to, length) },
    ];
    for (fill, value) in fill.into_iter().zip([0xc2, 0xc2, 0]) {
        let mut bytes = bytes();
        fill(bytes[to..].as_mut_ptr(), length);
        for (index, byte) in black_box(&bytes).iter().enumerate() {
            let filled = (to..to + length).contains(&index);
            let expected = if filled { value } else { pattern(index) };
            assert_eq!(*byte, expected, "at {index}: {length} bytes to {to}");
        }
    }
}

fn compares(length: usize) {
    let one = bytes();
    let mut other = one;
    let compare = |other: &Bytes| {
        // SAFETY: both have as many bytes.
        unsafe { memcmp(black_box(one.as_ptr()), black_box(other.as_ptr()), length) }
    };
    assert_eq!(compare(&other), 0);
    for index in 0..length {
        let byte = one[index];
        other[index] = byte ^ 0x80;
        assert_eq!(compare(&other) < 0, byte < 0x80);
        assert_ne!(compare(&other), 0);
        other[index] = byte;
    }
}

fn divides() {
    let numbers = || {
        let powers = (0..64).map(|bit| 1_u64 << bit);
        powers.flat_map(|power| [power - 1, power, power + 1, power.wrapping_mul(0xdead_beef)])
    };
    for numerator in numbers().chain([u64::MAX, u64::MAX - 1]) {
        for denominator in numbers().chain([u64::MAX]).filter(|number| *number > 0) {
            let quotient = black_box(numerator) / black_box(denominator);
            let rest = black_box(numerator) % black_box(denominator);
            let product = quotient.checked_mul(denominator);
            let right = product.and_then(|product| product.checked_add(rest)) == Some(numerator);
            assert!(
                right && rest < denominator,
                "{numerator} / {denominator} is not {quotient}, rest {rest}"
            );
        }
    }
}

#[panic_handler]
fn panic(panic: &PanicInfo<'_>) -> ! {
    let _ = write!(&CONSOLE, "{panic}\r\n");
    cortex_m::peripheral::SCB::sys_reset()
}
