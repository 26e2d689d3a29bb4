//! The interrupt pin of the W5500, looked at again every 10 ms.
//!
//! `embassy-net-wiznet` 0.3.0 reads one frame each time that the pin is low. Before, it clears the
//! interrupt, which is one for all frames that have arrived so far: the others wait in the chip
//! while the pin is high. From then on each frame that arrives makes the driver read one that waits, so
//! answers are late by that many frames. A frame that finds no room in the chip does not even make the
//! pin low (embassy-rs/embassy#6456, mended after 0.3.0). `tests/w5500` shows both.

use embassy_time::{Duration, Instant, with_deadline};
use embedded_hal::digital::ErrorType;
use embedded_hal_async::digital::Wait;

/// How long a frame may wait in the chip for the next look: far less than TCP's first
/// retransmission (1 s). Each look that finds nothing is two reads of two bytes.
pub const INTERVAL: Duration = Duration::from_millis(10);

/// A pin on which a wait for a low level ends 10 ms after the last one at the latest, as if the
/// pin were low. The driver then asks the chip whether there is a frame.
///
/// It counts from the end of the last wait, not from the start of this one: the driver drops its
/// wait each time that it transmits, and would otherwise not look again while it transmits often.
#[derive(Debug)]
pub struct RecheckedPin<P> {
    pin: P,
    due: Instant,
}

impl<P> RecheckedPin<P> {
    /// Puts itself in front of the pin, which is active low.
    pub fn new(pin: P) -> Self {
        Self {
            pin,
            due: Instant::now() + INTERVAL,
        }
    }
}

impl<P: ErrorType> ErrorType for RecheckedPin<P> {
    type Error = P::Error;
}

impl<P: Wait> Wait for RecheckedPin<P> {
    async fn wait_for_low(&mut self) -> Result<(), P::Error> {
        let low = with_deadline(self.due, self.pin.wait_for_low()).await;
        self.due = Instant::now() + INTERVAL;
        low.unwrap_or(Ok(()))
    }

    /// A low level is enough: an edge between two waits is missed.
    async fn wait_for_falling_edge(&mut self) -> Result<(), P::Error> {
        self.wait_for_low().await
    }

    async fn wait_for_high(&mut self) -> Result<(), P::Error> {
        self.pin.wait_for_high().await
    }

    async fn wait_for_rising_edge(&mut self) -> Result<(), P::Error> {
        self.pin.wait_for_rising_edge().await
    }

    async fn wait_for_any_edge(&mut self) -> Result<(), P::Error> {
        self.pin.wait_for_any_edge().await
    }
}
