//! A connection that begins with a number of our choice.
//!
//! smoltcp 0.14 draws its numbers from a generator that belongs to the interface. So the request is
//! given to an interface that is made for it, with the seed that leads to the number.

use smoltcp::iface::{Config, Interface, SocketSet};
use smoltcp::phy::{Device, DeviceCapabilities, PacketMeta, TxToken};
use smoltcp::time::Instant;
use smoltcp::wire::{HardwareAddress, IpAddress, IpCidr, IpVersion, TcpSeqNumber};

use crate::stack::door::Arrived;
use crate::stack::frame::LONGEST_HEADERS;

/// Who is asked.
pub(super) struct Host<'c> {
    pub(super) capabilities: &'c DeviceCapabilities,
    pub(super) hardware: HardwareAddress,
    pub(super) address: IpAddress,
}

/// Gives the listening socket the frames of a SYN and, if there is one, of the ACK that ends the
/// handshake. Its own initial sequence number is `first`.
pub(super) fn begin<'f>(
    host: &Host<'_>,
    first: TcpSeqNumber,
    frames: impl Iterator<Item = &'f [u8]>,
    now: Instant,
    sockets: &mut SocketSet<'_>,
) {
    let mut device = Made { host, frame: None };
    let mut config = Config::new(host.hardware);
    config.random_seed = seed_for(first);
    let mut interface = Interface::new(config, &mut device, now);
    interface.update_ip_addrs(|addresses| {
        let prefix = match host.address.version() {
            IpVersion::Ipv4 => 32,
            #[allow(unreachable_patterns)] // IPv6, wherever smoltcp was given it
            _ => 128,
        };
        let _ = addresses.push(IpCidr::new(host.address, prefix));
    });
    for frame in frames {
        let frame = Some(frame);
        interface.poll_ingress_single(now, &mut Made { host, frame }, sockets);
    }
}

/// The seed with which an interface draws this number first, after the one that it draws for
/// itself: the generator (sPCG32) backwards.
fn seed_for(number: TcpSeqNumber) -> u64 {
    const FACTOR: u64 = 0xbb2e_fcec_3c39_611d;
    const STEP: u64 = 0x7590_ef39;
    let before = |state: u64| state.wrapping_sub(STEP).wrapping_mul(inverse(FACTOR));
    // With its highest three bits clear, a state gives bits 29 to 60; the lower ones are free.
    let state = u64::from(number.0 as u32) << 29;
    (state..)
        .map(before)
        // Of the state before, 16 bits must not be zero, or the interface draws once more.
        .find(|state| {
            let drawn = (state >> (29 - (state >> 61))) as u32;
            (drawn ^ drawn >> 16) as u16 != 0
        })
        .map(before)
        .unwrap_or_default()
}

/// The inverse of an odd number modulo 2^64: each step doubles the bits that are right.
const fn inverse(number: u64) -> u64 {
    let mut inverse = number;
    let mut step = 0;
    while step < 5 {
        inverse = inverse.wrapping_mul(2_u64.wrapping_sub(number.wrapping_mul(inverse)));
        step += 1;
    }
    inverse
}

/// A device with one frame, for one interface.
struct Made<'h, 'f> {
    host: &'h Host<'h>,
    frame: Option<&'f [u8]>,
}

impl<'f> Device for Made<'_, 'f> {
    type RxToken<'t>
        = Arrived<'f>
    where
        Self: 't;
    type TxToken<'t>
        = Nothing
    where
        Self: 't;

    fn receive(&mut self, _: Instant) -> Option<(Arrived<'f>, Nothing)> {
        let frame = self.frame.take()?;
        let meta = PacketMeta::default();
        Some((Arrived { frame, meta }, Nothing))
    }

    fn transmit(&mut self, _: Instant) -> Option<Nothing> {
        None
    }

    fn capabilities(&self) -> DeviceCapabilities {
        self.host.capabilities.clone()
    }
}

/// Room for what is not to be sent: a refusal, if the socket was not the right one.
struct Nothing;

impl TxToken for Nothing {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, fill: F) -> R {
        fill(&mut [0; LONGEST_HEADERS][..length])
    }
}
