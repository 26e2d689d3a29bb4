//! What is particular to the chip and its board: its clocks, its pins, its address and where it
//! takes chance from.

use embassy_stm32::eth::{self, Ethernet, GenericPhy, PacketQueue, Sma};
use embassy_stm32::exti::{self, ExtiInput};
use embassy_stm32::gpio::{Level, Output, Pull, Speed};
use embassy_stm32::mode::Async;
use embassy_stm32::peripherals::{ETH, ETH_SMA, IWDG1, RNG};
use embassy_stm32::rcc::{
    AHBPrescaler, APBPrescaler, HSIPrescaler, Hsi48Config, Pll, PllDiv, PllMul, PllPreDiv,
    PllSource, Sysclk, VoltageScale,
};
use embassy_stm32::rng::{self, Rng};
use embassy_stm32::wdg::IndependentWatchdog;
use embassy_stm32::{Config, bind_interrupts, interrupt};
use uppercase::firmware::address_of;

bind_interrupts!(struct Interrupts {
    EXTI15_10 => exti::InterruptHandler<interrupt::typelevel::EXTI15_10>;
    ETH => eth::InterruptHandler;
    RNG => rng::InterruptHandler<RNG>;
});

/// Frames on their way between the Ethernet controller and the driver: four to transmit, eight
/// received, 1.5 kB each.
pub type Frames = PacketQueue<4, 8>;

/// The board, started.
pub struct Board {
    /// The driver of the Ethernet controller.
    pub ethernet: Ethernet<'static, ETH, GenericPhy<Sma<'static, ETH_SMA>>>,
    /// The green light, LD1: there is a link.
    pub light: Output<'static>,
    /// The red light, LD3.
    #[allow(dead_code, reason = "for services of one's own")]
    pub lamp: Output<'static>,
    /// The blue button, B1.
    #[allow(dead_code, reason = "for services of one's own")]
    pub button: ExtiInput<'static, Async>,
    /// Restarts the board when the main loop has stood still for 4 seconds. A panic ends in a fault of
    /// the processor, which stops it, too.
    pub watchdog: IndependentWatchdog<'static, IWDG1>,
    /// Another number at each start, from the chip's generator of true random numbers.
    pub random_seed: u64,
}

impl Board {
    /// Goes to full speed and wakes up the peripherals. There has to be a PHY; a cable need not be.
    pub fn start(frames: &'static mut Frames) -> Self {
        let chip = embassy_stm32::init(clocks());
        let mut watchdog = IndependentWatchdog::new(chip.IWDG1, 4_000_000);
        watchdog.unleash();
        if let Some(mut core) = cortex_m::Peripherals::take() {
            // Flash takes several clocks. No instruction is ever written, so nothing has to be kept in step.
            core.SCB.enable_icache();
        }
        let random_seed = Rng::new(chip.RNG, Interrupts).next_u64();
        let ethernet = Ethernet::new(
            frames,
            chip.ETH,
            Interrupts,
            chip.PA1,  // REF_CLK: 50 MHz, which the PHY makes
            chip.PA7,  // CRS_DV
            chip.PC4,  // RXD0
            chip.PC5,  // RXD1
            chip.PG13, // TXD0
            chip.PB13, // TXD1
            chip.PG11, // TX_EN
            address_of(&embassy_stm32::uid::uid()).0,
            chip.ETH_SMA,
            chip.PA2, // MDIO
            chip.PC1, // MDC
        );
        Self {
            ethernet,
            light: Output::new(chip.PB0, Level::Low, Speed::Low),
            lamp: Output::new(chip.PB14, Level::Low, Speed::Low),
            button: ExtiInput::new(chip.PC13, chip.EXTI13, Pull::Down, Interrupts),
            watchdog,
            random_seed,
        }
    }
}

/// 400 MHz for the processor, which every revision of the chip can do; no part of the board but
/// the chip is needed for it. What the network needs to be exact is the PHY's own crystal.
fn clocks() -> Config {
    let mut config = Config::default();
    let rcc = &mut config.rcc;
    rcc.hsi = Some(HSIPrescaler::DIV1); // the internal oscillator, 64 MHz
    rcc.pll1 = Some(Pll {
        source: PllSource::HSI,
        prediv: PllPreDiv::DIV4, // 16 MHz, the most that a PLL takes
        mul: PllMul::MUL50,      // 800 MHz
        fracn: None,
        divp: Some(PllDiv::DIV2), // 400 MHz
        divq: None,
        divr: None,
    });
    rcc.sys = Sysclk::PLL1_P;
    rcc.ahb_pre = AHBPrescaler::DIV2; // 200 MHz for bus and Ethernet, the most there is at 400 MHz
    rcc.apb1_pre = APBPrescaler::DIV2; // 100 MHz, the same
    rcc.apb2_pre = APBPrescaler::DIV2;
    rcc.apb3_pre = APBPrescaler::DIV2;
    rcc.apb4_pre = APBPrescaler::DIV2;
    rcc.voltage_scale = VoltageScale::Scale1; // what 400 MHz takes
    rcc.hsi48 = Some(Hsi48Config::default()); // 48 MHz, for random numbers
    config
}
