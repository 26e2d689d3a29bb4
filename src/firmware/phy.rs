//! The PHY behind a controller, by the registers that every one has (IEEE 802.3, clause 22): what it
//! has agreed upon with the PHY at the other end of the cable.

use core::fmt;

use smoltcp::time::{Duration, Instant};

use crate::logging::info;

const CONTROL: u8 = 0;
const STATUS: u8 = 1;
const IDENTIFIER: u8 = 2;
const ADVERTISEMENT: u8 = 4;
const PARTNER: u8 = 5;
const GIGABIT_CONTROL: u8 = 9;
const GIGABIT_STATUS: u8 = 10;

/// CONTROL: negotiate, from the beginning.
const NEGOTIATE: u16 = 1 << 12 | 1 << 9;
/// STATUS: the negotiation is complete; the link is up.
const UP: u16 = 1 << 5 | 1 << 2;
/// ADVERTISEMENT, PARTNER: IEEE 802.3; what is possible, from the slowest on.
const SELECTOR: u16 = 1 << 0;
const HALF_10: u16 = 1 << 5;
const FULL_10: u16 = 1 << 6;
const HALF_100: u16 = 1 << 7;
const FULL_100: u16 = 1 << 8;
/// GIGABIT_CONTROL, GIGABIT_STATUS: 1000 Mbit/s, full duplex.
const FULL_1000: u16 = 1 << 9;
const PARTNER_FULL_1000: u16 = 1 << 11;

/// The two wires to the PHYs (MDIO), which a controller drives.
pub trait Mdio {
    /// Reads a register of the PHY at this address; `None` if that does not come to an end.
    fn read(&self, phy: u8, register: u8) -> Option<u16>;

    /// Writes a register of the PHY at this address, or gives up.
    fn write(&self, phy: u8, register: u8, value: u16);
}

/// What a controller can be set to, which its PHY offers to the other one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Abilities {
    /// Full duplex at 100 and 10 Mbit/s, and nothing less.
    FullDuplex100,
    /// Full duplex at 1000 Mbit/s; both at 100 and 10.
    All1000,
}

/// A link that is up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// 10, 100 or 1000.
    pub megabits_per_second: u32,
    /// Whether both sides may transmit at once.
    pub full_duplex: bool,
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let duplex = if self.full_duplex { "full" } else { "half" };
        write!(f, "{} Mbit/s, {duplex} duplex", self.megabits_per_second)
    }
}

/// Lets the PHY at this address negotiate, from the beginning. [`Phy::start`] does so, too; this is for
/// firmware that does not ask for the link.
pub fn negotiate(mdio: &impl Mdio, phy: u8, abilities: Abilities) {
    let advertised = match abilities {
        Abilities::FullDuplex100 => FULL_10 | FULL_100,
        Abilities::All1000 => HALF_10 | FULL_10 | HALF_100 | FULL_100,
    };
    mdio.write(phy, ADVERTISEMENT, SELECTOR | advertised);
    if abilities == Abilities::All1000 {
        mdio.write(phy, GIGABIT_CONTROL, FULL_1000);
    }
    mdio.write(phy, CONTROL, NEGOTIATE);
}

/// A PHY, and the link that it has.
#[derive(Debug)]
pub struct Phy<M> {
    mdio: M,
    address: u8,
    abilities: Abilities,
    link: Option<Link>,
    /// When it is asked next.
    due: Instant,
}

impl<M: Mdio> Phy<M> {
    /// How often the PHY is asked for the link.
    pub const INTERVAL: Duration = Duration::from_millis(250);

    /// The first PHY at one of these addresses, of which there are 32. It begins to negotiate; `None` if
    /// none answers.
    pub fn start(
        mdio: M,
        addresses: impl IntoIterator<Item = u8>,
        abilities: Abilities,
    ) -> Option<Self> {
        // Where there is none, the wire is pulled up.
        let is_there = |phy: &u8| !matches!(mdio.read(*phy, IDENTIFIER), None | Some(0 | 0xffff));
        let address = addresses.into_iter().find(is_there)?;
        negotiate(&mdio, address, abilities);
        Some(Self {
            mdio,
            address,
            abilities,
            link: None,
            due: Instant::ZERO,
        })
    }

    /// The link as it was when the PHY was asked last, if it was up.
    pub const fn link(&self) -> Option<Link> {
        self.link
    }

    /// Asks the PHY, if it is time to; returns whether the link is another one since.
    pub fn follow(&mut self, now: Instant) -> bool {
        if now < self.due {
            return false;
        }
        self.due = now + Self::INTERVAL;
        let link = self.ask();
        if link == self.link {
            return false;
        }
        self.link = link;
        if let Some(link) = link {
            info!("Ethernet: {}", link);
        }
        true
    }

    fn ask(&self) -> Option<Link> {
        let read = |register| self.mdio.read(self.address, register);
        // That the link was down is kept until it is read: the second answer is of now.
        read(STATUS)?;
        if read(STATUS)? & UP != UP {
            return None;
        }
        // Of what both can do, the best (clause 28B.3).
        let gigabit =
            self.abilities == Abilities::All1000 && read(GIGABIT_STATUS)? & PARTNER_FULL_1000 != 0;
        let both = read(ADVERTISEMENT)? & read(PARTNER)?;
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
}
