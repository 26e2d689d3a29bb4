//! What the machines differ in. Each is an FPGA image for the same board, and is named after the
//! application note of Arm that describes it.

pub struct Machine {
    /// The processor's clock, and that of its peripherals.
    pub megahertz: u32,
    /// Lights and counters of the FPGA.
    pub fpgaio: usize,
    /// The first CMSDK timer, and its interrupt.
    pub timer0: usize,
    pub timer0_interrupt: usize,
    /// The CMSDK watchdog.
    pub watchdog: usize,
    /// The first CMSDK UART.
    #[allow(dead_code, reason = "only a debug build has a console")]
    pub uart0: usize,
    /// The Ethernet controller outside of the FPGA, and its interrupt.
    pub ethernet: usize,
    pub ethernet_interrupt: usize,
}

/// AN385: Cortex-M3. AN386: Cortex-M4.
#[cfg(any(machine = "an385", machine = "an386"))]
pub const MACHINE: Machine = CORTEX_M3;

/// AN500: Cortex-M7, which has the Ethernet controller elsewhere.
#[cfg(machine = "an500")]
pub const MACHINE: Machine = Machine {
    ethernet: 0xa000_0000,
    ..CORTEX_M3
};

#[cfg(not(machine = "an505"))]
const CORTEX_M3: Machine = Machine {
    megahertz: 25,
    fpgaio: 0x4002_8000,
    timer0: 0x4000_0000,
    timer0_interrupt: 8,
    watchdog: 0x4000_8000,
    uart0: 0x4000_4000,
    ethernet: 0x4020_0000,
    ethernet_interrupt: 13,
};

/// AN505: Cortex-M33, at the addresses of its secure state.
#[cfg(machine = "an505")]
pub const MACHINE: Machine = Machine {
    megahertz: 20,
    fpgaio: 0x5030_2000,
    timer0: 0x5000_0000,
    timer0_interrupt: 3,
    watchdog: 0x5008_1000,
    uart0: 0x5020_0000,
    ethernet: 0x5200_0000,
    ethernet_interrupt: 48,
};
