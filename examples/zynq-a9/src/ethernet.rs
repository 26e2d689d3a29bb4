//! The Ethernet controller of the Zynq-7000, Cadence's GEM.
//!
//! Two rings of descriptors are in memory, one for each direction, and the controller goes around them
//! by itself (shared.rs). A PHY is behind it, which has to be asked for the link (mdio.rs).
//!
//! - A received frame stays in its buffer until it is taken. Nothing waits for the controller.
//! - Frames that find no descriptor are lost, and the controller may then stop until it is told to go
//!   on. It is told so each time when all received frames have been taken.
//! - While the link is down, frames are written and dropped, as they would be on a cable without an
//!   end. If they were kept, the stack would wait for room, and send old segments when it is up again.
//! - Shorter frames are filled up to 60 bytes by the controller, and each gets its checksum there.

mod mdio;
mod receive;
mod registers;
mod shared;
mod transmit;

use core::fmt;

use smoltcp::time::Instant;
use uppercase::firmware::phy::{Abilities, Link, Phy};
use uppercase::firmware::{Controller, Ends, programmed_address};
use uppercase::link::EthernetAddress;

use crate::board;
use crate::interrupts::Interrupt;
use mdio::Wires;
use receive::ReceiveRing;
use registers::*;
use shared::BUFFER;
pub use shared::Frames;
use transmit::TransmitRing;

const INTERRUPT: Interrupt = Interrupt(54);

/// The Ethernet controller and its PHY.
pub struct Ethernet {
    ends: Ends<ReceiveRing, TransmitRing>,
    address: EthernetAddress,
    phy: Phy<Wires>,
}

impl Ethernet {
    /// Starts it, with the address that the boot loader has given it.
    ///
    /// # Errors
    /// If no PHY answers.
    pub fn start(frames: &'static mut Frames) -> Result<Self, Error> {
        NWCTRL.write(MDEN); // and nothing else runs
        IDR.write(u32::MAX);
        acknowledge_events();
        NWCFG.write(configuration(None));
        DMACR.write(BURSTS | PACKET_MEMORY | (BUFFER as u32 / 64) << RX_BUFFER);
        let address = hardware_address();
        // All groups: which of them the stack belongs to changes with its addresses.
        HASHL.write(u32::MAX);
        HASHH.write(u32::MAX);
        let ends = Ends {
            receiver: ReceiveRing::new(&frames.received),
            transmitter: TransmitRing::new(&frames.transmitted),
        };
        RXQBASE.write(ends.receiver.address());
        TXQBASE.write(ends.transmitter.address());
        let phy = Phy::start(Wires, 0..32, Abilities::All1000).ok_or(Error::NoPhy)?;
        IER.write(EVENTS);
        INTERRUPT.enable();
        aarch32_cpu::asm::dsb(); // Both rings have been written before the controller looks.
        NWCTRL.write(MDEN | RXEN | TXEN);
        Ok(Self { ends, address, phy })
    }

    pub fn hardware_address(&self) -> EthernetAddress {
        self.address
    }

    /// After an error the transmitter has stopped somewhere in its ring.
    fn restart_transmitter(&mut self) {
        log::warn!("Ethernet: the transmitter had an error, frames are lost");
        NWCTRL.write(MDEN | RXEN);
        self.ends.transmitter.clear();
        TXQBASE.write(self.ends.transmitter.address());
        aarch32_cpu::asm::dsb();
        NWCTRL.write(MDEN | RXEN | TXEN);
    }

    /// Sets the controller to what the PHY has negotiated.
    fn follow_link(&mut self) {
        let link = self.phy.link();
        self.ends.transmitter.has_link = link.is_some();
        if let Some(link) = link {
            board::set_transmit_clock(link.megabits_per_second);
            NWCFG.write(configuration(Some(link)));
        }
    }
}

impl Controller for Ethernet {
    type Receiver = ReceiveRing;
    type Transmitter = TransmitRing;

    fn ends(&mut self) -> &mut Ends<ReceiveRing, TransmitRing> {
        &mut self.ends
    }

    fn acknowledge(&mut self, now: Instant) {
        let errors = acknowledge_events();
        INTERRUPT.unpend();
        if errors {
            self.restart_transmitter();
        }
        if self.phy.follow(now) {
            self.follow_link();
        }
    }

    fn has_link(&self) -> bool {
        self.ends.transmitter.has_link
    }
}

/// Acknowledges all that has happened; returns whether the transmitter has stopped at an error.
fn acknowledge_events() -> bool {
    ISR.write(ISR.read());
    let status = TXSR.read();
    TXSR.write(status);
    status & TX_ERRORS != 0
}

/// The address that the boot loader has left.
fn hardware_address() -> EthernetAddress {
    let address = programmed_address(LADDR1L.read(), LADDR1H.read());
    let [a, b, c, d, e, f] = address.0;
    LADDR1L.write(u32::from_le_bytes([a, b, c, d]));
    // Only now frames to it are received.
    LADDR1H.write(u32::from_le_bytes([e, f, 0, 0]));
    address
}

/// What NWCFG has to be for a link, or while there is none.
fn configuration(link: Option<Link>) -> u32 {
    let (speed, full_duplex) = link.map_or((100, true), |link| {
        (link.megabits_per_second, link.full_duplex)
    });
    let speed = match speed {
        1000 => GIGABIT,
        100 => SPEED_100,
        _ => 0,
    };
    let duplex = if full_duplex { FULL_DUPLEX } else { 0 };
    // IPv6 finds neighbors by frames to groups.
    let groups = if cfg!(feature = "ipv6") {
        MULTICAST_HASH
    } else {
        0
    };
    speed | duplex | groups | STRIP_FCS | MDC_DIV_64
}

/// Why there is no Ethernet.
#[derive(Debug)]
pub enum Error {
    /// No PHY answers.
    NoPhy,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoPhy => write!(f, "no PHY answers: are its pins and clocks set up?"),
        }
    }
}
