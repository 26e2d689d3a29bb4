//! Capture files: [pcapng](https://datatracker.ietf.org/doc/draft-ietf-opsawg-pcapng/) written and
//! read, and the older [pcap](https://datatracker.ietf.org/doc/draft-ietf-opsawg-pcap/) read.
//!
//! [`Writer`] makes a sink of [`device::capture`](crate::device::capture) for each interface; all
//! write into one file. [`Reader`] takes files of any origin.
//!
//! ```
//! use smoltcp::phy::{Device, Medium, TxToken};
//! use smoltcp::time::Instant;
//! use uppercase::device::capture::{Capture, Direction};
//! use uppercase::device::wire::{Port, Queue};
//! use uppercase::trace::pcapng::{Interface, LinkType, Reader, Writer};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut file = Vec::new(); // or a std::fs::File
//! let writer = Writer::new(&mut file, "my-program 1.0", None)?;
//! let sink = writer.interface(&Interface::new("port 1", LinkType::Ethernet))?;
//!
//! let queue = Queue::<8, 1514>::new();
//! let mut device = Capture::new(Port::loopback(&queue, Medium::Ethernet), sink);
//! let token = device.transmit(Instant::from_millis(7)).unwrap();
//! token.consume(60, |frame| frame.fill(0xff));
//! drop(device);
//! writer.check()?; // Could everything be written?
//! drop(writer);
//!
//! let mut packets = Reader::new(&file[..])?;
//! let packet = packets.next().unwrap()?;
//! assert_eq!(packet.interface.name.as_deref(), Some("port 1"));
//! assert_eq!(packet.direction, Some(Direction::Outbound));
//! assert_eq!(packet.time.as_millis(), 7);
//! assert_eq!(packet.bytes, [0xff; 60]);
//! # Ok(())
//! # }
//! ```

mod classic;
mod error;
mod interface;
mod link;
mod packet;
mod reader;
mod section;
mod writer;

pub use error::{Damage, ReadError};
pub use interface::{Interface, Resolution};
pub use link::LinkType;
pub use packet::Packet;
pub use reader::Reader;
pub use writer::{InterfaceSink, Writer};
