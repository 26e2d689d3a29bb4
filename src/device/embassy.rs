//! Embassy's network drivers as devices.
//!
//! Each type with the trait `Driver` of [`embassy_net_driver`] carries a stack: the Ethernet
//! MAC of an STM32, W5500, W6100, ENC28J60, cyw43 and more. [`Embassy`] is the device, [`serve`]
//! the loop around the stack, which sleeps until the driver has something or a deadline is due.
//!
//! ```
//! use embassy_net_driver::Driver;
//! use smoltcp::time::{Duration, Instant};
//! use smoltcp::wire::{IpAddress, IpCidr};
//! use uppercase::device::embassy::{Embassy, serve};
//! use uppercase::stack::{Config, Slots};
//! use uppercase::{Servers, Stack, tcp, udp};
//!
//! // With the feature `embassy-time` there are both, and a loop that feeds a watchdog: `run`.
//! async fn task(
//!     driver: impl Driver,
//!     random_seed: u64,
//!     now: impl Fn() -> Instant,
//!     sleep: impl AsyncFn(Duration),
//! ) -> Result<(), Box<dyn std::error::Error>> {
//!     let mut pool = tcp::Pool::<2, 1024, 1024>::new();
//!     let mut datagrams = udp::Buffers::<2, 512>::new();
//!     let mut slots = Slots::<{ Servers::SLOTS }>::new();
//!     let device = Embassy::new(driver)?;
//!     let config = Config::new(device.hardware_address(), random_seed)
//!         .with_addresses(&[IpCidr::new(IpAddress::v4(192, 168, 69, 1), 24)]);
//!     let mut stack = Stack::new(device, config, &mut slots, now())?;
//!     let config = tcp::Config::default();
//!     let mut servers = Servers::new(stack.sockets(), &mut pool, &mut datagrams, config)?;
//!     serve(&mut stack, now, sleep, &mut servers).await
//! }
//! ```
//!
//! # Services of your own
//!
//! Several services are a tuple: `serve(&mut stack, now, sleep, &mut (&mut servers, &mut other))`. Another
//! task speaks to a service by what both can borrow, a channel of `embassy-sync` for instance: the service
//! takes from it at each poll, and a turn of the loop ends when something was put in ([`turn_or`], and
//! `run_with`). `examples/services/panel.rs` does so, and docs/porting.md explains it.
//!
//! # What a driver has to promise
//!
//! Most of it is said by its trait; this is what is relied upon here.
//!
//! - When there is no token, the waker of that call is kept, and woken once there is one: when a
//!   frame has arrived, when there is room to transmit. A driver that gives no receive token while
//!   there is no room to answer wakes for the room as well.
//! - One that wakes too often costs turns of the loop. One that does not wake costs the frame its
//!   time: it is seen at the next deadline.
//! - A transmit token that is dropped unused has sent nothing, and the room is there again. A
//!   receive token is never dropped unused by a stack, so a driver may take the frame out of its
//!   hardware when it makes the token.
//! - A token, once given, can be used: there is room for a frame of the MTU.
//! - The MTU of an Ethernet driver includes the 14 bytes of the header and no checksum: 1514.
//! - Neither the MTU nor the medium ever changes. The hardware address is asked for once, by you,
//!   for [`Config`](crate::stack::Config): if the driver learns it from its hardware, let it first.

mod device;
mod sleep;
#[cfg(feature = "embassy-time")]
mod time;

pub use device::{Embassy, Receive, Transmit, UnsupportedMedium};
pub use sleep::{AsyncDevice, serve, turn, turn_or};
#[cfg(feature = "embassy-time")]
pub use time::{now, run, run_with, sleep};
