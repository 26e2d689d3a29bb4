//! What of the memory is cached: the table of the MMU.
//!
//! With the MMU off, a Cortex-A9 caches no data, and takes all memory for that of peripherals. With it
//! on, each MiB of addresses has a kind:
//!
//! - Program, variables and stacks are cached. What the processor has written may still be in its
//!   cache only, and what it reads may be older than what is in memory.
//! - So the memory that the Ethernet controller reads and writes by itself (DMA) is not cached: both
//!   see the same bytes, and there is nothing to clean or to invalidate. Cached buffers would be read
//!   faster. But they would have to be cleaned before the controller reads them, and invalidated before
//!   it writes them and again before they are read. Both caches of the chip work in lines of 32 bytes.
//!   Descriptors of 8 bytes share lines with their neighbors: they can never be cached.
//! - What is not cached may still be reordered: the barriers are in ethernet/shared.rs.
//! - Peripherals are accessed once for each access of the program, in its order.
//!
//! All other addresses fault, that of a null pointer among them.

use aarch32_cpu::asm::{dsb, isb};
use aarch32_cpu::cache::invalidate_l1_data_cache;
use aarch32_cpu::register::{BpIAll, Dacr, Iciallu, Sctlr, TlbIAll, Ttbr0};

/// An entry of the table: a section of 1 MiB, which only privileged code accesses.
const SECTION: u32 = 0b10 | 0b01 << 10;
/// The kinds of memory, by the bits TEX, C and B: cached, written back to memory later.
const CACHED: u32 = SECTION | 0b001 << 12 | 1 << 3 | 1 << 2;
/// Ordinary memory that is not cached, and not executed.
const UNCACHED: u32 = SECTION | 0b001 << 12 | NEVER_EXECUTED;
const DEVICE: u32 = SECTION | 1 << 2 | NEVER_EXECUTED;
const NEVER_EXECUTED: u32 = 1 << 4;

/// Each MiB that is used, and its kind.
const SECTIONS: [(u32, u32); 5] = [
    (0x0010_0000, CACHED),   // RAM in memory.x
    (0x0020_0000, UNCACHED), // DMA in memory.x
    (0xe000_0000, DEVICE),   // UART, GEM
    (0xf800_0000, DEVICE),   // SLCR, XADC
    (0xf8f0_0000, DEVICE),   // what the processor has of its own: interrupts, timers
];

#[repr(C, align(16384))]
struct Table([u32; 4096]);

/// An address is the same for the program, the processor's bus and the controller.
static TABLE: Table = {
    let mut table = [0; 4096];
    let mut i = 0;
    while i < SECTIONS.len() {
        let (address, kind) = SECTIONS[i];
        table[(address >> 20) as usize] = address | kind;
        i += 1;
    }
    Table(table)
};

/// Turns MMU and caches on. Before, no atomic variable can be relied upon, as its instructions need
/// ordinary memory.
///
/// The boot loader has left both off, as the chip's own does, with nothing in the second cache.
pub fn start() {
    // After a reset, chance is in them: 4 ways of 256 lines of 32 bytes.
    invalidate_l1_data_cache::<2, 5, 8>();
    Iciallu::write();
    BpIAll::write();
    TlbIAll::write();
    Dacr::write(Dacr::new_with_raw_value(0b01)); // permissions of domain 0 are those of the table
    let table = Ttbr0::new_with_raw_value(&raw const TABLE as u32);
    // SAFETY: the table is a static, and maps what the program uses to the same addresses.
    unsafe { Ttbr0::write(table) };
    dsb(); // The table and what was invalidated come before the first address that is translated.
    isb();
    Sctlr::modify(|control| {
        control.set_m(true); // MMU
        control.set_c(true); // data cache
        control.set_i(true); // instruction cache
        control.set_z(true); // branch prediction
    });
    isb();
}
