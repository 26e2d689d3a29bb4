//! The Ethernet controller of the Zynq-7000, Cadence's GEM, as a smoltcp [`Device`].
//!
//! Two rings of descriptors are in memory, one for each direction, and the controller goes around them
//! by itself (shared.rs). A PHY is behind it, which has to be asked for the link (phy.rs).
//!
//! - A received frame stays in its buffer until its token is consumed. A token that is dropped unused
//!   has taken nothing: the next one is for the same frame.
//! - While the ring is full there are no tokens, not to receive either: what is received may want an
//!   answer at once, and its token is the room for that. Frames wait in their ring. Nothing waits for
//!   the controller.
//! - Frames that find no descriptor are lost, and the controller may then stop until it is told to go
//!   on. It is told so each time when all received frames have been taken.
//! - While the link is down, frames are written and dropped, as they would be on a cable without an
//!   end. If they were kept, the stack would wait for room, and send old segments when it is up again.
//! - Shorter frames are filled up to 60 bytes by the controller, and each gets its checksum there.

mod phy;
mod receive;
mod registers;
mod shared;
mod transmit;

use core::fmt;

use smoltcp::phy::{Device, DeviceCapabilities, RxToken, TxToken};
use smoltcp::time::{Duration, Instant};
use uppercase::link::EthernetAddress;

use crate::board;
use crate::interrupts::Interrupt;
use phy::{Link, Phy};
use receive::ReceiveRing;
use registers::*;
pub use shared::Frames;
use shared::{BUFFER, MTU};
use transmit::TransmitRing;

/// How often the PHY is asked for the link.
pub const LINK_CHECK: Duration = Duration::from_millis(500);
const INTERRUPT: Interrupt = Interrupt(54);

/// The Ethernet controller and its PHY.
pub struct Ethernet {
    received: ReceiveRing,
    transmitted: TransmitRing,
    address: EthernetAddress,
    phy: Phy,
    link: Option<Link>,
    /// When the PHY is asked next.
    link_due: Instant,
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
        let received = ReceiveRing::new(&frames.received);
        let transmitted = TransmitRing::new(&frames.transmitted);
        RXQBASE.write(received.address());
        TXQBASE.write(transmitted.address());
        let phy = Phy::start().ok_or(Error::NoPhy)?;
        IER.write(EVENTS);
        INTERRUPT.enable();
        aarch32_cpu::asm::dsb(); // Both rings have been written before the controller looks.
        NWCTRL.write(MDEN | RXEN | TXEN);
        Ok(Self {
            received,
            transmitted,
            address,
            phy,
            link: None,
            link_due: Instant::ZERO,
        })
    }

    pub fn hardware_address(&self) -> EthernetAddress {
        self.address
    }

    /// Clears the interrupts that are pending, and looks after what stands still without the driver.
    pub fn acknowledge(&mut self, now: Instant) {
        let errors = acknowledge_events();
        INTERRUPT.unpend();
        if errors {
            self.restart_transmitter();
        }
        if now >= self.link_due {
            self.link_due = now + LINK_CHECK;
            self.follow_link();
        }
    }

    /// After an error the transmitter has stopped somewhere in its ring.
    fn restart_transmitter(&mut self) {
        log::warn!("Ethernet: the transmitter had an error, frames are lost");
        NWCTRL.write(MDEN | RXEN);
        self.transmitted.clear();
        TXQBASE.write(self.transmitted.address());
        aarch32_cpu::asm::dsb();
        NWCTRL.write(MDEN | RXEN | TXEN);
    }

    /// Sets the controller to what the PHY has negotiated.
    fn follow_link(&mut self) {
        let link = self.phy.link();
        if link == self.link {
            return;
        }
        self.link = link;
        match link {
            Some(link) => {
                log::info!("Ethernet: the link is up, {link}");
                board::set_transmit_clock(link.megabits_per_second);
                NWCFG.write(configuration(Some(link)));
            }
            None => log::info!("Ethernet: the link is down"),
        }
    }
}

/// Acknowledges all that has happened; returns whether the transmitter has stopped at an error.
fn acknowledge_events() -> bool {
    ISR.write(ISR.read());
    let status = TXSR.read();
    TXSR.write(status);
    status & TX_ERRORS != 0
}

/// Without a descriptor for a frame, the receiver may stop for good (UG585, 16.7.4).
fn restart_receiver() {
    let events = RXSR.read() & (NOBUF | OVERRUN);
    if events != 0 {
        log::debug!("Ethernet: frames found no room, {events:#x}");
        RXSR.write(events);
        let control = NWCTRL.read();
        NWCTRL.write(control & !RXEN);
        NWCTRL.write(control | RXEN);
    }
}

/// The address that the boot loader has left; where it has left none, a locally administered one,
/// for a single board on a network.
fn hardware_address() -> EthernetAddress {
    let [a, b, c, d] = LADDR1L.read().to_le_bytes();
    let [e, f, ..] = LADDR1H.read().to_le_bytes();
    let mut address = EthernetAddress([a, b, c, d, e, f]);
    if !address.is_unicast() {
        log::warn!("the boot loader has left no hardware address");
        address = EthernetAddress([2, 0, 0, 0, 0, 1]);
    }
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

impl Device for Ethernet {
    type RxToken<'t> = Receive<'t>;
    type TxToken<'t> = Transmit<'t>;

    fn receive(&mut self, _: Instant) -> Option<(Receive<'_>, Transmit<'_>)> {
        if !self.transmitted.has_room() {
            return None;
        }
        let Some(length) = self.received.peek() else {
            restart_receiver();
            return None;
        };
        let receive = Receive {
            ring: &mut self.received,
            length,
        };
        let transmit = Transmit {
            ring: &mut self.transmitted,
            is_up: self.link.is_some(),
        };
        Some((receive, transmit))
    }

    fn transmit(&mut self, _: Instant) -> Option<Transmit<'_>> {
        self.transmitted.has_room().then_some(Transmit {
            ring: &mut self.transmitted,
            is_up: self.link.is_some(),
        })
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.max_transmission_unit = MTU;
        capabilities
    }
}

/// The right to take the frame that waits.
pub struct Receive<'t> {
    ring: &'t mut ReceiveRing,
    length: usize,
}

impl RxToken for Receive<'_> {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, read: F) -> R {
        self.ring.take(self.length, read)
    }
}

/// The right to transmit a frame.
pub struct Transmit<'t> {
    ring: &'t mut TransmitRing,
    is_up: bool,
}

impl TxToken for Transmit<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, fill: F) -> R {
        match self.is_up {
            true => self.ring.transmit(length, fill),
            false => self.ring.discard(length, fill),
        }
    }
}
