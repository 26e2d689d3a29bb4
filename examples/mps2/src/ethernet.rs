//! The LAN9118 Ethernet controller, or the LAN9220 of the real board, beside the FPGA.
//!
//! The controller keeps about 10 KiB of received frames and 4.5 KiB of frames to be transmitted.
//! Both are read and written a word at a time through one register each; beside the received frames
//! there is a second queue with a word about each, its status. Frames begin two bytes after the
//! beginning of a word, so that an IP header lies on one; the two bytes are kept here, too, and a
//! word of the controller is a word in memory.
//!
//! - There is room to transmit while one frame has room. Nothing waits for the controller, other than
//!   at the start, and there for a limited time.
//! - Frames with an error, and those too short or too long, are read to their end and dropped.
//! - The controller drops frames that find no room, whole ones; that needs no reaction. If
//!   it lost a status, or there is a status without its frame, nothing more can be found: it is
//!   emptied. Those frames are lost; their senders repeat them, as any lost frame.

use core::fmt;

use smoltcp::time::Instant;
use uppercase::firmware::phy::{Abilities, Mdio, Phy};
use uppercase::firmware::{
    CHECKSUM, Controller, Fifo, FifoEnds, FifoFrames, FifoReceiver, FifoTransmitter, MTU, Register,
    programmed_address,
};
use uppercase::link::EthernetAddress;

use crate::interrupts::ETHERNET;
use crate::machine::MACHINE;

/// Nothing, in front of a frame.
const OFFSET: usize = 2;

const fn mac(offset: usize) -> Register {
    // SAFETY: the registers of the Ethernet controller are there; it has no DMA.
    unsafe { Register::at(MACHINE.ethernet + offset) }
}
const RX_DATA: Register = mac(0x00);
const TX_DATA: Register = mac(0x20);
const RX_STATUS: Register = mac(0x40);
const ID_REV: Register = mac(0x50);
const IRQ_CFG: Register = mac(0x54);
/// Status when read, acknowledgement when written.
const INT_STS: Register = mac(0x58);
const INT_EN: Register = mac(0x5c);
const BYTE_TEST: Register = mac(0x64);
const FIFO_INT: Register = mac(0x68);
const RX_CFG: Register = mac(0x6c);
const TX_CFG: Register = mac(0x70);
const HW_CFG: Register = mac(0x74);
const RX_FIFO_INF: Register = mac(0x7c);
const TX_FIFO_INF: Register = mac(0x80);
const PMT_CTRL: Register = mac(0x84);
/// Counts up at 25 MHz, with the controller's own crystal.
pub const FREE_RUN: Register = mac(0x9c);
const MAC_CSR_CMD: Register = mac(0xa4);
const MAC_CSR_DATA: Register = mac(0xa8);
const E2P_CMD: Register = mac(0xb0);

/// What BYTE_TEST always reads, and the upper half of ID_REV: LAN9118 and LAN9220.
const BYTES_IN_ORDER: u32 = 0x8765_4321;
const CHIPS: [u32; 2] = [0x0118, 0x9220];
/// IRQ_CFG: active and high, driven both ways.
const IRQ_EN_POL_TYPE: u32 = 1 << 8 | 1 << 4 | 1 << 0;
/// INT_STS, INT_EN: the receiver has stopped, has an error; there is room to transmit; there are
/// frames. The last two are so if there is more than FIFO_INT says.
const RXSTOP: u32 = 1 << 24;
const RXE: u32 = 1 << 14;
const TDFA: u32 = 1 << 9;
const RSFL: u32 = 1 << 3;
/// All that is of interest, and that acknowledges it.
const EVENTS: u32 = RXSTOP | RXE | TDFA | RSFL;
/// Room for a frame and the two words in front of it.
const ROOM: usize = (8 + OFFSET + MTU).next_multiple_of(4);
/// FIFO_INT: in units of 64 bytes; there is as much room as for a frame, or a little less.
const ROOM_LEVEL: u32 = (ROOM as u32 / 64) << 24;
/// RX_CFG: where a frame begins; empty the FIFO.
const RXDOFF: u32 = (OFFSET as u32) << 8;
const RX_DUMP: u32 = 1 << 15;
/// RX_STATUS: it has an error.
const RX_ERROR: u32 = 1 << 15;
/// TX_CFG: transmit; go on even if no status is read.
const TX_ON: u32 = 1 << 1;
const TXSAO: u32 = 1 << 2;
/// HW_CFG: reset; 5 KiB for what is transmitted, its status included; must be one.
const SRST: u32 = 1 << 0;
const TX_FIF_SZ_5: u32 = 5 << 16;
const MBO: u32 = 1 << 20;
/// PMT_CTRL: ready for use.
const READY: u32 = 1 << 0;
/// E2P_CMD: reads the address out of its EEPROM.
const EPC_BUSY: u32 = 1 << 31;
/// The first word in front of a frame: a whole frame; where it begins; its length in bytes.
const FIRST_LAST: u32 = 1 << 13 | 1 << 12;
const TX_OFFSET: u32 = (OFFSET as u32) << 16;

/// MAC_CSR_CMD: busy; read; which of the registers behind it.
const CSR_BUSY: u32 = 1 << 31;
const CSR_READ: u32 = 1 << 30;
const MAC_CR: u32 = 1;
const ADDRH: u32 = 2;
const ADDRL: u32 = 3;
const MII_ACC: u32 = 6;
const MII_DATA: u32 = 7;
/// MAC_CR: full duplex; pass all groups' frames, which IPv6 needs; transmit; receive.
const FDPX: u32 = 1 << 20;
const MCPAS: u32 = 1 << 19;
const TXEN: u32 = 1 << 3;
const RXEN: u32 = 1 << 2;
const MODE: u32 = FDPX | if cfg!(feature = "ipv6") { MCPAS } else { 0 } | TXEN;
/// MII_ACC: which PHY, that in the controller is 1; write; busy.
const PHY: u8 = 1;
const MII_WRITE: u32 = 1 << 1;
const MII_BUSY: u32 = 1 << 0;

/// A frame as the controller has it: two bytes, the frame, room for the checksum.
const WORDS: usize = (OFFSET + MTU + CHECKSUM).div_ceil(4);
pub type Frames = FifoFrames<WORDS>;

/// The Ethernet controller.
pub struct Ethernet {
    ends: FifoEnds<Fifos, WORDS>,
    address: EthernetAddress,
    phy: Phy<Wires>,
}

impl Ethernet {
    /// Starts it, with the address in its EEPROM.
    ///
    /// # Errors
    /// If it is not there, or does not do what it is asked for.
    pub fn start(frames: &'static mut Frames) -> Result<Self, Error> {
        // After power is on it takes a while.
        PMT_CTRL.wait_until_set(READY);
        let (bytes, chip) = (BYTE_TEST.read(), ID_REV.read());
        if bytes != BYTES_IN_ORDER || !CHIPS.contains(&(chip >> 16)) {
            return Err(Error::Absent { bytes, chip });
        }
        log::debug!("Ethernet: chip {chip:08x}");
        HW_CFG.write(SRST);
        if !HW_CFG.wait_until_clear(SRST) || !E2P_CMD.wait_until_clear(EPC_BUSY) {
            return Err(Error::Stuck);
        }
        HW_CFG.write(TX_FIF_SZ_5 | MBO);
        let address = hardware_address().ok_or(Error::Stuck)?;
        // The PHY agrees with its partner upon what the controller is set to, and on no less:
        // full duplex, at 100 or 10 Mbit/s.
        let phy = Phy::start(Wires, [PHY], Abilities::FullDuplex100).ok_or(Error::Stuck)?;
        if !write_mac(MAC_CR, MODE | RXEN) {
            return Err(Error::Stuck);
        }
        TX_CFG.write(TX_ON | TXSAO);
        RX_CFG.write(RXDOFF);
        FIFO_INT.write(ROOM_LEVEL); // and more than 0 frames
        INT_STS.write(EVENTS);
        INT_EN.write(RSFL | RXE);
        IRQ_CFG.write(IRQ_EN_POL_TYPE);
        ETHERNET.enable();
        Ok(Self {
            ends: FifoEnds::new(frames),
            address,
            phy,
        })
    }

    pub fn hardware_address(&self) -> EthernetAddress {
        self.address
    }
}

impl Controller for Ethernet {
    type Receiver = FifoReceiver<Fifos, WORDS>;
    type Transmitter = FifoTransmitter<Fifos, WORDS>;

    fn ends(&mut self) -> &mut FifoEnds<Fifos, WORDS> {
        &mut self.ends
    }

    /// From now on there are the interrupts of received frames and, where there is none, of room to
    /// transmit.
    fn acknowledge(&mut self, now: Instant) {
        // Room is there nearly always, and would end each nap.
        let room = if Fifos::has_room() { 0 } else { TDFA };
        INT_EN.write(RSFL | RXE | room);
        let events = INT_STS.read();
        INT_STS.write(events & EVENTS);
        ETHERNET.unpend();
        if events & RXE != 0 {
            log::warn!("Ethernet: the receiver had an error, frames are lost");
            Fifos::empty();
        }
        self.phy.follow(now);
    }

    fn has_link(&self) -> bool {
        self.phy.link().is_some()
    }
}

/// Its FIFOs.
pub struct Fifos;

impl Fifo for Fifos {
    const OFFSET: usize = OFFSET;

    fn waiting() -> u32 {
        RX_FIFO_INF.read() >> 16 & 0xff
    }

    fn read(words: &mut [[u8; 4]]) -> Option<usize> {
        let status = RX_STATUS.read();
        let length = (status >> 16 & 0x3fff) as usize;
        let length_in_fifo = (OFFSET + length).div_ceil(4);
        if length_in_fifo > (RX_FIFO_INF.read() & 0xffff) as usize / 4 {
            return None;
        }
        let kept = length_in_fifo.min(words.len());
        RX_DATA.read_words(&mut words[..kept]);
        for _ in kept..length_in_fifo {
            RX_DATA.read();
        }
        match status & RX_ERROR {
            0 => Some(length.saturating_sub(CHECKSUM)),
            _ => Some(0),
        }
    }

    /// The receiver has to stop for it.
    fn empty() {
        INT_STS.write(RXSTOP);
        write_mac(MAC_CR, MODE);
        INT_STS.wait_until_set(RXSTOP);
        RX_CFG.write(RXDOFF | RX_DUMP);
        RX_CFG.wait_until_clear(RX_DUMP);
        write_mac(MAC_CR, MODE | RXEN);
    }

    fn has_room() -> bool {
        (TX_FIFO_INF.read() & 0xffff) as usize >= ROOM
    }

    fn write(words: &mut [[u8; 4]], length: usize) {
        // How long the frame is, once for this piece of it and once for all of it.
        TX_DATA.write(FIRST_LAST | TX_OFFSET | length as u32);
        TX_DATA.write(length as u32);
        TX_DATA.write_words(&words[..(OFFSET + length).div_ceil(4)]);
    }
}

/// The wires to the PHY, behind the MAC.
#[derive(Debug)]
struct Wires;

impl Wires {
    /// Does this, and waits for it; returns whether it comes to an end.
    fn access(phy: u8, register: u8, operation: u32) -> bool {
        let target = u32::from(phy) << 11 | u32::from(register) << 6;
        let is_idle = || read_mac(MII_ACC).is_some_and(|state| state & MII_BUSY == 0);
        write_mac(MII_ACC, target | operation | MII_BUSY) && (0..1000).any(|_| is_idle())
    }
}

impl Mdio for Wires {
    fn read(&self, phy: u8, register: u8) -> Option<u16> {
        let value = Self::access(phy, register, 0).then(|| read_mac(MII_DATA));
        value.flatten().map(|value| value as u16)
    }

    fn write(&self, phy: u8, register: u8, value: u16) {
        write_mac(MII_DATA, value.into());
        Self::access(phy, register, MII_WRITE);
    }
}

/// Why there is no Ethernet.
#[derive(Debug)]
pub enum Error {
    /// What is at its address is no controller that this driver knows.
    Absent {
        /// What BYTE_TEST reads.
        bytes: u32,
        /// What ID_REV reads.
        chip: u32,
    },
    /// It is there, but does not finish what it was asked for.
    Stuck,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent { bytes, chip } => write!(
                f,
                "no LAN9118 or LAN9220 at {:#010x}: it reads {bytes:08x} and {chip:08x}",
                MACHINE.ethernet
            ),
            Self::Stuck => write!(f, "the Ethernet controller does not answer"),
        }
    }
}

/// The address that the controller has found in its EEPROM; the emulator has one, too. It is used from
/// now on.
fn hardware_address() -> Option<EthernetAddress> {
    let address = programmed_address(read_mac(ADDRL)?, read_mac(ADDRH)?);
    let [a, b, c, d, e, f] = address.0;
    let is_written = write_mac(ADDRL, u32::from_le_bytes([a, b, c, d]))
        && write_mac(ADDRH, u32::from_le_bytes([e, f, 0, 0]));
    is_written.then_some(address)
}

/// Reads a register of the MAC behind the controller's own, or gives up.
fn read_mac(register: u32) -> Option<u32> {
    MAC_CSR_CMD.write(CSR_BUSY | CSR_READ | register);
    let done = MAC_CSR_CMD.wait_until_clear(CSR_BUSY);
    done.then(|| MAC_CSR_DATA.read())
}

/// Writes one, or gives up; returns whether it is written.
fn write_mac(register: u32, value: u32) -> bool {
    MAC_CSR_DATA.write(value);
    MAC_CSR_CMD.write(CSR_BUSY | register);
    MAC_CSR_CMD.wait_until_clear(CSR_BUSY)
}
