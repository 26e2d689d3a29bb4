//! Embassy's network drivers as devices.
//!
//! Whatever implements `Driver` of the crate [`embassy_net_driver`] carries a stack: the Ethernet
//! MAC of an STM32, W5500, W6100, ENC28J60, cyw43 and more. [`Embassy`] is the device, [`serve`]
//! the loop around the stack, which sleeps until the driver has something or a deadline is due.
//!
//! ```
//! use embassy_net_driver::Driver;
//! use smoltcp::iface::SocketStorage;
//! use smoltcp::time::{Duration, Instant};
//! use smoltcp::wire::{IpAddress, IpCidr};
//! use uppercase::device::embassy::{Embassy, serve};
//! use uppercase::stack::Config;
//! use uppercase::{Servers, Stack, tcp, udp};
//!
//! // `now` is `Instant::from_micros(embassy_time::Instant::now().as_micros() as i64)`,
//! // `sleep` is `embassy_time::Timer::after_micros(delay.total_micros()).await`.
//! async fn task(
//!     driver: impl Driver,
//!     random_seed: u64,
//!     now: impl Fn() -> Instant,
//!     sleep: impl AsyncFn(Duration),
//! ) -> Result<(), Box<dyn std::error::Error>> {
//!     let mut pool = tcp::Pool::<2, 1024, 1024>::new();
//!     let mut datagrams = udp::Buffers::<512, 2>::new();
//!     let mut slots = [const { SocketStorage::EMPTY }; 3];
//!     let device = Embassy::new(driver)?;
//!     let config = Config {
//!         hardware_address: device.hardware_address(),
//!         addresses: &[IpCidr::new(IpAddress::v4(192, 168, 69, 1), 24)],
//!         gateways: &[],
//!         random_seed,
//!     };
//!     let mut stack = Stack::new(device, config, &mut slots[..], now())?;
//!     let config = tcp::Config::default();
//!     let mut servers = Servers::new(stack.sockets(), &mut pool, &mut datagrams, config)?;
//!     serve(&mut stack, now, sleep, |context| servers.poll(context)).await
//! }
//! ```
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

use core::fmt;
use core::future::poll_fn;
use core::pin::pin;
use core::task::{self, Poll, Waker};

use embassy_net_driver as driver;
use embassy_net_driver::Driver;
use smoltcp::phy::{Checksum, Device, DeviceCapabilities, Medium, RxToken, TxToken};
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::EthernetAddress;

#[cfg(feature = "fragmentation")]
use super::reassembly::Reassembly;
use crate::{Context, Stack};

/// How long a full driver is waited for if it does not wake us: far longer than it takes for any
/// frame to leave (1.2 ms at 10 Mbit/s), and short enough for the deadlines of the services.
const FULL: Duration = Duration::from_millis(10);

/// The longest packet of IP, with an Ethernet header.
const LONGEST: usize = 65_535 + 14;

/// A driver as a device; see the [module](self).
///
/// It adds nothing to the driver but a waker: frames are neither copied nor kept.
#[derive(Debug)]
pub struct Embassy<D> {
    driver: D,
    medium: Medium,
    waker: Waker,
    full: bool,
}

impl<D: Driver> Embassy<D> {
    /// Puts itself in front of a driver, or of a `&mut` to one.
    ///
    /// Nobody is woken until [`set_waker`](AsyncDevice::set_waker) has said who, which [`turn`] and
    /// [`serve`] do. A loop that polls the stack again and again, without an executor, needs no
    /// waker.
    ///
    /// # Errors
    /// [`UnsupportedMedium`] if the driver carries neither Ethernet frames nor IP packets. The
    /// driver is dropped.
    pub fn new(driver: D) -> Result<Self, UnsupportedMedium> {
        let medium = match driver.hardware_address() {
            driver::HardwareAddress::Ethernet(_) => Medium::Ethernet,
            driver::HardwareAddress::Ip => Medium::Ip,
            _ => return Err(UnsupportedMedium),
        };
        Ok(Self {
            driver,
            medium,
            waker: Waker::noop().clone(),
            full: false,
        })
    }

    /// The address of the network card, as the driver knows it; all zero where the medium is plain
    /// IP, which has none.
    pub fn hardware_address(&self) -> EthernetAddress {
        match self.driver.hardware_address() {
            driver::HardwareAddress::Ethernet(address) => EthernetAddress(address),
            _ => EthernetAddress::default(),
        }
    }

    /// Whether there is a link. The task is woken when that changes.
    ///
    /// For a light or the log: the stack does not ask. What is transmitted while there is no link
    /// is the driver's to keep or drop, and TCP repeats it. The answer comes at once, but to ask
    /// may take the driver a while (it speaks to a PHY) and may have it wake the task at intervals,
    /// to be asked again.
    pub async fn is_link_up(&mut self) -> bool {
        let state = poll_fn(|context| Poll::Ready(self.driver.link_state(context))).await;
        state == driver::LinkState::Up
    }
}

impl<D> Embassy<D> {
    /// The driver inside.
    pub fn driver(&self) -> &D {
        &self.driver
    }

    /// The driver inside.
    ///
    /// To ask it for tokens with another waker takes the stack's waker out of it.
    pub fn driver_mut(&mut self) -> &mut D {
        &mut self.driver
    }

    /// The driver inside. It may still wake the task.
    pub fn into_inner(self) -> D {
        self.driver
    }
}

impl<D: Driver> Device for Embassy<D> {
    type RxToken<'t>
        = Receive<D::RxToken<'t>>
    where
        Self: 't;
    type TxToken<'t>
        = Transmit<D::TxToken<'t>>
    where
        Self: 't;

    fn receive(&mut self, _: Instant) -> Option<(Self::RxToken<'_>, Self::TxToken<'_>)> {
        let context = &mut task::Context::from_waker(&self.waker);
        let (receive, transmit) = self.driver.receive(context)?;
        Some((Receive(receive), Transmit(transmit)))
    }

    fn transmit(&mut self, _: Instant) -> Option<Self::TxToken<'_>> {
        let context = &mut task::Context::from_waker(&self.waker);
        let token = self.driver.transmit(context);
        self.full = token.is_none();
        token.map(Transmit)
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let driver = self.driver.capabilities();
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = self.medium;
        // TCP tells the MTU to its peer in 16 bits; smoltcp cuts off what is above them.
        capabilities.max_transmission_unit = driver.max_transmission_unit.min(LONGEST);
        capabilities.max_burst_size = driver.max_burst_size;
        let checksum = &mut capabilities.checksum;
        checksum.ipv4 = whose(driver.checksum.ipv4);
        checksum.udp = whose(driver.checksum.udp);
        checksum.tcp = whose(driver.checksum.tcp);
        checksum.icmpv4 = whose(driver.checksum.icmpv4);
        #[cfg(feature = "ipv6")]
        {
            checksum.icmpv6 = whose(driver.checksum.icmpv6);
        }
        capabilities
    }
}

/// What of a checksum is left to the stack.
fn whose(checksum: driver::Checksum) -> Checksum {
    match checksum {
        driver::Checksum::Both => Checksum::Both,
        driver::Checksum::Rx => Checksum::Rx,
        driver::Checksum::Tx => Checksum::Tx,
        driver::Checksum::None => Checksum::None,
    }
}

/// The right to receive one frame through an [`Embassy`].
#[derive(Debug)]
pub struct Receive<T>(T);

impl<T: driver::RxToken> RxToken for Receive<T> {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, read: F) -> R {
        self.0.consume(|frame| read(frame))
    }
}

/// The right to transmit one frame through an [`Embassy`].
#[derive(Debug)]
pub struct Transmit<T>(T);

impl<T: driver::TxToken> TxToken for Transmit<T> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, fill: F) -> R {
        self.0.consume(length, fill)
    }
}

/// A device that a task can wait for: an [`Embassy`], or a wrapper around one, which hands both
/// calls to the device inside.
pub trait AsyncDevice: Device {
    /// From now on, whenever there is no token to be had, `waker` is who is woken once there is
    /// one.
    ///
    /// It has to be set before each poll of the stack: nobody else is woken, not even a waker that
    /// was set before and left with the driver.
    fn set_waker(&mut self, waker: &Waker);

    /// Whether there was no room for the frame that was to be transmitted last, since
    /// [`set_waker`](Self::set_waker).
    ///
    /// The stack asks to be polled again at once then, which is of no use before the driver has
    /// woken the task.
    fn is_full(&self) -> bool;
}

impl<D: Driver> AsyncDevice for Embassy<D> {
    fn set_waker(&mut self, waker: &Waker) {
        self.waker.clone_from(waker);
        self.full = false;
    }

    fn is_full(&self) -> bool {
        self.full
    }
}

#[cfg(feature = "fragmentation")]
impl<D: AsyncDevice> AsyncDevice for Reassembly<'_, D> {
    fn set_waker(&mut self, waker: &Waker) {
        self.inner_mut().set_waker(waker);
    }

    fn is_full(&self) -> bool {
        self.inner().is_full()
    }
}

/// Serves for ever: [`turn`] after [`turn`].
///
/// To have something else done by the same task, in between or at the end, write the loop yourself.
pub async fn serve<'a, D: AsyncDevice>(
    stack: &mut Stack<'a, D>,
    now: impl Fn() -> Instant,
    sleep: impl AsyncFn(Duration),
    mut services: impl FnMut(&mut Context<'_, 'a>) -> Option<Instant>,
) -> ! {
    loop {
        turn(stack, &now, &sleep, &mut services).await;
    }
}

/// Polls the stack once and waits until it is worth to do so again: until the driver has woken the
/// task, or the stack's deadline is due.
///
/// `sleep` returns after that much time. It is not called where only the driver is waited for.
///
/// - No wake-up is lost: the driver has the waker of the task before the stack looks for frames,
///   so one that arrives later, even while the stack is at work, makes the executor come back.
/// - Anything that wakes the task ends the wait. Other futures in the same task (`join`, `select`)
///   hence cost a poll of the stack each time, and nothing else.
/// - A stack that has more to do than one poll does lets the other tasks run, and goes on. While
///   the driver has no room for a frame, it is waited for.
/// - It may be dropped at any time; nothing is lost but the wait.
pub async fn turn<'a, D: AsyncDevice>(
    stack: &mut Stack<'a, D>,
    now: impl Fn() -> Instant,
    sleep: impl AsyncFn(Duration),
    mut services: impl FnMut(&mut Context<'_, 'a>) -> Option<Instant>,
) {
    let delay = poll_fn(|context| {
        stack.device_mut().set_waker(context.waker());
        Poll::Ready(stack.poll(now(), &mut services))
    })
    .await;
    let delay = match delay {
        Some(Duration::ZERO) if stack.device().is_full() => Some(FULL),
        delay => delay,
    };
    let at_once = delay == Some(Duration::ZERO);
    let mut sleep = pin!(delay.filter(|_| !at_once).map(|delay| sleep(delay)));
    let mut asleep = false;
    poll_fn(|context| {
        if core::mem::replace(&mut asleep, true) {
            // Somebody has woken the task; perhaps it has another waker by now, too.
            return Poll::Ready(());
        }
        if at_once {
            context.waker().wake_by_ref();
        }
        match sleep.as_mut().as_pin_mut() {
            Some(sleep) => sleep.poll(context),
            None => Poll::Pending,
        }
    })
    .await;
}

/// The driver carries neither Ethernet frames nor IP packets, which is all that a stack speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnsupportedMedium;

impl fmt::Display for UnsupportedMedium {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the driver carries neither Ethernet frames nor IP packets"
        )
    }
}

impl core::error::Error for UnsupportedMedium {}
