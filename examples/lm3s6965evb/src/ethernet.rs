//! The Ethernet controller of the chip.
//!
//! The controller keeps 2 KiB of received frames, and one frame that is being transmitted. Both
//! are read and written a word at a time through one register. In front of a frame is its length,
//! in two bytes, so that an IP header lies on a word; the two bytes are kept here, too, and a word
//! of the controller is a word in memory.
//!
//! - While a frame is being transmitted there is no room for another one, and received frames wait in
//!   the controller. Nothing waits for the controller.
//! - Frames that are too short or too long are read to their end and dropped; the controller drops
//!   those with a wrong checksum itself.
//! - After an overrun the frames that were complete are read, and then the controller is emptied:
//!   what may be left in it is the beginning of a frame without its end.
//! - If a length is impossible, nothing after it can be found: the controller is emptied at once.
//!   Those frames are lost; their senders repeat them, as any lost frame.

use smoltcp::time::Instant;
use uppercase::firmware::phy::{self, Abilities, Mdio};
use uppercase::firmware::{
    CHECKSUM, Controller, Fifo, FifoEnds, FifoFrames, FifoReceiver, FifoTransmitter, HEADER, MTU,
    Port, Register,
};
use uppercase::link::EthernetAddress;

use crate::interrupts::ETHERNET;

/// The length in front of a frame.
const LENGTH: usize = 2;

const fn mac(offset: usize) -> Register {
    // SAFETY: the registers of the Ethernet controller are there; it has no DMA.
    unsafe { Register::at(0x4004_8000 + offset) }
}
/// Status when read, acknowledgement when written.
const MACRIS: Register = mac(0x00);
const MACIM: Register = mac(0x04);
const MACRCTL: Register = mac(0x08);
const MACTCTL: Register = mac(0x0c);
const MACDATA: Register = mac(0x10);
const MACIA0: Register = mac(0x14);
const MACIA1: Register = mac(0x18);
const MACMCTL: Register = mac(0x20);
const MACMDV: Register = mac(0x24);
const MACMTXD: Register = mac(0x2c);
const MACMRXD: Register = mac(0x30);
const MACNP: Register = mac(0x34);
const MACTR: Register = mac(0x38);

/// MACRIS, MACIM: received, transmit error, transmitted, receive overrun, receive error.
const RXINT: u32 = 1 << 0;
const TXER: u32 = 1 << 1;
const TXEMP: u32 = 1 << 2;
const FOV: u32 = 1 << 3;
const RXER: u32 = 1 << 4;
/// All that is of interest, and that acknowledges it.
const EVENTS: u32 = RXINT | TXER | TXEMP | FOV | RXER;
/// MACRCTL: receive; all groups' frames, which IPv6 needs to be found; drop frames with a wrong
/// checksum; empty the FIFO.
const RXEN: u32 = 1 << 0;
const AMUL: u32 = 1 << 1;
const BADCRC: u32 = 1 << 3;
const RSTFIFO: u32 = 1 << 4;
const RECEIVE: u32 = BADCRC | if cfg!(feature = "ipv6") { AMUL } else { 0 };
/// MACTCTL: transmit; pad short frames; append the checksum; full duplex.
const TXEN: u32 = 1 << 0;
const PADEN: u32 = 1 << 1;
const CRC: u32 = 1 << 2;
const DUPLEX: u32 = 1 << 4;
/// MACNP: how many frames there are.
const NPR: u32 = 0x3f;
/// MACTR: a frame waits to be transmitted, or is being transmitted.
const NEWTX: u32 = 1 << 0;
/// MACMCTL: busy; write.
const START: u32 = 1 << 0;
const WRITE: u32 = 1 << 1;
/// MACMDV: the PHY is spoken to with 50 MHz / (2 * (9 + 1)) = 2.5 MHz, the most that it may be.
const MDV: u32 = 9;

/// A frame as the controller has it: the length, the frame.
pub const WORDS: usize = (LENGTH + MTU).div_ceil(4);
pub type Frames = FifoFrames<WORDS>;

/// The Ethernet controller.
pub struct Ethernet {
    ends: FifoEnds<Fifos, WORDS>,
    /// The emulator has none. Then the link is taken for one that is there.
    #[cfg(feature = "link")]
    phy: Option<phy::Phy<Wires>>,
}

impl Ethernet {
    /// A device of the controller, with this hardware address.
    pub fn start(address: EthernetAddress, frames: &'static mut Frames) -> Port<Self> {
        start(address);
        Port::new(Self {
            ends: FifoEnds::new(frames),
            #[cfg(feature = "link")]
            phy: phy::Phy::start(Wires, [PHY], Abilities::FullDuplex100),
        })
    }
}

/// Starts the controller with this hardware address. The PHY agrees with its partner upon what the
/// controller is set to, and on no less.
pub fn start(EthernetAddress([a, b, c, d, e, f]): EthernetAddress) {
    MACIM.write(0);
    MACIA0.write(u32::from_le_bytes([a, b, c, d]));
    MACIA1.write(u32::from_le_bytes([e, f, 0, 0]));
    MACMDV.write(MDV);
    #[cfg(not(feature = "link"))]
    phy::negotiate(&Wires, PHY, Abilities::FullDuplex100);
    MACTCTL.write(TXEN | PADEN | CRC | DUPLEX);
    Fifos::empty();
    MACRIS.write(EVENTS);
    MACIM.write(EVENTS);
    ETHERNET.enable();
}

impl Controller for Ethernet {
    type Receiver = FifoReceiver<Fifos, WORDS>;
    type Transmitter = FifoTransmitter<Fifos, WORDS>;

    fn ends(&mut self) -> &mut FifoEnds<Fifos, WORDS> {
        &mut self.ends
    }

    /// Leaves the interrupt of an overrun, which `go_on` clears.
    #[cfg_attr(not(feature = "link"), expect(unused_variables))]
    fn acknowledge(&mut self, now: Instant) {
        MACRIS.write(MACRIS.read() & !FOV & EVENTS);
        ETHERNET.unpend();
        #[cfg(feature = "link")]
        if let Some(phy) = &mut self.phy {
            phy.follow(now);
        }
    }

    #[cfg(feature = "link")]
    fn has_link(&self) -> bool {
        self.phy.as_ref().is_none_or(|phy| phy.link().is_some())
    }
}

/// Its FIFOs, which are behind one register.
pub struct Fifos;

impl Fifo for Fifos {
    const OFFSET: usize = LENGTH;

    fn waiting() -> u32 {
        MACNP.read() & NPR
    }

    fn read(words: &mut [[u8; 4]]) -> Option<usize> {
        let first = MACDATA.read();
        let length = (first & 0xffff) as usize;
        if !(LENGTH + CHECKSUM..2048).contains(&length) {
            return None;
        }
        words[0] = first.to_le_bytes();
        let rest = length.div_ceil(4) - 1;
        let kept = rest.min(words.len() - 1);
        MACDATA.read_words(&mut words[1..=kept]);
        for _ in kept..rest {
            MACDATA.read();
        }
        Some(length - LENGTH - CHECKSUM)
    }

    fn empty() {
        MACRCTL.write(RECEIVE);
        MACRCTL.write(RECEIVE | RSTFIFO);
        MACRCTL.write(RECEIVE | RXEN);
    }

    /// After an overrun, the beginning of a frame without its end may be left.
    fn go_on() {
        if MACRIS.read() & FOV == 0 {
            return;
        }
        // It receives nothing between the last look at it and its emptying.
        MACRCTL.write(RECEIVE);
        if Self::waiting() == 0 {
            log::warn!("Ethernet: the controller overran, frames are lost");
            Self::empty();
            MACRIS.write(FOV);
        }
        MACRCTL.write(RECEIVE | RXEN);
    }

    fn has_room() -> bool {
        MACTR.read() & NEWTX == 0
    }

    fn write(words: &mut [[u8; 4]], length: usize) {
        // Its own header does not count.
        let counted = length.saturating_sub(HEADER) as u16;
        words[0][..LENGTH].copy_from_slice(&counted.to_le_bytes());
        // After an error the controller would go on where it stopped.
        MACRIS.write(TXER);
        MACDATA.write_words(&words[..(LENGTH + length).div_ceil(4)]);
        MACTR.write(NEWTX);
    }
}

/// The wires to the PHY, which is in the chip and has no address.
#[derive(Debug)]
struct Wires;
const PHY: u8 = 0;

impl Mdio for Wires {
    fn read(&self, _: u8, register: u8) -> Option<u16> {
        MACMCTL.write(u32::from(register) << 3 | START);
        let is_done = MACMCTL.wait_until_clear(START);
        is_done.then(|| MACMRXD.read() as u16)
    }

    fn write(&self, _: u8, register: u8, value: u16) {
        MACMTXD.write(value.into());
        MACMCTL.write(u32::from(register) << 3 | WRITE | START);
        MACMCTL.wait_until_clear(START);
    }
}
