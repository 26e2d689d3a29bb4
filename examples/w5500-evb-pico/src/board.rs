//! What is particular to the chip and its board: its pins, its address and where it takes chance
//! from.

use embassy_executor::Spawner;
use embassy_net_wiznet::chip::W5500;
use embassy_net_wiznet::{Device, Runner, State};
use embassy_rp::clocks::RoscRng;
use embassy_rp::flash::{Blocking, Flash};
use embassy_rp::gpio::{Input, Level, Output, Pull};
use embassy_rp::peripherals::{DMA_CH0, DMA_CH1, FLASH, SPI0};
use embassy_rp::spi::{self, Async, Spi};
use embassy_rp::{Peri, bind_interrupts, dma};
use embassy_time::Delay;
use embedded_hal_bus::spi::ExclusiveDevice;

use crate::interrupt::RecheckedPin;

bind_interrupts!(struct Interrupts {
    DMA_IRQ_0 => dma::InterruptHandler<DMA_CH0>, dma::InterruptHandler<DMA_CH1>;
});

/// Frames on their way between the W5500 and the stack: four received, four to transmit, 1.5 kB
/// each. The W5500 itself has room for 16 KiB in each direction.
pub type Frames = State<4, 4>;

/// The W5500's SPI: 125 MHz, the speed of the chip, divided by 4. The W5500 keeps up with 33.3 MHz.
const SPI_HERTZ: u32 = 31_250_000;

/// The flash on the board.
const FLASH_BYTES: usize = 2048 * 1024;

/// The board, started.
pub struct Board {
    /// The driver of the W5500.
    pub ethernet: Device<'static>,
    /// The light.
    pub led: Output<'static>,
    /// Another number at each start, from how the ring oscillator jitters against the crystal: good
    /// enough for ports and sequence numbers, not for keys.
    pub random_seed: u64,
}

type Bus = ExclusiveDevice<Spi<'static, SPI0, Async>, Output<'static>, Delay>;
type Interrupt = RecheckedPin<Input<'static>>;

/// Wakes up the peripherals and starts the task that speaks to the W5500.
pub async fn start(spawner: Spawner, frames: &'static mut Frames) -> Board {
    // The board has the crystal that Embassy expects, 12 MHz.
    let chip = embassy_rp::init(embassy_rp::config::Config::default());
    let random_seed = RoscRng.next_u64();
    let mut config = spi::Config::default(); // mode 0, which the W5500 speaks
    config.frequency = SPI_HERTZ;
    let (miso, select, clock, mosi) = (chip.PIN_16, chip.PIN_17, chip.PIN_18, chip.PIN_19);
    let (reset, interrupt) = (chip.PIN_20, chip.PIN_21);
    let spi = Spi::new(
        chip.SPI0,
        clock,
        mosi,
        miso,
        chip.DMA_CH0,
        chip.DMA_CH1,
        Interrupts,
        config,
    );
    let bus = ExclusiveDevice::new(spi, Output::new(select, Level::High), Delay);
    let bus = bus.unwrap_or_else(|error| match error {});
    let started = embassy_net_wiznet::new(
        hardware_address(chip.FLASH),
        frames,
        bus,
        RecheckedPin::new(Input::new(interrupt, Pull::Up)),
        Output::new(reset, Level::High),
    );
    let (ethernet, runner) = started.await.unwrap_or_else(|_| panic!("no W5500 answers"));
    let task = run_w5500(runner).unwrap_or_else(|_| panic!("started twice"));
    spawner.spawn(task);
    Board {
        ethernet,
        led: Output::new(chip.PIN_25, Level::Low),
        random_seed,
    }
}

#[embassy_executor::task]
async fn run_w5500(runner: Runner<'static, W5500, Bus, Interrupt, Output<'static>>) -> ! {
    runner.run().await
}

/// A locally administered address out of the serial number of the flash: the same at each
/// start, another one on each board.
fn hardware_address(flash: Peri<'_, FLASH>) -> [u8; 6] {
    let mut serial = [0; 8];
    let mut flash = Flash::<_, Blocking, FLASH_BYTES>::new_blocking(flash);
    if flash.blocking_unique_id(&mut serial).is_err() {
        defmt::warn!("the flash has no serial number: there can be one such board on a network");
    }
    let fnv_1a = |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    let hash = serial.into_iter().fold(0xcbf2_9ce4_8422_2325, fnv_1a);
    let [a, b, c, d, e, ..] = hash.to_be_bytes();
    [2, a, b, c, d, e]
}
