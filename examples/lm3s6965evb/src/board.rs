//! What is particular to the chip and its board, other than Ethernet: its speed, its light, its
//! address and where it takes chance from.

use cortex_m::Peripherals;
use uppercase::firmware::{Register, programmed_address, seed_of};
use uppercase::link::EthernetAddress;

/// The processor's clock: 50 MHz, the most that it can do. Ethernet needs 20 MHz at least.
pub const TICKS_PER_MICROSECOND: u32 = 50;

const fn system(offset: usize) -> Register {
    // SAFETY: the registers of system control are there; they write no memory.
    unsafe { Register::at(0x400f_e000 + offset) }
}
const LDOPCTL: Register = system(0x034);
const RIS: Register = system(0x050);
const RCC: Register = system(0x060);
const RCGC0: Register = system(0x100);
const RCGC1: Register = system(0x104);
const RCGC2: Register = system(0x108);
const USER_REG0: Register = system(0x1e0);
const USER_REG1: Register = system(0x1e4);

/// RCC: the main oscillator is off.
const MOSCDIS: u32 = 1 << 0;
/// RCC: which oscillator; 0 is the main one.
const OSCSRC: u32 = 0x3 << 4;
/// RCC: which crystal, and 8 MHz, the one on the board.
const XTAL: u32 = 0xf << 6;
const XTAL_8_MHZ: u32 = 0xe << 6;
/// RCC: without the PLL; its output and power are off.
const BYPASS: u32 = 1 << 11;
const OEN: u32 = 1 << 12;
const PWRDN: u32 = 1 << 13;
/// RCC: divide; the PLL's 200 MHz by 4.
const USESYSDIV: u32 = 1 << 22;
const SYSDIV: u32 = 0xf << 23;
const SYSDIV_4: u32 = 3 << 23;
/// RIS: the PLL is stable.
const PLLLRIS: u32 = 1 << 6;
/// LDOPCTL: 2.75 V for the core, which the chip's errata ask for at 50 MHz.
const VOLTS_2_75: u32 = 0x1b;

/// RCGC0, RCGC1, RCGC2: the clocks of the peripherals that are used.
const ADC: u32 = 1 << 16;
const WDT: u32 = 1 << 3;
const TIMER0: u32 = 1 << 16;
const UART0: u32 = 1 << 0;
const PORT_A: u32 = 1 << 0;
const PORT_F: u32 = 1 << 5;
const EMAC0: u32 = 1 << 28;
const EPHY0: u32 = 1 << 30;

const fn port_f(offset: usize) -> Register {
    // SAFETY: the registers of GPIO port F are there; it has no DMA.
    unsafe { Register::at(0x4002_5000 + offset) }
}
/// The status light of the board, pin 0; the address says which pins are written.
const LED: u32 = 1 << 0;
const GPIODATA_LED: Register = port_f((LED as usize) << 2);
const GPIODIR: Register = port_f(0x400);
const GPIODEN: Register = port_f(0x51c);

const fn adc(offset: usize) -> Register {
    // SAFETY: the registers of the analogue-to-digital converter are there; it has no DMA.
    unsafe { Register::at(0x4003_8000 + offset) }
}
const ADCACTSS: Register = adc(0x00);
const ADCRIS: Register = adc(0x04);
const ADCISC: Register = adc(0x0c);
const ADCPSSI: Register = adc(0x28);
const ADCSSCTL3: Register = adc(0xa4);
const ADCSSFIFO3: Register = adc(0xa8);
/// ADCACTSS, ADCRIS, ADCISC, ADCPSSI: sequencer 3, which takes one sample.
const SEQUENCER_3: u32 = 1 << 3;
/// ADCSSCTL3: sample the temperature sensor, raise the flag, end.
const TEMPERATURE: u32 = 0xe;

/// Masks the interrupts for good, goes to full speed and wakes up the peripherals.
pub fn start() -> Peripherals {
    cortex_m::interrupt::disable();
    LDOPCTL.write(VOLTS_2_75);
    // In the order of the data sheet: away from the PLL, to the crystal, start the PLL, to it.
    let mut rcc = (RCC.read() | BYPASS) & !USESYSDIV;
    RCC.write(rcc);
    RCC.write(rcc & !MOSCDIS);
    rcc &= !(MOSCDIS | OSCSRC | XTAL | OEN | PWRDN | SYSDIV);
    rcc |= XTAL_8_MHZ | SYSDIV_4 | USESYSDIV;
    RCC.write(rcc);
    if RIS.wait_until_set(PLLLRIS) {
        rcc &= !BYPASS;
        RCC.write(rcc);
    }
    RCGC0.set(ADC | WDT);
    RCGC1.set(TIMER0 | UART0);
    RCGC2.set(PORT_A | PORT_F | EMAC0 | EPHY0);
    cortex_m::asm::delay(8); // A peripheral can be used three clocks after its clock is on.
    GPIODIR.set(LED);
    GPIODEN.set(LED);
    set_led(true);
    // There is only one caller, and nothing else takes them.
    Peripherals::take().unwrap_or_else(|| panic!("started twice"))
}

/// The light is on while the processor is awake.
pub fn set_led(on: bool) {
    GPIODATA_LED.write(if on { LED } else { 0 });
}

/// The address that was programmed into the chip for its maker's customers, three bytes in each register;
/// the emulator has one, too.
pub fn hardware_address() -> EthernetAddress {
    let (first, last) = (USER_REG0.read(), USER_REG1.read());
    programmed_address(first & 0x00ff_ffff | last << 24, last >> 8)
}

/// Chance out of the noise of the chip's temperature sensor: its lowest bits, 256 times.
///
/// The emulator's converter takes no samples. There the seed is the same at each start, which
/// a server that is only tried out can live with.
pub fn random_seed() -> u64 {
    ADCSSCTL3.write(TEMPERATURE);
    ADCACTSS.write(SEQUENCER_3);
    let sample = |_| {
        ADCPSSI.write(SEQUENCER_3);
        if !ADCRIS.wait_until_set(SEQUENCER_3) {
            log::warn!("no chance to be had: the seed is the same at each start");
            return None;
        }
        ADCISC.write(SEQUENCER_3);
        Some(ADCSSFIFO3.read())
    };
    let seed = seed_of((0..256).map_while(sample));
    ADCACTSS.write(0);
    seed
}
