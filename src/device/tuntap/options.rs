//! How an interface is opened.

/// How an interface is opened.
///
/// ```no_run
/// use uppercase::device::tuntap::{Mode, Options, TunTap};
///
/// let options = Options::new().without_offload();
/// let device = TunTap::open_with("tap0", Mode::Tap, &[], options)?;
/// assert!(!device.offload());
/// # Ok::<(), uppercase::device::tuntap::OpenError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Options {
    pub(super) offload: bool,
    pub(super) gather: bool,
}

impl Options {
    /// With [offload](super::TunTap#offload), if the kernel has it.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            offload: true,
            gather: false,
        }
    }

    /// Makes every frame complete and no longer than the MTU, as on a wire: for a capture that
    /// shows what a wire would, or to compare.
    #[must_use]
    pub const fn without_offload(self) -> Self {
        Self {
            offload: false,
            ..self
        }
    }

    /// Gathers TCP segments that smoltcp sends one after the other in one large frame. That pays
    /// over IPv6, and without the feature `segmentation` over IPv4, where smoltcp itself does not.
    ///
    /// A segment that is not the last of its text then waits until another frame is sent or
    /// [`receive`](smoltcp::phy::Device::receive) is called; and so does a UDP datagram, for others
    /// to the same port, where the kernel can cut those (Linux 6.2). A program that sleeps in
    /// between calls [`TunTap::flush`](super::TunTap::flush) first.
    #[must_use]
    pub const fn gather(self) -> Self {
        Self {
            gather: true,
            ..self
        }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self::new()
    }
}
