//! The nRF52840 DK with a W5500 on its Arduino header, as on a shield of WIZnet's: its pins, its
//! serial number and its generator of random numbers.

use embassy_nrf::config::HfclkSource;
use embassy_nrf::gpio::{self, Level, OutputDrive, Pull};
use embassy_nrf::rng::Rng;
use embassy_nrf::spim::{self, Frequency, Spim};
use embassy_nrf::wdt::{self, WatchdogHandle};
use embassy_nrf::{bind_interrupts, pac, peripherals};

use super::Chip;

bind_interrupts!(struct Interrupts {
    SPIM3 => spim::InterruptHandler<peripherals::SPI3>;
});

pub type Spi = Spim<'static>;
pub type Input = gpio::Input<'static>;
pub type Output = gpio::Output<'static>;
pub type Watchdog = WatchdogHandle;

/// Which level of its pin switches LED1 on.
pub const LIGHT_IS_ACTIVE_HIGH: bool = false;

/// The time of the watchdog, which counts at 32768 Hz: 4 s.
const WATCHDOG_TICKS: u32 = 4 * 32_768;

impl Chip {
    pub(super) fn start() -> Self {
        let mut config = embassy_nrf::config::Config::default();
        config.hfclk_source = HfclkSource::ExternalXtal; // SPI at 32 MHz asks for it
        let chip = embassy_nrf::init(config);
        let mut config = wdt::Config::default();
        config.timeout_ticks = WATCHDOG_TICKS;
        let watchdog = wdt::Watchdog::try_new(chip.WDT, config);
        let (_, [watchdog]) = watchdog.unwrap_or_else(|_| panic!("it runs otherwise"));
        let mut config = spim::Config::default(); // mode 0, which the W5500 speaks
        config.frequency = Frequency::M32; // it keeps up with 33.3 MHz
        let (miso, select, clock, mosi) = (chip.P1_14, chip.P1_12, chip.P1_15, chip.P1_13);
        let (reset, interrupt) = (chip.P1_08, chip.P1_11);
        let mut random = Rng::new_blocking(chip.RNG);
        Self {
            spi: Spim::new(chip.SPI3, Interrupts, clock, miso, mosi, config),
            select: Output::new(select, Level::High, OutputDrive::Standard),
            interrupt: Input::new(interrupt, Pull::Up),
            reset: Output::new(reset, Level::High, OutputDrive::Standard),
            light: Output::new(chip.P0_13, Level::High, OutputDrive::Standard),
            watchdog,
            serial_number: serial_number(),
            random_seed: random.blocking_next_u64(),
        }
    }
}

/// That of the chip.
fn serial_number() -> [u8; 8] {
    let [low, high] = [0, 1].map(|word| pac::FICR.deviceid(word).read());
    (u64::from(high) << 32 | u64::from(low)).to_le_bytes()
}
