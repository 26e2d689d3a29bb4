//! No SYN cookies: what `stack/cookies.rs` has, without the feature `syn-cookies`.

use core::convert::Infallible;

use smoltcp::iface::SocketSet;
use smoltcp::phy::DeviceCapabilities;
use smoltcp::time::Instant;
use smoltcp::wire::TcpPacket;

use super::Config;
use super::frame::Packet;

pub(super) struct Cookies;

/// There is none.
pub(super) struct MadeUp(Infallible);

impl MadeUp {
    pub(super) fn as_bytes(&self) -> &[u8] {
        match self.0 {}
    }
}

impl Cookies {
    pub(super) fn new(_: &Config<'_>, _: &DeviceCapabilities) -> Self {
        Self
    }

    pub(super) fn are_given(&self, _: Instant) -> bool {
        false
    }

    pub(super) fn answer(
        &mut self,
        _: &Packet<'_>,
        _: &TcpPacket<&[u8]>,
        _: bool,
        _: Instant,
    ) -> Option<MadeUp> {
        None
    }

    pub(super) fn open(
        &self,
        _: &Packet<'_>,
        _: &TcpPacket<&[u8]>,
        _: Instant,
        _: &mut SocketSet<'_>,
    ) -> bool {
        false
    }

    pub(super) fn forgot(&mut self, _: Instant) {}

    pub(super) fn has_just_forgotten(&self, _: Instant) -> bool {
        false
    }

    pub(super) fn check(
        &self,
        _: &Packet<'_>,
        _: &TcpPacket<&[u8]>,
        _: Instant,
    ) -> Option<Infallible> {
        None
    }

    pub(super) fn connect(
        &mut self,
        _: &Packet<'_>,
        _: &TcpPacket<&[u8]>,
        proof: &Infallible,
        _: Instant,
        _: &mut SocketSet<'_>,
    ) -> Option<MadeUp> {
        match *proof {}
    }

    pub(super) fn confirmation(
        &self,
        _: &Packet<'_>,
        _: &TcpPacket<&[u8]>,
        proof: &Infallible,
    ) -> Option<MadeUp> {
        match *proof {}
    }

    pub(super) fn wants_place(&mut self, _: u16) -> bool {
        false
    }

    pub(super) fn want_place(&mut self, _: u16) {}
}
