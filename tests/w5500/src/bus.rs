//! The lines between the chip and the microcontroller.

use std::cell::RefCell;
use std::convert::Infallible;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;

use embassy_time::{Duration, Timer};
use embedded_hal::digital::{self, OutputPin};
use embedded_hal_async::digital::Wait;
use embedded_hal_async::spi::{self, Operation, SpiDevice};

use crate::Chip;

/// The clock of the firmware's SPI.
const HERTZ: u64 = 31_250_000;
/// What a transaction takes beside its bits: the select line and the set-up of two DMA channels.
const SET_UP: Duration = Duration::from_micros(3);
/// Before the data, in bytes: the address, the block and the direction.
const HEADER: usize = 3;

/// The SPI bus with the chip on it, at the firmware's speed.
#[derive(Clone, Debug)]
pub struct Bus(pub Rc<RefCell<Chip>>);

impl spi::ErrorType for Bus {
    type Error = Infallible;
}

impl SpiDevice for Bus {
    async fn transaction(
        &mut self,
        operations: &mut [Operation<'_, u8>],
    ) -> Result<(), Infallible> {
        let bytes: usize = operations.iter().map(length).sum();
        Timer::after(SET_UP + Duration::from_micros(bytes as u64 * 8 * 1_000_000 / HERTZ)).await;
        let mut chip = self.0.borrow_mut();
        let mut header = Vec::new();
        let mut place = 0;
        for operation in operations {
            match operation {
                Operation::Write(bytes) => {
                    for byte in bytes.iter() {
                        if header.len() < HEADER {
                            header.push(*byte);
                            continue;
                        }
                        let (address, block) = target(&header, place);
                        chip.write(block, address, *byte);
                        place += 1;
                    }
                }
                Operation::TransferInPlace(bytes) => {
                    for byte in bytes.iter_mut() {
                        let (address, block) = target(&header, place);
                        *byte = chip.read(block, address);
                        place += 1;
                    }
                }
                _ => panic!("the driver does not use this operation: {operation:?}"),
            }
        }
        Ok(())
    }
}

/// The address and block of the byte at this place behind the header.
fn target(header: &[u8], place: u16) -> (u16, u8) {
    let address = u16::from_be_bytes([header[0], header[1]]);
    (address.wrapping_add(place), header[2] >> 3)
}

fn length(operation: &Operation<'_, u8>) -> usize {
    match operation {
        Operation::Read(bytes) | Operation::TransferInPlace(bytes) => bytes.len(),
        Operation::Write(bytes) => bytes.len(),
        Operation::Transfer(read, write) => read.len().max(write.len()),
        Operation::DelayNs(_) => 0,
    }
}

/// The chip's interrupt pin.
#[derive(Clone, Debug)]
pub struct Pin(pub Rc<RefCell<Chip>>);

impl digital::ErrorType for Pin {
    type Error = Infallible;
}

impl Wait for Pin {
    async fn wait_for_low(&mut self) -> Result<(), Infallible> {
        poll_fn(|context| {
            let mut chip = self.0.borrow_mut();
            if chip.is_interrupting() {
                return Poll::Ready(Ok(()));
            }
            chip.set_waker(context.waker());
            Poll::Pending
        })
        .await
    }

    async fn wait_for_high(&mut self) -> Result<(), Infallible> {
        unimplemented!("the driver waits for a low level")
    }

    async fn wait_for_rising_edge(&mut self) -> Result<(), Infallible> {
        unimplemented!("the driver waits for a low level")
    }

    async fn wait_for_falling_edge(&mut self) -> Result<(), Infallible> {
        unimplemented!("the driver waits for a low level")
    }

    async fn wait_for_any_edge(&mut self) -> Result<(), Infallible> {
        unimplemented!("the driver waits for a low level")
    }
}

/// The chip's reset pin. The driver also resets the chip by a register, which is enough.
#[derive(Debug)]
pub struct Reset;

impl digital::ErrorType for Reset {
    type Error = Infallible;
}

impl OutputPin for Reset {
    fn set_low(&mut self) -> Result<(), Infallible> {
        Ok(())
    }

    fn set_high(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}
