//! Where a host is plugged in: frames that are to arrive, and those that it has transmitted.

use std::collections::VecDeque;

use smoltcp::phy::{Device, DeviceCapabilities, Medium, PacketMeta, RxToken, TxToken};
use smoltcp::time::Instant;
use uppercase::device::reassembly::{self, Reassembly};

/// The end of a wire.
pub struct End {
    medium: Medium,
    mtu: usize,
    pub incoming: VecDeque<Vec<u8>>,
    pub outgoing: Vec<Vec<u8>>,
    /// Frames that arrive again and again, so that the device is never empty.
    pub flood: Vec<Vec<u8>>,
    /// How many frames have arrived.
    pub received: usize,
}

impl End {
    /// `ip_mtu` is the longest packet, in bytes.
    pub fn new(medium: Medium, ip_mtu: usize) -> Self {
        let header = if medium == Medium::Ethernet { 14 } else { 0 };
        Self {
            medium,
            mtu: ip_mtu + header,
            incoming: VecDeque::new(),
            outgoing: Vec::new(),
            flood: Vec::new(),
            received: 0,
        }
    }

    fn next(&mut self) -> Option<Received> {
        let frame = self.incoming.pop_front().or_else(|| {
            let turn = self.received % self.flood.len().max(1);
            self.flood.get(turn).cloned()
        })?;
        self.received += 1;
        Some(Received(frame))
    }
}

/// With a wrapper that puts fragments together, or without.
pub enum Line<'a> {
    Plain(End),
    Whole(Reassembly<'a, End>),
}

impl Line<'_> {
    pub fn end(&mut self) -> &mut End {
        match self {
            Self::Plain(end) => end,
            Self::Whole(reassembly) => reassembly.inner_mut(),
        }
    }
}

impl Device for End {
    type RxToken<'t> = Received;
    type TxToken<'t> = Transmit<'t>;

    fn receive(&mut self, _: Instant) -> Option<(Received, Transmit<'_>)> {
        Some((self.next()?, Transmit(&mut self.outgoing)))
    }

    fn transmit(&mut self, _: Instant) -> Option<Transmit<'_>> {
        Some(Transmit(&mut self.outgoing))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = self.medium;
        capabilities.max_transmission_unit = self.mtu;
        capabilities
    }
}

impl<'a> Device for Line<'a> {
    type RxToken<'t>
        = Arrived<'t, 'a>
    where
        Self: 't;
    type TxToken<'t>
        = Transmit<'t>
    where
        Self: 't;

    fn receive(&mut self, now: Instant) -> Option<(Arrived<'_, 'a>, Transmit<'_>)> {
        Some(match self {
            Self::Plain(end) => {
                let (received, transmit) = end.receive(now)?;
                (Arrived::Plain(received), transmit)
            }
            Self::Whole(reassembly) => {
                let (received, transmit) = reassembly.receive(now)?;
                (Arrived::Whole(received), transmit)
            }
        })
    }

    fn transmit(&mut self, now: Instant) -> Option<Transmit<'_>> {
        match self {
            Self::Plain(end) => end.transmit(now),
            Self::Whole(reassembly) => reassembly.transmit(now),
        }
    }

    fn capabilities(&self) -> DeviceCapabilities {
        match self {
            Self::Plain(end) => end.capabilities(),
            Self::Whole(reassembly) => reassembly.capabilities(),
        }
    }
}

/// A frame that has arrived.
pub struct Received(Vec<u8>);

impl RxToken for Received {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, read: F) -> R {
        read(&self.0)
    }
}

/// A frame that has arrived at a [`Line`].
pub enum Arrived<'t, 'a> {
    Plain(Received),
    Whole(reassembly::Receive<'t, 'a, Received>),
}

impl RxToken for Arrived<'_, '_> {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, read: F) -> R {
        match self {
            Self::Plain(received) => received.consume(read),
            Self::Whole(received) => received.consume(read),
        }
    }

    fn meta(&self) -> PacketMeta {
        PacketMeta::default()
    }
}

/// Room for one frame.
pub struct Transmit<'t>(&'t mut Vec<Vec<u8>>);

impl TxToken for Transmit<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, fill: F) -> R {
        let mut frame = vec![0; length];
        let result = fill(&mut frame);
        self.0.push(frame);
        result
    }
}
