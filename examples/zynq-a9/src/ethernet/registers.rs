//! The registers of the controller, by the names of the chip's manual (UG585, appendix B.18).

use uppercase::firmware::Register;

const fn gem(offset: usize) -> Register {
    // SAFETY: the registers of GEM 0 are there. What it reads and writes in memory is what its rings
    // say, which are in shared.rs.
    unsafe { Register::at(0xe000_b000 + offset) }
}
/// Network control: what runs.
pub const NWCTRL: Register = gem(0x000);
/// Network configuration: speed, filters.
pub const NWCFG: Register = gem(0x004);
/// Network status.
pub const NWSR: Register = gem(0x008);
/// DMA configuration.
pub const DMACR: Register = gem(0x010);
/// Status of transmission and reception; writing acknowledges.
pub const TXSR: Register = gem(0x014);
pub const RXSR: Register = gem(0x020);
/// Where the rings begin.
pub const RXQBASE: Register = gem(0x018);
pub const TXQBASE: Register = gem(0x01c);
/// Interrupts: their status, which are enabled, which are disabled.
pub const ISR: Register = gem(0x024);
pub const IER: Register = gem(0x028);
pub const IDR: Register = gem(0x02c);
/// The PHY's registers, one access at a time.
pub const PHYMNTNC: Register = gem(0x034);
/// Which groups' frames are received, by a hash of their addresses.
pub const HASHL: Register = gem(0x080);
pub const HASHH: Register = gem(0x084);
/// The hardware address. The upper half switches the filter on.
pub const LADDR1L: Register = gem(0x088);
pub const LADDR1H: Register = gem(0x08c);

/// NWCTRL: receives; transmits; speaks to the PHY; looks for frames to transmit now.
pub const RXEN: u32 = 1 << 2;
pub const TXEN: u32 = 1 << 3;
pub const MDEN: u32 = 1 << 4;
pub const START_TX: u32 = 1 << 9;

/// NWCFG: 100 Mbit/s; full duplex; groups by hash; 1000 Mbit/s; no checksum behind received frames;
/// the PHY's clock is this one's 111 MHz divided by 64.
pub const SPEED_100: u32 = 1 << 0;
pub const FULL_DUPLEX: u32 = 1 << 1;
pub const MULTICAST_HASH: u32 = 1 << 6;
pub const GIGABIT: u32 = 1 << 10;
pub const STRIP_FCS: u32 = 1 << 17;
pub const MDC_DIV_64: u32 = 4 << 18;

/// NWSR: the PHY has answered.
pub const MDIO_IDLE: u32 = 1 << 2;

/// TXSR: what stops the transmitter: collisions without end, errors of the bus, no data in time.
pub const TX_ERRORS: u32 = 1 << 2 | 1 << 4 | 1 << 6 | 1 << 7 | 1 << 8;
/// RXSR: no descriptor was the controller's when a frame came; a frame was lost inside it.
pub const NOBUF: u32 = 1 << 0;
pub const OVERRUN: u32 = 1 << 2;

/// DMACR: bursts of 16 words; all of the controller's own memory, for both directions.
pub const BURSTS: u32 = 16;
pub const PACKET_MEMORY: u32 = 0b11 << 8 | 1 << 10;
/// Where the size of receive buffers is, in units of 64 bytes.
pub const RX_BUFFER: u32 = 16;

/// ISR, IER: a frame was received; there was no descriptor for one; a frame was transmitted; the
/// transmitter has stopped, with an error or without; a frame was lost.
pub const EVENTS: u32 = 1 << 1 | 1 << 2 | 1 << 7 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 10;
