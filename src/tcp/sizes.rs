/// The largest receive buffer that smoltcp takes and a window can be scaled to (RFC 7323, 2.3), in
/// bytes.
pub const LARGEST_WINDOW: usize = (1 << 30) - 1;

/// The largest receive buffer with a window that is not scaled (RFC 7323), in bytes.
///
/// A larger one lets more than this be under way in a round trip. Its window is announced in units
/// of several bytes, of which the stack keeps one back, so that it does not shrink (2.4): nothing
/// has to be sent twice, with any size.
///
/// Not every larger size is taken: a multiple of this by a power of two is, and [`window_within`]
/// gives the others.
pub const UNSCALED_WINDOW: usize = u16::MAX as usize;

/// The largest size of a receive buffer, in bytes, that is `most` at most and that a server or client
/// takes.
///
/// These sizes are taken: up to [`UNSCALED_WINDOW`] any, and beyond it, for each number of bits `s`
/// by which a window is scaled, from `65535 << s` to `(65536 << s) - 1`; up to [`LARGEST_WINDOW`].
///
/// The window of the first answer is never scaled (RFC 7323, 2.2). smoltcp 0.14 takes it for a
/// scaled one, so it accepts `min(size, 65535) << s` bytes of text until it announces another
/// window. With any other size that is more than the buffer, and a peer that writes that much at once
/// would make smoltcp panic.
#[must_use]
pub const fn window_within(most: usize) -> usize {
    let most = if most > LARGEST_WINDOW {
        LARGEST_WINDOW
    } else {
        most
    };
    // As smoltcp chooses it: the least with which a window fits into 16 bits.
    let scale = (usize::BITS - most.leading_zeros()).saturating_sub(16);
    if scale == 0 || most >> scale == UNSCALED_WINDOW {
        most
    } else {
        // The largest that is scaled by one bit less.
        (1 << (15 + scale)) - 1
    }
}
