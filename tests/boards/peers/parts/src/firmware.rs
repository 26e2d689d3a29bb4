//! The library's registers, device and clock, without the stack.

#[path = "../../../../../src/firmware/counter.rs"]
mod counter;
#[path = "../../../../../src/firmware/driver.rs"]
mod driver;
#[path = "../../../../../src/firmware/fifo.rs"]
mod fifo;
#[path = "../../../../../src/firmware/identity.rs"]
mod identity;
#[path = "../../../../../src/firmware/nvic.rs"]
mod nvic;
#[path = "../../../../../src/firmware/phy.rs"]
pub mod phy;
#[path = "../../../../../src/firmware/platform.rs"]
mod platform;
#[path = "../../../../../src/firmware/port.rs"]
mod port;
#[path = "../../../../../src/firmware/register.rs"]
mod register;

pub use counter::Counter;
pub use driver::Driver;
pub use fifo::{Fifo, FifoEnds, FifoFrames, FifoReceiver, FifoTransmitter};
pub use identity::{address_of, programmed_address, seed_of};
pub use nvic::WakeUp;
pub use platform::Platform;
pub use port::{
    CHECKSUM, Controller, Ends, HEADER, MTU, Port, Received, Receiver, Room, Transmitter,
};
pub use register::Register;
