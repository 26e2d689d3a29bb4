//! The PHY behind the controller, by the registers that every one has (IEEE 802.3, clause 22): what it
//! has agreed upon with the PHY at the other end of the cable.

use core::fmt;

use super::registers::{MDIO_IDLE, NWSR, PHYMNTNC};

const CONTROL: u32 = 0;
const STATUS: u32 = 1;
const IDENTIFIER: u32 = 2;
const ADVERTISEMENT: u32 = 4;
const PARTNER: u32 = 5;
const GIGABIT_CONTROL: u32 = 9;
const GIGABIT_STATUS: u32 = 10;

/// CONTROL: negotiate, from the beginning.
const NEGOTIATE: u32 = 1 << 12 | 1 << 9;
/// STATUS: the negotiation is complete; the link is up.
const UP: u32 = 1 << 5 | 1 << 2;
/// ADVERTISEMENT, PARTNER: IEEE 802.3; what is possible, from the slowest on.
const SELECTOR: u32 = 1 << 0;
const HALF_10: u32 = 1 << 5;
const FULL_10: u32 = 1 << 6;
const HALF_100: u32 = 1 << 7;
const FULL_100: u32 = 1 << 8;
/// GIGABIT_CONTROL, GIGABIT_STATUS: 1000 Mbit/s, full duplex.
const FULL_1000: u32 = 1 << 9;
const PARTNER_FULL_1000: u32 = 1 << 11;

/// A link that is up.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Link {
    pub megabits_per_second: u32,
    pub full_duplex: bool,
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let duplex = if self.full_duplex { "full" } else { "half" };
        write!(f, "{} Mbit/s, {duplex} duplex", self.megabits_per_second)
    }
}

/// A PHY, by its address on the two wires that it is spoken to over (MDIO).
pub struct Phy(u32);

impl Phy {
    /// The first one that answers, which begins to negotiate; `None` if none does.
    pub fn start() -> Option<Self> {
        let mut all = (0..32).map(Self);
        // Where there is none, the wire is pulled up.
        let phy = all.find(|phy| !matches!(phy.read(IDENTIFIER), None | Some(0 | 0xffff)))?;
        phy.write(
            ADVERTISEMENT,
            SELECTOR | HALF_10 | FULL_10 | HALF_100 | FULL_100,
        );
        phy.write(GIGABIT_CONTROL, FULL_1000);
        phy.write(CONTROL, NEGOTIATE);
        Some(phy)
    }

    /// The link as it is now, if it is up.
    pub fn link(&self) -> Option<Link> {
        // That the link was down is kept until it is read: the second answer is of now.
        self.read(STATUS)?;
        if self.read(STATUS)? & UP != UP {
            return None;
        }
        // Of what both can do, the best (clause 28B.3).
        let both = self.read(ADVERTISEMENT)? & self.read(PARTNER)?;
        let gigabit = self.read(GIGABIT_STATUS)? & PARTNER_FULL_1000 != 0;
        let (megabits_per_second, full_duplex) = match () {
            () if gigabit => (1000, true),
            () if both & FULL_100 != 0 => (100, true),
            () if both & HALF_100 != 0 => (100, false),
            () => (10, both & FULL_10 != 0),
        };
        Some(Link {
            megabits_per_second,
            full_duplex,
        })
    }

    fn read(&self, register: u32) -> Option<u32> {
        let is_done = self.access(register, 0b10 << 28);
        is_done.then(|| PHYMNTNC.read() & 0xffff)
    }

    fn write(&self, register: u32, value: u32) {
        self.access(register, 0b01 << 28 | value);
    }

    /// Lets the controller speak to the PHY; returns whether that came to an end.
    fn access(&self, register: u32, operation: u32) -> bool {
        let Self(address) = *self;
        // The frame of clause 22 as it is on the wire.
        PHYMNTNC.write(0b01 << 30 | operation | address << 23 | register << 18 | 0b10 << 16);
        NWSR.wait_until_set(MDIO_IDLE)
    }
}
