//! Registers, buffers and the interrupt.

use std::collections::VecDeque;
use std::task::Waker;

/// Each of the two buffers, in bytes: all memory that the chip has for one socket.
const BUFFER: usize = 16 * 1024;
/// Before each frame in the receive buffer, in bytes: its length, itself included.
const LENGTH: usize = 2;
/// The shortest frame on a wire, in bytes without its checksum.
const SHORTEST: usize = 60;

// Blocks of addresses, as the driver selects them.
const COMMON: u8 = 0;
const SOCKET: u8 = 1;
const TRANSMIT: u8 = 2;
const RECEIVE: u8 = 3;

// Common registers.
const MODE: u16 = 0x00;
const ADDRESS: usize = 0x09;
const SOCKET_INTERRUPT_MASK: usize = 0x18;
const PHY: usize = 0x2e;
const VERSION: usize = 0x39;

// Registers of a socket.
const SOCKET_MODE: usize = 0x00;
const COMMAND: u16 = 0x01;
const INTERRUPT: u16 = 0x02;
const RECEIVE_SIZE: usize = 0x1e;
const TRANSMIT_SIZE: usize = 0x1f;
const TRANSMIT_FREE: usize = 0x20;
const TRANSMIT_FREE_END: usize = 0x21;
const TRANSMIT_WRITE: usize = 0x24;
const RECEIVED_SIZE: usize = 0x26;
const RECEIVED_SIZE_END: usize = 0x27;
const RECEIVE_READ: usize = 0x28;
const INTERRUPT_MASK: usize = 0x2c;

/// MODE: all registers as after power-on.
const RESET: u8 = 0x80;
/// SOCKET_MODE: frames for other hosts are dropped.
const FILTER: u8 = 0x80;
/// SOCKET_MODE, its low half: frames instead of the chip's own TCP and UDP.
const MACRAW: u8 = 4;
/// INTERRUPT: a frame was received.
const RECEIVED: u8 = 4;

// COMMAND.
const OPEN: u8 = 0x01;
const SEND: u8 = 0x20;
const RECV: u8 = 0x40;

/// A W5500 in MACRAW mode, with its link up.
#[derive(Debug)]
pub struct Chip {
    common: [u8; 0x40],
    socket: [u8; 0x30],
    receive: Vec<u8>,
    transmit: Vec<u8>,
    /// Where the next frame is written that comes from the wire. Like all positions it counts on
    /// over the end of the buffer.
    written: u16,
    /// Up to where the driver has given back what it has read.
    read: u16,
    /// Up to where everything was transmitted.
    sent: u16,
    /// Frames for the wire.
    outgoing: VecDeque<Vec<u8>>,
    dropped: usize,
    waker: Waker,
}

impl Chip {
    /// A chip after power-on.
    pub fn new() -> Self {
        let mut chip = Self {
            common: [0; _],
            socket: [0; _],
            receive: vec![0; BUFFER],
            transmit: vec![0; BUFFER],
            written: 0,
            read: 0,
            sent: 0,
            outgoing: VecDeque::new(),
            dropped: 0,
            waker: Waker::noop().clone(),
        };
        chip.reset();
        chip
    }

    fn reset(&mut self) {
        self.common = [0; _];
        self.common[VERSION] = 4;
        self.common[PHY] = 0xbf; // up, 100 Mbit/s, full duplex
        self.socket = [0; _];
        self.socket[RECEIVE_SIZE] = 2;
        self.socket[TRANSMIT_SIZE] = 2;
        self.socket[INTERRUPT_MASK] = 0xff;
    }

    /// How many bytes of received frames wait for the driver.
    pub fn waiting(&self) -> usize {
        self.written.wrapping_sub(self.read).into()
    }

    /// How many frames from the wire have found no room.
    pub fn dropped(&self) -> usize {
        self.dropped
    }

    /// Whether the interrupt pin is low. It is as long as any interrupt is set that is not masked.
    pub fn is_interrupting(&self) -> bool {
        let interrupts = self.socket[usize::from(INTERRUPT)] & self.socket[INTERRUPT_MASK];
        interrupts != 0 && self.common[SOCKET_INTERRUPT_MASK] & 1 != 0
    }

    /// The waker to call when the pin goes low.
    pub fn set_waker(&mut self, waker: &Waker) {
        self.waker.clone_from(waker);
    }

    /// Takes a frame from the wire.
    pub fn receive(&mut self, frame: &[u8]) {
        let own = &self.common[ADDRESS..ADDRESS + 6];
        let is_filtered = self.socket[SOCKET_MODE] & FILTER != 0;
        if is_filtered && &frame[..6] != own && frame[..6] != [0xff; 6] {
            return;
        }
        if self.waiting() + LENGTH + frame.len() > BUFFER {
            self.dropped += 1;
            return;
        }
        let length = ((LENGTH + frame.len()) as u16).to_be_bytes();
        for byte in length.iter().chain(frame) {
            self.receive[usize::from(self.written) % BUFFER] = *byte;
            self.written = self.written.wrapping_add(1);
        }
        self.socket[usize::from(INTERRUPT)] |= RECEIVED;
        if self.is_interrupting() {
            self.waker.wake_by_ref();
        }
    }

    /// Gives the next frame to the wire.
    pub fn transmitted(&mut self) -> Option<Vec<u8>> {
        self.outgoing.pop_front()
    }

    /// What the driver reads at an address of a block.
    pub(crate) fn read(&self, block: u8, address: u16) -> u8 {
        let at = usize::from(address);
        match block {
            COMMON => self.common[at],
            SOCKET => self.socket(at),
            TRANSMIT => self.transmit[at % BUFFER],
            RECEIVE => self.receive[at % BUFFER],
            _ => panic!("block {block} belongs to a socket that the driver does not use"),
        }
    }

    fn socket(&self, at: usize) -> u8 {
        let pending = self.word(TRANSMIT_WRITE).wrapping_sub(self.sent);
        let free = (BUFFER as u16 - pending).to_be_bytes();
        let received = (self.waiting() as u16).to_be_bytes();
        match at {
            TRANSMIT_FREE..=TRANSMIT_FREE_END => free[at - TRANSMIT_FREE],
            RECEIVED_SIZE..=RECEIVED_SIZE_END => received[at - RECEIVED_SIZE],
            _ => self.socket[at],
        }
    }

    fn word(&self, at: usize) -> u16 {
        u16::from_be_bytes([self.socket[at], self.socket[at + 1]])
    }

    /// Takes what the driver writes to an address of a block.
    pub(crate) fn write(&mut self, block: u8, address: u16, value: u8) {
        let at = usize::from(address);
        match (block, address) {
            (COMMON, MODE) if value & RESET != 0 => self.reset(),
            (COMMON, _) => self.common[at] = value,
            (SOCKET, COMMAND) => self.command(value),
            // Ones clear, and clear for all frames that have arrived until now.
            (SOCKET, INTERRUPT) => self.socket[at] &= !value,
            (SOCKET, _) => self.socket[at] = value,
            (TRANSMIT, _) => self.transmit[at % BUFFER] = value,
            _ => panic!("block {block} is not for the driver to write"),
        }
    }

    fn command(&mut self, command: u8) {
        match command {
            OPEN => {
                let sizes = [self.socket[RECEIVE_SIZE], self.socket[TRANSMIT_SIZE]];
                assert_eq!(sizes, [16, 16], "KiB, the sizes that this model has");
                assert_eq!(self.socket[SOCKET_MODE] & 0xf, MACRAW);
                (self.written, self.read, self.sent) = (0, 0, 0);
            }
            SEND => {
                let end = self.word(TRANSMIT_WRITE);
                let mut frame = Vec::new();
                while self.sent != end {
                    frame.push(self.transmit[usize::from(self.sent) % BUFFER]);
                    self.sent = self.sent.wrapping_add(1);
                }
                frame.resize(frame.len().max(SHORTEST), 0);
                self.outgoing.push_back(frame);
            }
            // The interrupt is not set again for frames that still wait.
            RECV => self.read = self.word(RECEIVE_READ),
            _ => panic!("command {command:#x} is not used in MACRAW mode"),
        }
    }
}

impl Default for Chip {
    fn default() -> Self {
        Self::new()
    }
}
