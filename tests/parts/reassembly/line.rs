//! A link with nothing on it but what a test puts there.

use std::collections::VecDeque;

use smoltcp::phy::{ChecksumCapabilities, Device, DeviceCapabilities, Medium, RxToken, TxToken};
use smoltcp::time::Instant;
use uppercase::device::reassembly::{Buffers, OVERHEAD, Reassembly};

use super::START;

pub struct Line {
    pub medium: Medium,
    pub checksum: ChecksumCapabilities,
    pub arriving: VecDeque<Vec<u8>>,
    pub sent: Vec<Vec<u8>>,
}

impl Line {
    pub fn new(medium: Medium) -> Self {
        let (arriving, sent) = Default::default();
        Self {
            medium,
            checksum: ChecksumCapabilities::default(),
            arriving,
            sent,
        }
    }
}

pub struct Arriving<'l>(&'l mut VecDeque<Vec<u8>>);
pub struct Sending<'l>(&'l mut Vec<Vec<u8>>);

impl Device for Line {
    type RxToken<'t> = Arriving<'t>;
    type TxToken<'t> = Sending<'t>;

    fn receive(&mut self, _: Instant) -> Option<(Arriving<'_>, Sending<'_>)> {
        (!self.arriving.is_empty())
            .then_some((Arriving(&mut self.arriving), Sending(&mut self.sent)))
    }

    fn transmit(&mut self, _: Instant) -> Option<Sending<'_>> {
        Some(Sending(&mut self.sent))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = self.medium;
        capabilities.checksum = self.checksum.clone();
        capabilities.max_transmission_unit = if self.medium == Medium::Ip {
            1500
        } else {
            1514
        };
        capabilities
    }
}

impl RxToken for Arriving<'_> {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, read: F) -> R {
        read(&self.0.pop_front().unwrap())
    }
}

impl TxToken for Sending<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, fill: F) -> R {
        let mut frame = vec![0; length];
        let result = fill(&mut frame);
        self.0.push(frame);
        result
    }
}

/// What is seen through the device when a frame arrives. An empty frame is no frame.
pub fn see(device: &mut Reassembly<Line>, frame: &[u8], now: Instant) -> Option<Vec<u8>> {
    device.inner_mut().arriving.push_back(frame.to_vec());
    let (token, _) = device.receive(now).unwrap();
    token.consume(|frame| (!frame.is_empty()).then(|| frame.to_vec()))
}

pub fn see_all(device: &mut Reassembly<Line>, frames: &[Vec<u8>]) -> Vec<Vec<u8>> {
    frames
        .iter()
        .filter_map(|frame| see(device, frame, START))
        .collect()
}

pub type Room = Buffers<3, { 2048 + OVERHEAD }>;

pub fn with_room(medium: Medium, test: impl FnOnce(&mut Reassembly<Line>)) {
    test(&mut Reassembly::new(Line::new(medium), &mut Room::new()));
}
