//! The interrupt of the Ethernet controller, which wakes the task of the stack.

use embassy_sync::waitqueue::AtomicWaker;
use uppercase::firmware::{Register, WakeUp};

pub static WAKER: AtomicWaker = AtomicWaker::new();

const NUMBER: usize = 42;
// SAFETY: this is a Cortex-M3. The handler of this interrupt breaks no critical section, as interrupts
// are masked in one.
pub const ETHERNET: WakeUp = unsafe { WakeUp::new(NUMBER) };

// SAFETY: these registers of the Ethernet controller, which has no DMA, are there.
const MACRIS: Register = unsafe { Register::at(0x4004_8000) };
// SAFETY: the same.
const MACIM: Register = unsafe { Register::at(0x4004_8004) };
/// MACRIS, MACIM: received, transmit error, transmitted, receive error. What has overrun is seen when a
/// frame is received.
const EVENTS: u32 = 1 << 0 | 1 << 1 | 1 << 2 | 1 << 4;

pub fn start() {
    MACIM.write(EVENTS);
}

extern "C" fn handle() {
    MACRIS.write(MACRIS.read() & EVENTS);
    WAKER.wake();
}

unsafe extern "C" {
    fn DefaultHandler();
}

/// The chip's part of the vector table, up to this interrupt.
// SAFETY: it is where the linker script of cortex-m-rt expects it, and of that type.
#[unsafe(link_section = ".vector_table.interrupts")]
#[unsafe(no_mangle)]
static __INTERRUPTS: [unsafe extern "C" fn(); NUMBER + 1] = {
    let mut table: [unsafe extern "C" fn(); NUMBER + 1] = [DefaultHandler; _];
    table[NUMBER] = handle;
    table
};
