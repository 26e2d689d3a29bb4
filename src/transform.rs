//! The upper-casing itself: bytes in, bytes out, no sockets.
//!
//! A [`Transform`] is for a stream: its bytes come in pieces of any size. [`datagram`] is for a text
//! that is there as a whole. There are two, and a service says by its type which one it is for:
//!
//! - [`Ascii`], the default: only the letters `a` to `z` change, as with
//!   `<[u8]>::to_ascii_uppercase`. All other bytes pass unchanged, a text never grows, and nothing is
//!   ever held.
//! - `Unicode`, with the feature `unicode`: the full mapping, as `str::to_uppercase` does it. `ß`
//!   becomes `SS`. The mapping depends neither on a language nor on the characters around (the Greek
//!   final sigma matters for lower case only), so no more than one character is ever held back.
//!
//! For `Unicode`, bytes that are not UTF-8 pass unchanged, and the text around them is upper-cased.
//! However it is cut into pieces, an input gives the output of this loop:
//!
//! ```
//! fn upper_case(input: &[u8], output: &mut Vec<u8>) {
//!     for chunk in input.utf8_chunks() {
//!         output.extend(chunk.valid().to_uppercase().bytes());
//!         output.extend(chunk.invalid());
//!     }
//! }
//! # #[cfg(feature = "unicode")]
//! # {
//! # use uppercase::transform::{Unicode, datagram};
//! # let (input, mut whole, mut output) = (b"stra\xc3\x9fe \xc3( \xf0\x9f\x98", vec![], [0; 32]);
//! # upper_case(input, &mut whole);
//! # let length = datagram::<Unicode>(input, &mut output).unwrap();
//! # assert_eq!(output[..length], whole);
//! # }
//! ```
//!
//! The mapping, and so the version of Unicode, is that of the Rust toolchain that builds:
//! [`char::UNICODE_VERSION`]. Characters that are newer pass unchanged. A table of 1.3 kB is made
//! of it; the toolchain's own takes a board up to 14 kB.

mod ascii;
#[cfg(feature = "unicode")]
mod case;
#[cfg(feature = "unicode")]
mod unicode;
#[cfg(feature = "unicode")]
mod utf8;

use core::fmt::Debug;

pub use ascii::Ascii;
use sealed::Sealed;
#[cfg(feature = "unicode")]
pub use unicode::Unicode;

/// Upper-cases a text that comes in pieces: [`Ascii`] or `Unicode`.
///
/// The text that comes out does not depend on how the input is cut, nor on the room for each piece
/// of output: one byte at a time will do. Between calls the value holds up to 3 bytes of input (the
/// beginning of a character) or up to 5 bytes of output (the end of one), never both. No input
/// makes it panic.
///
/// ```
/// # #[cfg(feature = "unicode")]
/// # {
/// use uppercase::transform::{Transform, Unicode};
///
/// let mut upper = Unicode::new();
/// let mut output = [0; 8];
///
/// // The last byte is the first half of "é": it is taken, and held until the other half comes.
/// let first = upper.convert(b"caf\xc3", &mut output);
/// assert_eq!((first.consumed, first.produced), (4, 3));
/// let second = upper.convert(b"\xa9", &mut output[3..]);
/// assert_eq!((second.consumed, second.produced), (1, 2));
///
/// assert_eq!(upper.finish(&mut output[5..]), 0);
/// assert!(upper.is_empty());
/// assert_eq!(&output[..5], "CAFÉ".as_bytes());
/// # }
/// ```
///
/// It is sealed: a service of another kind is a [`tcp::Handler`](crate::tcp::Handler), or a
/// [`Service`](crate::stack::Service) with a socket.
pub trait Transform: Debug + Default + Sealed + 'static {
    /// The most that a text grows: `n` bytes become at most `MAX_GROWTH * n` bytes.
    ///
    /// ASCII does not grow: it is 1. For `Unicode` it is 3, though only U+0390 (`ΐ`) and U+03B0 (`ΰ`)
    /// need that much, 2 bytes that become 6.
    const MAX_GROWTH: usize;

    /// Converts until all of `input` is taken or `output` is full.
    ///
    /// Input that is left means that the output is full: offer the rest again when there is room.
    /// A full output may also leave something [pending](Self::has_pending). What is in `output`
    /// after the bytes produced stays as it was.
    fn convert(&mut self, input: &[u8], output: &mut [u8]) -> Progress;

    /// Ends the text: writes what is held, an unfinished character unchanged, and returns the
    /// number of bytes written.
    ///
    /// 5 bytes of room are always enough. With less, call again until [`is_empty`](Self::is_empty):
    /// then all of the text is out, and the value is as new.
    #[must_use = "that many bytes of `output` belong to the text"]
    fn finish(&mut self, output: &mut [u8]) -> usize;

    /// Whether nothing is held, neither output nor the beginning of a character.
    fn is_empty(&self) -> bool;

    /// Whether output waits for room: [`convert`](Self::convert) would write some even if there is
    /// no input.
    fn has_pending(&self) -> bool;
}

mod sealed {
    pub trait Sealed {}
}

/// How far a call of [`Transform::convert`] came.
#[must_use = "input after `consumed` has to be offered again"]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Progress {
    /// Bytes taken from the beginning of the input.
    pub consumed: usize,
    /// Bytes written to the beginning of the output.
    pub produced: usize,
}

/// Upper-cases a datagram, a text of its own, and returns the length of the output.
///
/// Returns `None` if `output` is too small. [`MAX_GROWTH`](Transform::MAX_GROWTH) times the length of
/// `input` never is.
///
/// ```
/// use uppercase::transform::{Ascii, datagram};
///
/// let mut output = [0; 6];
/// assert_eq!(datagram::<Ascii>("große".as_bytes(), &mut output), Some(6));
/// assert_eq!(&output, "GROßE".as_bytes());
/// assert_eq!(datagram::<Ascii>(b"grosses", &mut output), None);
/// # #[cfg(feature = "unicode")]
/// # {
/// use uppercase::transform::Unicode;
///
/// assert_eq!(datagram::<Unicode>("große".as_bytes(), &mut output), Some(6));
/// assert_eq!(&output, b"GROSSE");
/// # }
/// ```
#[must_use = "that many bytes of `output` are the text"]
pub fn datagram<T: Transform>(input: &[u8], output: &mut [u8]) -> Option<usize> {
    let mut upper = T::default();
    let Progress { consumed, produced } = upper.convert(input, output);
    let rest = upper.finish(output.get_mut(produced..)?);
    (consumed == input.len() && upper.is_empty()).then_some(produced + rest)
}
