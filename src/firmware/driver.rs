use smoltcp::phy::Device;
use smoltcp::time::Instant;

/// A device that interrupts: what [`run`](super::run) asks of it, beside frames.
pub trait Driver: Device {
    /// Clears the interrupts that are pending, and looks after what would stand still without the
    /// driver: a PHY that has to be asked, a transmitter that has stopped at an error.
    ///
    /// It is called before each look for frames. What interrupts after it ends the next nap.
    fn acknowledge(&mut self, now: Instant);

    /// Whether there is a link, as far as is known by now. A driver that cannot tell says that there is
    /// one.
    fn has_link(&self) -> bool {
        true
    }
}
