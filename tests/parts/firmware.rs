//! What is the same in the firmware of every board, without a board.

use std::cell::RefCell;
use std::collections::VecDeque;

use smoltcp::phy::{Device, DeviceCapabilities, RxToken, TxToken};
use smoltcp::time::Instant;
use uppercase::device::capture::{Capture, Frame};
use uppercase::firmware::{
    Controller, Driver, Fifo, FifoEnds, FifoFrames, FifoReceiver, FifoTransmitter, MTU, Port,
    programmed_address,
};
use uppercase::link::EthernetAddress;

#[cfg(feature = "fragmentation")]
use uppercase::device::reassembly::{Buffers, OVERHEAD, Reassembly};

#[test]
fn registers_without_an_address_give_one_that_is_administered_locally() {
    let given = EthernetAddress([2, 0, 0, 0, 0, 1]);
    let unused = 0xabcd_0000;
    for (low, high) in [(0, 0), (0, unused), (!0, !0), (0x0000_0001, 0)] {
        assert_eq!(programmed_address(low, high), given, "{low:x} {high:x}");
    }
    let last = EthernetAddress([0, 0, 0, 0, 0, 1]);
    assert_eq!(programmed_address(0, unused | 0x0100), last);
}

thread_local! {
    /// The words of each frame that is in the FIFOs.
    static FIFOS: RefCell<VecDeque<Vec<[u8; 4]>>> = const { RefCell::new(VecDeque::new()) };
}

/// FIFOs with nothing behind them: what is written there is there to be read. The length is in front of a
/// frame.
struct Fifos;

impl Fifo for Fifos {
    const OFFSET: usize = 2;

    fn waiting() -> u32 {
        FIFOS.with_borrow(|frames| frames.len() as u32)
    }

    fn read(words: &mut [[u8; 4]]) -> Option<usize> {
        let frame = FIFOS.with_borrow_mut(VecDeque::pop_front)?;
        words[..frame.len()].copy_from_slice(&frame);
        let [low, high, ..] = frame[0];
        Some(u16::from_le_bytes([low, high]).into())
    }

    fn empty() {
        FIFOS.take();
    }

    fn has_room() -> bool {
        true
    }

    fn write(words: &mut [[u8; 4]], length: usize) {
        words[0][..2].copy_from_slice(&(length as u16).to_le_bytes());
        let frame = words[..(Self::OFFSET + length).div_ceil(4)].to_vec();
        FIFOS.with_borrow_mut(|frames| frames.push_back(frame));
    }
}

/// The fewest words that compile.
const WORDS: usize = (Fifos::OFFSET + MTU).div_ceil(4);

struct Board(FifoEnds<Fifos, WORDS>);

impl Controller for Board {
    type Receiver = FifoReceiver<Fifos, WORDS>;
    type Transmitter = FifoTransmitter<Fifos, WORDS>;

    fn ends(&mut self) -> &mut FifoEnds<Fifos, WORDS> {
        &mut self.0
    }

    fn acknowledge(&mut self, _: Instant) {}
}

#[test]
fn the_longest_frame_passes_through_the_fewest_words() {
    let frames = Box::leak(Box::new(FifoFrames::new()));
    let mut port = Port::new(Board(FifoEnds::new(frames)));
    for length in [14, 15, MTU - 1, MTU] {
        let frame: Vec<_> = (0..length).map(|index| index as u8).collect();
        let room = port.transmit(Instant::ZERO).expect("there is room");
        room.consume(length, |bytes| bytes.copy_from_slice(&frame));
        let (received, _) = port.receive(Instant::ZERO).expect("it waits");
        received.consume(|bytes| assert_eq!(bytes, frame));
        assert!(port.receive(Instant::ZERO).is_none());
    }
}

/// A controller in wrappers, on a link that is down, is a driver as by itself.
#[test]
fn a_driver_in_wrappers_is_a_driver() {
    let mut acknowledged = Vec::new();
    let driver = Idle(&mut acknowledged);
    let driver = Capture::new(driver, |_: Frame<'_>| {});
    #[cfg(feature = "fragmentation")]
    let mut buffers = Buffers::<1, { 2048 + OVERHEAD }>::new();
    #[cfg(feature = "fragmentation")]
    let driver = Reassembly::new(driver, &mut buffers);
    expect_driver(driver);
    assert_eq!(acknowledged, [Instant::from_secs(7)]);
}

fn expect_driver(mut driver: impl Driver) {
    assert!(!driver.has_link());
    driver.acknowledge(Instant::from_secs(7));
}

/// A driver without frames, which notes when it is called.
struct Idle<'t>(&'t mut Vec<Instant>);

impl Device for Idle<'_> {
    type RxToken<'t>
        = Nothing
    where
        Self: 't;
    type TxToken<'t>
        = Nothing
    where
        Self: 't;

    fn receive(&mut self, _: Instant) -> Option<(Nothing, Nothing)> {
        None
    }

    fn transmit(&mut self, _: Instant) -> Option<Nothing> {
        None
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.max_transmission_unit = MTU;
        capabilities
    }
}

impl Driver for Idle<'_> {
    fn acknowledge(&mut self, now: Instant) {
        self.0.push(now);
    }

    fn has_link(&self) -> bool {
        false
    }
}

/// A token that there is none of.
enum Nothing {}

impl RxToken for Nothing {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, _: F) -> R {
        match self {}
    }
}

impl TxToken for Nothing {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, _: usize, _: F) -> R {
        match self {}
    }
}
