//! The Ethernet controller of the board as a driver of Embassy.

use core::task::Context;

use embassy_net_driver::{Capabilities, Driver, HardwareAddress, LinkState, RxToken, TxToken};
use uppercase::firmware::{Fifo, HEADER, MTU};
use uppercase::link::EthernetAddress;

use crate::ethernet::{self, Fifos, WORDS};
use crate::interrupts::{self, WAKER};

/// A frame as the controller has it.
#[repr(align(4))]
struct Words([[u8; 4]; WORDS]);

impl Words {
    /// The frame in it.
    fn frame(&mut self, length: usize) -> &mut [u8] {
        &mut self.0.as_flattened_mut()[Fifos::OFFSET..Fifos::OFFSET + length]
    }
}

/// The frame that was received last, and the one that is transmitted.
pub struct Frames {
    received: Words,
    transmitted: Words,
}

impl Frames {
    pub const ZERO: Self = Self {
        received: Words([[0; 4]; WORDS]),
        transmitted: Words([[0; 4]; WORDS]),
    };
}

pub struct Mac {
    frames: &'static mut Frames,
    /// The length of the frame that waits; 0 is none.
    waiting: usize,
    address: EthernetAddress,
}

impl Mac {
    pub fn start(address: EthernetAddress, frames: &'static mut Frames) -> Self {
        ethernet::start(address);
        interrupts::start();
        Self {
            frames,
            waiting: 0,
            address,
        }
    }

    /// Reads the next good frame; returns its length.
    fn read(&mut self) -> Option<usize> {
        for _ in 0..Fifos::waiting() {
            let Some(length) = Fifos::read(&mut self.frames.received.0) else {
                Fifos::empty();
                return None;
            };
            if (HEADER..=MTU).contains(&length) {
                return Some(length);
            }
        }
        Fifos::go_on();
        None
    }
}

impl Driver for Mac {
    type RxToken<'t> = Receive<'t>;
    type TxToken<'t> = Transmit<'t>;

    fn receive(&mut self, context: &mut Context<'_>) -> Option<(Receive<'_>, Transmit<'_>)> {
        WAKER.register(context.waker());
        if !Fifos::has_room() {
            return None;
        }
        if self.waiting == 0 {
            self.waiting = self.read()?;
        }
        let receive = Receive(&mut self.frames.received, &mut self.waiting);
        Some((receive, Transmit(&mut self.frames.transmitted)))
    }

    fn transmit(&mut self, context: &mut Context<'_>) -> Option<Transmit<'_>> {
        WAKER.register(context.waker());
        Fifos::has_room().then_some(Transmit(&mut self.frames.transmitted))
    }

    fn link_state(&mut self, _: &mut Context<'_>) -> LinkState {
        LinkState::Up
    }

    fn capabilities(&self) -> Capabilities {
        let mut capabilities = Capabilities::default();
        capabilities.max_transmission_unit = MTU;
        capabilities
    }

    fn hardware_address(&self) -> HardwareAddress {
        HardwareAddress::Ethernet(self.address.0)
    }
}

pub struct Receive<'t>(&'t mut Words, &'t mut usize);

impl RxToken for Receive<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, read: F) -> R {
        read(self.0.frame(core::mem::take(self.1)))
    }
}

pub struct Transmit<'t>(&'t mut Words);

impl TxToken for Transmit<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, fill: F) -> R {
        let length = length.min(MTU);
        let result = fill(self.0.frame(length));
        Fifos::write(&mut self.0.0, length);
        result
    }
}
