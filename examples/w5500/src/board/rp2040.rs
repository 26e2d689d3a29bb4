//! The W5500-EVB-Pico: its pins, its serial number and where it takes chance from.

use embassy_rp::clocks::RoscRng;
use embassy_rp::flash::{Blocking, Flash};
use embassy_rp::gpio::{self, Level, Pull};
use embassy_rp::peripherals::{DMA_CH0, DMA_CH1, FLASH, SPI0};
use embassy_rp::spi::{self, Async};
use embassy_rp::{Peri, bind_interrupts, dma, watchdog};
use embassy_time::Duration;

use super::Chip;

bind_interrupts!(struct Interrupts {
    DMA_IRQ_0 => dma::InterruptHandler<DMA_CH0>, dma::InterruptHandler<DMA_CH1>;
});

/// The W5500's SPI: 125 MHz, the speed of the chip, divided by 4. The W5500 keeps up with 33.3 MHz.
const SPI_HERTZ: u32 = 31_250_000;

/// Which level of its pin switches the light on.
pub const LIGHT_IS_ACTIVE_HIGH: bool = true;

/// The flash on the board.
const FLASH_BYTES: usize = 2048 * 1024;

pub type Spi = spi::Spi<'static, SPI0, Async>;
pub type Input = gpio::Input<'static>;
pub type Output = gpio::Output<'static>;

/// The watchdog of the chip.
pub struct Watchdog(watchdog::Watchdog);

impl Watchdog {
    const TIME: Duration = Duration::from_secs(4);

    pub fn pet(&mut self) {
        self.0.feed(Self::TIME);
    }
}

impl Chip {
    pub(super) fn start() -> Self {
        // The board has the crystal that Embassy expects, 12 MHz.
        let chip = embassy_rp::init(embassy_rp::config::Config::default());
        let mut watchdog = watchdog::Watchdog::new(chip.WATCHDOG);
        watchdog.pause_on_debug(true);
        watchdog.start(Watchdog::TIME);
        let mut config = spi::Config::default(); // mode 0, which the W5500 speaks
        config.frequency = SPI_HERTZ;
        let (miso, select, clock, mosi) = (chip.PIN_16, chip.PIN_17, chip.PIN_18, chip.PIN_19);
        let (reset, interrupt) = (chip.PIN_20, chip.PIN_21);
        let (transmit, receive) = (chip.DMA_CH0, chip.DMA_CH1);
        Self {
            spi: Spi::new(
                chip.SPI0, clock, mosi, miso, transmit, receive, Interrupts, config,
            ),
            select: Output::new(select, Level::High),
            interrupt: Input::new(interrupt, Pull::Up),
            reset: Output::new(reset, Level::High),
            light: Output::new(chip.PIN_25, Level::Low),
            watchdog: Watchdog(watchdog),
            serial_number: serial_number(chip.FLASH),
            // From how the ring oscillator jitters against the crystal: good enough for ports and
            // sequence numbers, not for keys.
            random_seed: RoscRng.next_u64(),
        }
    }
}

/// That of the flash.
fn serial_number(flash: Peri<'_, FLASH>) -> [u8; 8] {
    let mut serial = [0; 8];
    let mut flash = Flash::<_, Blocking, FLASH_BYTES>::new_blocking(flash);
    if flash.blocking_unique_id(&mut serial).is_err() {
        defmt::warn!("the flash has no serial number: there can be one such board on a network");
    }
    serial
}
