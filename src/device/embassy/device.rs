//! A driver as a device.

use core::fmt;
use core::future::poll_fn;
use core::task::{self, Poll, Waker};

use embassy_net_driver as driver;
use embassy_net_driver::Driver;
use smoltcp::phy::{Checksum, Device, DeviceCapabilities, Medium, RxToken, TxToken};
use smoltcp::time::Instant;

use super::AsyncDevice;
use crate::link::EthernetAddress;

/// The longest packet of IP, with an Ethernet header.
const LONGEST: usize = 65_535 + 14;

/// A driver as a device; see the [module](super).
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
    /// No task is woken until [`set_waker`](AsyncDevice::set_waker) was called, which
    /// [`turn`](super::turn) and [`serve`](super::serve) do. A loop that polls the stack again and
    /// again, without an executor, needs no waker.
    ///
    /// # Errors
    /// [`UnsupportedMedium`] if the driver carries neither Ethernet frames nor, with the feature
    /// `medium-ip`, IP packets. The driver is dropped.
    pub fn new(driver: D) -> Result<Self, UnsupportedMedium> {
        let medium = match driver.hardware_address() {
            driver::HardwareAddress::Ethernet(_) => Medium::default(),
            #[cfg(feature = "medium-ip")]
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

impl<D: Driver> AsyncDevice for Embassy<D> {
    fn set_waker(&mut self, waker: &Waker) {
        self.waker.clone_from(waker);
        self.full = false;
    }

    fn is_full(&self) -> bool {
        self.full
    }
}

/// The driver carries neither Ethernet frames nor, with the feature `medium-ip`, IP packets, which is
/// all that a stack speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnsupportedMedium;

impl fmt::Display for UnsupportedMedium {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the driver does not carry Ethernet frames; for IP packets, build with `medium-ip`"
        )
    }
}

impl core::error::Error for UnsupportedMedium {}
