//! The virtio network card as a smoltcp [`Device`].
//!
//! The card is lent buffers, and gives them back with a frame in each or, of those to be
//! transmitted, empty. Which is which it says by a number, the buffer's token.
//!
//! - A received frame stays in its buffer until its token is consumed; then the card is lent the
//!   buffer again. With no buffers left, frames wait where they come from, or are lost there.
//! - While all buffers are being transmitted there are no tokens to transmit; while half of them
//!   are, none to receive. What is received may want an answer at once, and others from the
//!   sockets: if it were received and they had to wait, the next frame could find a connection
//!   that should be closed by now. Nothing waits for the card.
//! - Frames that are too short are left to the stack to drop. The card does not interrupt for a
//!   frame while there is an earlier one that was not looked at, so none may be left behind.

use core::fmt;
use core::ops::Range;
use core::ptr::NonNull;
use core::sync::atomic::{Ordering, fence};

use smoltcp::phy::{Device, DeviceCapabilities, RxToken, TxToken};
use smoltcp::time::Instant;
use uppercase::firmware::{Driver, MTU, Register};
use uppercase::link::EthernetAddress;
use virtio_drivers::device::net::VirtIONetRaw;
use virtio_drivers::transport::mmio::{MmioTransport, VirtIOHeader};
use virtio_drivers::transport::{DeviceType, Transport};

use crate::interrupts::Interrupt;
use crate::memory::Memory;

/// What virtio has in front of a frame: 10 bytes of a legacy card, 12 otherwise.
const PREFIX: usize = 12;
/// Frames that have room at once, in each direction; a power of two.
const QUEUE: usize = 8;

/// Where the machine has its virtio peripherals, and from which interrupt on.
const SLOTS: Range<usize> = 0..8;
const SLOT_SIZE: usize = 0x1000;
const FIRST_SLOT: usize = 0x1000_1000;
const FIRST_INTERRUPT: u32 = 1;
/// Where in a slot the status of a network card is, behind the registers that all have and its address.
const STATUS: usize = 0x100 + 6;
/// STATUS: there is a link.
const LINK_UP: u16 = 1 << 0;

type Card = VirtIONetRaw<Memory, MmioTransport<'static>, QUEUE>;
type Buffer = [u8; PREFIX + MTU];

/// The buffers that the card is lent.
pub struct Frames {
    received: [Buffer; QUEUE],
    transmitted: [Buffer; QUEUE],
}

impl Frames {
    pub const fn new() -> Self {
        Self {
            received: [[0; _]; _],
            transmitted: [[0; _]; _],
        }
    }
}

/// The network card.
pub struct Ethernet {
    card: Card,
    status: Register<u16>,
    interrupt: Interrupt,
    /// Those that the card may write to, by their tokens. There is no reference to them.
    lent: [Option<NonNull<Buffer>>; QUEUE],
    received: Option<Received>,
    transmitted: [Transmitted; QUEUE],
}

/// A buffer that the card has given back.
struct Received {
    buffer: &'static mut Buffer,
    /// Where in it the frame is.
    frame: Range<usize>,
    /// Its token was consumed: the card can have the buffer again.
    consumed: bool,
}

/// A buffer for a frame to be transmitted.
struct Transmitted {
    /// There is no reference to it while the card has it.
    buffer: NonNull<Buffer>,
    /// The token, and how many bytes, while the card has it.
    lent: Option<(u16, usize)>,
}

impl Ethernet {
    /// Starts the first network card that there is.
    ///
    /// # Errors
    /// If there is none, or it does not start.
    pub fn start(frames: &'static mut Frames) -> Result<Self, Error> {
        let (slot, transport) = find().ok_or(Error::Absent)?;
        let mut ethernet = Self {
            card: Card::new(transport).map_err(Error::Card)?,
            // SAFETY: a network card has its status there, which writes no memory.
            status: unsafe { Register::at(FIRST_SLOT + slot * SLOT_SIZE + STATUS) },
            interrupt: Interrupt(FIRST_INTERRUPT + slot as u32),
            lent: [None; QUEUE],
            received: None,
            transmitted: frames.transmitted.each_mut().map(|buffer| Transmitted {
                buffer: NonNull::from(buffer),
                lent: None,
            }),
        };
        for buffer in &mut frames.received {
            ethernet.lend(buffer);
        }
        ethernet.interrupt.enable();
        Ok(ethernet)
    }

    pub fn hardware_address(&self) -> EthernetAddress {
        EthernetAddress(self.card.mac_address())
    }

    /// How many buffers there are to transmit.
    fn free(&self) -> usize {
        self.transmitted.iter().filter(|t| t.lent.is_none()).count()
    }

    /// Takes back the transmitted buffers that the card is done with.
    fn reclaim(&mut self) {
        for _ in 0..QUEUE {
            let Some(token) = self.card.poll_transmit() else {
                return;
            };
            for Transmitted { buffer, lent } in &mut self.transmitted {
                let Some((_, length)) = lent.take_if(|(lent, _)| *lent == token) else {
                    continue;
                };
                // SAFETY: the card has said that it is done with the buffer.
                let buffer = unsafe { buffer.as_ref() };
                // SAFETY: it is the one that the token was given for.
                let result = unsafe { self.card.transmit_complete(token, &buffer[..length]) };
                if let Err(error) = result {
                    log::warn!("Ethernet: {error}");
                }
            }
        }
    }

    /// Lends the card a buffer to receive.
    fn lend(&mut self, buffer: &'static mut Buffer) {
        let lent = NonNull::from(&mut *buffer);
        // SAFETY: the buffer is `'static`. The last use of the reference is this call; there is
        // no other until `fetch` has it back.
        match unsafe { self.card.receive_begin(buffer) } {
            // There are as many tokens as there are buffers.
            Ok(token) => self.lent[usize::from(token)] = Some(lent),
            Err(error) => log::warn!("Ethernet: {error}, a buffer is lost"),
        }
    }

    /// Takes the next frame from the card.
    fn fetch(&mut self) -> Option<Received> {
        // Nothing that is on the wire makes the card fail, which it may do for each buffer.
        for _ in 0..QUEUE {
            let token = self.card.poll_receive()?;
            let mut lent = self.lent.get_mut(usize::from(token))?.take()?;
            // SAFETY: the card is done with the buffer, and there is no other reference to it.
            let buffer = unsafe { lent.as_mut() };
            // SAFETY: it is the one that the token was given for.
            let lengths = unsafe { self.card.receive_complete(token, buffer) };
            if let Ok((prefix, length)) = lengths
                && length <= MTU
            {
                return Some(Received {
                    buffer,
                    frame: prefix..prefix + length,
                    consumed: false,
                });
            }
            log::warn!("Ethernet: {lengths:?}, a frame is lost");
            self.lend(buffer);
        }
        None
    }
}

/// Why there is no Ethernet.
#[derive(Debug)]
pub enum Error {
    /// None of the machine's virtio peripherals is a network card.
    Absent,
    /// It does not start.
    Card(virtio_drivers::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => write!(f, "the machine has no virtio network card"),
            Self::Card(error) => write!(f, "the network card does not start: {error}"),
        }
    }
}

/// The first network card among the machine's virtio peripherals, and which slot it is in.
fn find() -> Option<(usize, MmioTransport<'static>)> {
    SLOTS.into_iter().find_map(|slot| {
        let address = FIRST_SLOT + slot * SLOT_SIZE;
        let header = NonNull::new(address as *mut VirtIOHeader)?;
        // SAFETY: each slot is the registers of a virtio peripheral, if only to say that there is
        // none in it. No other code uses them: `Ethernet::start` needs the one `Frames` there is.
        let transport = unsafe { MmioTransport::new(header, SLOT_SIZE) }.ok()?;
        log::debug!(
            "slot {slot}: {:?}, {:?}",
            transport.device_type(),
            transport.version()
        );
        (transport.device_type() == DeviceType::Network).then_some((slot, transport))
    })
}

impl Driver for Ethernet {
    fn acknowledge(&mut self, _: Instant) {
        self.card.ack_interrupt();
        self.interrupt.unpend();
        fence(Ordering::SeqCst); // The card has been told up to where we have looked.
    }

    /// The card interrupts when it comes or goes, too.
    fn has_link(&self) -> bool {
        self.status.read() & LINK_UP != 0
    }
}

impl Device for Ethernet {
    type RxToken<'t> = Receive<'t>;
    type TxToken<'t> = Transmit<'t>;

    fn receive(&mut self, _: Instant) -> Option<(Receive<'_>, Transmit<'_>)> {
        if let Some(received) = self.received.take_if(|received| received.consumed) {
            self.lend(received.buffer);
        }
        self.reclaim();
        if self.free() < QUEUE / 2 {
            return None;
        }
        if self.received.is_none() {
            self.received = Some(self.fetch()?);
        }
        let transmit = Transmit {
            card: &mut self.card,
            buffer: self.transmitted.iter_mut().find(|t| t.lent.is_none())?,
        };
        Some((Receive(self.received.as_mut()?), transmit))
    }

    fn transmit(&mut self, _: Instant) -> Option<Transmit<'_>> {
        self.reclaim();
        Some(Transmit {
            card: &mut self.card,
            buffer: self.transmitted.iter_mut().find(|t| t.lent.is_none())?,
        })
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.max_transmission_unit = MTU;
        capabilities
    }
}

/// The right to take the frame that waits.
pub struct Receive<'t>(&'t mut Received);

impl RxToken for Receive<'_> {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, read: F) -> R {
        self.0.consumed = true;
        read(&self.0.buffer[self.0.frame.clone()])
    }
}

/// The right to transmit a frame: the card does not have the buffer.
pub struct Transmit<'t> {
    card: &'t mut Card,
    buffer: &'t mut Transmitted,
}

impl TxToken for Transmit<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, fill: F) -> R {
        // SAFETY: the card does not have it, and there is no other reference to it.
        let buffer = unsafe { self.buffer.buffer.as_mut() };
        // Fits: no prefix is longer. smoltcp keeps to the MTU; what is longer than that is cut.
        let prefix = self.card.fill_buffer_header(buffer).unwrap_or(PREFIX);
        let length = prefix + length.min(MTU);
        let result = fill(&mut buffer[prefix..length]);
        // SAFETY: the buffer is `'static`. The last use of the reference is this call; there is
        // no other until `reclaim` has it back.
        match unsafe { self.card.transmit_begin(&buffer[..length]) } {
            Ok(token) => self.buffer.lent = Some((token, length)),
            Err(error) => log::warn!("Ethernet: {error}, a frame is lost"),
        }
        result
    }
}
