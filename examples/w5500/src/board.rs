//! What the boards have in common: a W5500 on an SPI bus, with its interrupt and reset pins.

#[cfg_attr(chip = "rp2040", path = "board/rp2040.rs")]
#[cfg_attr(chip = "nrf52840", path = "board/nrf52840.rs")]
mod chip;

use embassy_executor::Spawner;
use embassy_net_wiznet::chip::W5500;
use embassy_net_wiznet::{Device, Runner, State};
use embassy_time::Delay;
use embedded_hal_bus::spi::ExclusiveDevice;
use uppercase::firmware::address_of;

use crate::interrupt::RecheckedPin;
use chip::{Input, Output, Spi, Watchdog};

/// Frames on their way between the W5500 and the stack: four received, four to transmit, 1.5 kB
/// each. The W5500 itself has room for 16 KiB in each direction.
pub type Frames = State<4, 4>;

/// The board, started.
pub struct Board {
    /// The driver of the W5500.
    pub ethernet: Device<'static>,
    /// The light: there is a link.
    pub light: Light,
    /// Restarts the board when the main loop has stood still for 4 seconds. A panic ends in a fault of
    /// the processor, which stops it, too.
    pub watchdog: Watchdog,
    /// Another number at each start.
    pub random_seed: u64,
}

/// The chip, started: what the W5500 is joined to, and what is its own.
struct Chip {
    spi: Spi,
    select: Output,
    interrupt: Input,
    reset: Output,
    light: Output,
    watchdog: Watchdog,
    serial_number: [u8; 8],
    /// Another number at each start.
    random_seed: u64,
}

type Bus = ExclusiveDevice<Spi, Output, Delay>;
type Interrupt = RecheckedPin<Input>;

impl Board {
    /// Wakes up the peripherals and starts the task that speaks to the W5500.
    pub async fn start(spawner: Spawner, frames: &'static mut Frames) -> Self {
        let chip = Chip::start();
        let bus = ExclusiveDevice::new(chip.spi, chip.select, Delay);
        let bus = bus.unwrap_or_else(|error| match error {});
        let address = address_of(&chip.serial_number).0;
        let interrupt = RecheckedPin::new(chip.interrupt);
        let started = embassy_net_wiznet::new(address, frames, bus, interrupt, chip.reset);
        let (ethernet, runner) = started.await.unwrap_or_else(|_| panic!("no W5500 answers"));
        let task = run_w5500(runner).unwrap_or_else(|_| panic!("started twice"));
        spawner.spawn(task);
        Self {
            ethernet,
            light: Light(chip.light),
            watchdog: chip.watchdog,
            random_seed: chip.random_seed,
        }
    }
}

/// A light.
pub struct Light(Output);

impl Light {
    pub fn switch(&mut self, is_on: bool) {
        self.0
            .set_level((is_on == chip::LIGHT_IS_ACTIVE_HIGH).into());
    }
}

#[embassy_executor::task]
async fn run_w5500(runner: Runner<'static, W5500, Bus, Interrupt, Output>) -> ! {
    runner.run().await
}
