//! The Ethernet controller of the chip as a smoltcp [`Device`].
//!
//! The controller keeps 2 KiB of received frames, and one frame that is being transmitted. Both
//! are read and written a word at a time through one register. In front of a frame is its length,
//! in two bytes, so that an IP header lies on a word; the two bytes are kept here, too, and a word
//! of the controller is a word in memory.
//!
//! - A received frame stays in its buffer until its token is consumed.
//! - While a frame is being transmitted there are no tokens, neither to transmit nor to receive
//!   (which may want to answer): frames wait in the controller. Nothing waits for the controller.
//! - Frames that are too short or too long are read to their end and dropped; the controller drops
//!   those with a wrong checksum itself.
//! - After an overrun the frames that were complete are read, and then the controller is emptied:
//!   what may be left in it is the beginning of a frame without its end.
//! - If a length is impossible, nothing after it can be found: the controller is emptied at once.
//!   Those frames are lost; their senders repeat them, as any lost frame.

use cortex_m::peripheral::NVIC;
use smoltcp::phy::{Device, DeviceCapabilities, RxToken, TxToken};
use smoltcp::time::Instant;
use uppercase::firmware::Register;
use uppercase::link::EthernetAddress;

use crate::interrupts::Interrupt;

/// The longest frame, without its checksum.
const MTU: usize = 1514;
/// The Ethernet header.
const HEADER: usize = 14;
/// The length in front of a frame, and the checksum behind a received one.
const LENGTH: usize = 2;
const CHECKSUM: usize = 4;

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
///
/// Words of four bytes each; the alignment makes one access of reading and writing one.
#[repr(align(4))]
struct Words([[u8; 4]; (LENGTH + MTU).div_ceil(4)]);

impl Words {
    const fn new() -> Self {
        Self([[0; 4]; _])
    }
}

/// The two frames that the driver works on.
pub struct Frames {
    received: Words,
    transmitted: Words,
}

impl Frames {
    pub const fn new() -> Self {
        Self {
            received: Words::new(),
            transmitted: Words::new(),
        }
    }
}

/// The Ethernet controller.
pub struct Ethernet {
    frames: &'static mut Frames,
    /// The length of the frame that waits for its token to be consumed; 0 is none.
    waiting: usize,
}

impl Ethernet {
    pub fn start(EthernetAddress(address): EthernetAddress, frames: &'static mut Frames) -> Self {
        let [a, b, c, d, e, f] = address;
        MACIM.write(0);
        MACIA0.write(u32::from_le_bytes([a, b, c, d]));
        MACIA1.write(u32::from_le_bytes([e, f, 0, 0]));
        // The PHY agrees with its partner upon what the controller is set to, and on no less:
        // full duplex, at 100 or 10 Mbit/s.
        MACMDV.write(MDV);
        write_phy(4, 0x0141); // advertise 100BASE-TX and 10BASE-T, both full duplex
        write_phy(0, 0x1200); // negotiate, from the beginning
        MACTCTL.write(TXEN | PADEN | CRC | DUPLEX);
        empty_receive_fifo();
        MACRIS.write(EVENTS);
        MACIM.write(EVENTS);
        Interrupt::Ethernet.enable();
        Self { frames, waiting: 0 }
    }

    /// Clears the interrupts that are pending, other than that of an overrun, which `fetch` clears.
    pub fn acknowledge(&mut self) {
        MACRIS.write(MACRIS.read() & !FOV & EVENTS);
        NVIC::unpend(Interrupt::Ethernet);
    }

    /// Takes the next good frame from the controller; returns its length.
    fn fetch(&mut self) -> Option<usize> {
        // No more than there are now: this has to come to an end.
        for _ in 0..frames_in_fifo() {
            let first = MACDATA.read();
            let length = (first & 0xffff) as usize;
            if !(LENGTH + CHECKSUM..2048).contains(&length) {
                log::warn!("Ethernet: a frame of {length} bytes cannot be, frames are lost");
                empty_receive_fifo();
                return None;
            }
            let words = &mut self.frames.received.0;
            words[0] = first.to_le_bytes();
            let rest = length.div_ceil(4) - 1;
            let kept = rest.min(words.len() - 1);
            MACDATA.read_words(&mut words[1..=kept]);
            for _ in kept..rest {
                MACDATA.read();
            }
            let length = length - LENGTH - CHECKSUM;
            if (HEADER..=MTU).contains(&length) {
                return Some(length);
            }
            log::debug!("Ethernet: a frame of {length} bytes is dropped");
        }
        if has_overrun() {
            // It receives nothing between the last look at it and its emptying.
            MACRCTL.write(RECEIVE);
            if frames_in_fifo() == 0 {
                log::warn!("Ethernet: the controller overran, frames are lost");
                empty_receive_fifo();
                MACRIS.write(FOV);
            }
            MACRCTL.write(RECEIVE | RXEN);
        }
        None
    }
}

/// Writes a register of the PHY, or gives up.
fn write_phy(register: u32, value: u32) {
    MACMTXD.write(value);
    MACMCTL.write(register << 3 | WRITE | START);
    MACMCTL.wait_until_clear(START);
}

fn empty_receive_fifo() {
    MACRCTL.write(RECEIVE);
    MACRCTL.write(RECEIVE | RSTFIFO);
    MACRCTL.write(RECEIVE | RXEN);
}

fn frames_in_fifo() -> u32 {
    MACNP.read() & NPR
}

fn has_overrun() -> bool {
    MACRIS.read() & FOV != 0
}

fn is_transmitting() -> bool {
    MACTR.read() & NEWTX != 0
}

impl Device for Ethernet {
    type RxToken<'t> = Receive<'t>;
    type TxToken<'t> = Transmit<'t>;

    fn receive(&mut self, _: Instant) -> Option<(Receive<'_>, Transmit<'_>)> {
        if is_transmitting() {
            return None;
        }
        if self.waiting == 0 {
            self.waiting = self.fetch()?;
        }
        let Self { frames, waiting } = self;
        let receive = Receive {
            words: &frames.received,
            waiting,
        };
        Some((receive, Transmit(&mut frames.transmitted)))
    }

    fn transmit(&mut self, _: Instant) -> Option<Transmit<'_>> {
        (!is_transmitting()).then_some(Transmit(&mut self.frames.transmitted))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.max_transmission_unit = MTU;
        capabilities
    }
}

/// The right to take the frame that waits.
pub struct Receive<'t> {
    words: &'t Words,
    waiting: &'t mut usize,
}

impl RxToken for Receive<'_> {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, read: F) -> R {
        let length = core::mem::take(self.waiting);
        read(&self.words.0.as_flattened()[LENGTH..LENGTH + length])
    }
}

/// The right to transmit a frame.
pub struct Transmit<'t>(&'t mut Words);

impl TxToken for Transmit<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, fill: F) -> R {
        let words = &mut self.0.0;
        let bytes = words.as_flattened_mut();
        // smoltcp keeps to the MTU; what is longer than that is cut, not written elsewhere.
        let length = length.min(MTU);
        let result = fill(&mut bytes[LENGTH..LENGTH + length]);
        // Its own header does not count.
        let counted = length.saturating_sub(HEADER) as u16;
        bytes[..LENGTH].copy_from_slice(&counted.to_le_bytes());
        // After an error the controller would go on where it stopped.
        MACRIS.write(TXER);
        MACDATA.write_words(&words[..(LENGTH + length).div_ceil(4)]);
        MACTR.write(NEWTX);
        result
    }
}
