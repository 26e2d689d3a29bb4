//! The wires to the PHYs, by the frames of IEEE 802.3, clause 22, which the controller sends.

use uppercase::firmware::phy::Mdio;

use super::registers::{MDIO_IDLE, NWSR, PHYMNTNC};

/// The start of a frame, its two operations, and the turnaround, as they are on the wire.
const START: u32 = 0b01 << 30;
const READ: u32 = 0b10 << 28;
const WRITE: u32 = 0b01 << 28;
const TURNAROUND: u32 = 0b10 << 16;

/// The wires, which the controller drives.
#[derive(Debug)]
pub struct Wires;

impl Wires {
    /// Lets the controller speak to a PHY; returns whether that came to an end.
    fn access(phy: u8, register: u8, operation: u32) -> bool {
        let target = u32::from(phy) << 23 | u32::from(register) << 18;
        PHYMNTNC.write(START | operation | target | TURNAROUND);
        NWSR.wait_until_set(MDIO_IDLE)
    }
}

impl Mdio for Wires {
    fn read(&self, phy: u8, register: u8) -> Option<u16> {
        let is_done = Self::access(phy, register, READ);
        is_done.then(|| PHYMNTNC.read() as u16)
    }

    fn write(&self, phy: u8, register: u8, value: u16) {
        Self::access(phy, register, WRITE | u32::from(value));
    }
}
