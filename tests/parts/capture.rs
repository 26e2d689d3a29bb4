//! A device that shows its frames to a sink, and changes nothing.

use std::collections::VecDeque;

use smoltcp::phy::{
    Checksum, Device, DeviceCapabilities, Medium, PacketMeta, RxToken as _, TxToken as _,
};
use smoltcp::time::Instant;
use uppercase::device::capture::{Capture, Direction, Frame, Sink};

const NOW: Instant = Instant::from_micros_const(1_234_567);

/// A device with nothing on it but what a test puts there.
#[derive(Default)]
struct Line {
    arriving: VecDeque<Vec<u8>>,
    sent: Vec<(Vec<u8>, PacketMeta)>,
}

struct Arriving<'l>(&'l mut VecDeque<Vec<u8>>);

struct Sending<'l>(&'l mut Vec<(Vec<u8>, PacketMeta)>, PacketMeta);

impl Device for Line {
    type RxToken<'t> = Arriving<'t>;
    type TxToken<'t> = Sending<'t>;

    fn receive(&mut self, _: Instant) -> Option<(Arriving<'_>, Sending<'_>)> {
        (!self.arriving.is_empty()).then_some((
            Arriving(&mut self.arriving),
            Sending(&mut self.sent, PacketMeta::default()),
        ))
    }

    fn transmit(&mut self, _: Instant) -> Option<Sending<'_>> {
        Some(Sending(&mut self.sent, PacketMeta::default()))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ethernet;
        capabilities.max_transmission_unit = 777;
        capabilities.max_burst_size = Some(3);
        capabilities.checksum.tcp = Checksum::Rx;
        capabilities
    }
}

impl smoltcp::phy::RxToken for Arriving<'_> {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, read: F) -> R {
        read(&self.0.pop_front().expect("a token is a frame"))
    }

    fn meta(&self) -> PacketMeta {
        mark(55)
    }
}

impl smoltcp::phy::TxToken for Sending<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, fill: F) -> R {
        let mut frame = vec![0; length];
        let result = fill(&mut frame);
        self.0.push((frame, self.1));
        result
    }

    fn set_meta(&mut self, meta: PacketMeta) {
        self.1 = meta;
    }
}

/// Metadata that can be recognized, where there is any.
#[allow(unused_mut, unused_variables)]
fn mark(number: u16) -> PacketMeta {
    let mut meta = PacketMeta::default();
    #[cfg(feature = "segmentation")]
    {
        meta.segmentation_offload_size = std::num::NonZeroU16::new(number);
    }
    meta
}

/// What a sink was given.
type Shown = Vec<(Instant, Direction, Medium, Vec<u8>)>;

fn into(shown: &mut Shown) -> impl FnMut(Frame<'_>) {
    |frame| {
        shown.push((
            frame.time,
            frame.direction,
            frame.medium,
            frame.bytes.to_vec(),
        ))
    }
}

fn fill(with: &[u8]) -> impl FnOnce(&mut [u8]) {
    |frame| frame.copy_from_slice(with)
}

#[test]
fn each_frame_is_shown_once_and_a_request_before_its_answer() {
    let mut shown = Shown::new();
    let mut device = Capture::new(Line::default(), into(&mut shown));
    let later = Instant::from_secs(9);
    device.inner_mut().arriving = [b"ask".to_vec(), b"again".to_vec()].into();
    // As smoltcp answers: one token is consumed while the other one is.
    let (receive, transmit) = device.receive(NOW).unwrap();
    let read = receive.consume(|frame| {
        transmit.consume(6, fill(b"answer"));
        frame.to_vec()
    });
    assert_eq!(read, b"ask");
    let (receive, _) = device.receive(NOW).unwrap();
    assert_eq!(receive.consume(|frame| frame.len()), 5);
    device.transmit(later).unwrap().consume(2, fill(b"by"));

    let (line, _) = device.into_parts();
    let frame = |time, direction, bytes: &[u8]| (time, direction, Medium::Ethernet, bytes.to_vec());
    let expected = [
        frame(NOW, Direction::Inbound, b"ask"),
        frame(NOW, Direction::Outbound, b"answer"),
        frame(NOW, Direction::Inbound, b"again"),
        frame(later, Direction::Outbound, b"by"),
    ];
    assert_eq!(shown, expected);
    let sent: Vec<_> = line.sent.iter().map(|(frame, _)| &frame[..]).collect();
    assert_eq!(sent, [&b"answer"[..], b"by"]);
}

#[test]
fn a_token_that_is_dropped_shows_nothing_and_its_frame_is_shown_when_it_is_received() {
    let mut shown = Shown::new();
    let mut device = Capture::new(Line::default(), into(&mut shown));
    device.inner_mut().arriving = [b"ask".to_vec()].into();
    assert!(device.receive(NOW).is_some());
    assert!(device.transmit(NOW).is_some());
    assert!(device.receive(NOW).is_some());
    assert!(device.inner().sent.is_empty());
    let (receive, _) = device.receive(NOW).unwrap();
    receive.consume(|_| ());
    assert!(device.receive(NOW).is_none());
    drop(device);
    assert_eq!(shown.len(), 1);
}

#[test]
fn metadata_and_capabilities_are_those_of_the_device_inside() {
    let mut device = Capture::new(Line::default(), |_: Frame<'_>| {});
    device.inner_mut().arriving = [b"ask".to_vec()].into();
    let (receive, mut transmit) = device.receive(NOW).unwrap();
    assert_eq!(receive.meta(), mark(55));
    transmit.set_meta(mark(66));
    transmit.consume(1, |_| ());
    let mut transmit = device.transmit(NOW).unwrap();
    transmit.set_meta(mark(77));
    transmit.consume(1, |_| ());

    let (outside, inside) = (device.capabilities(), device.inner().capabilities());
    assert_eq!(format!("{outside:?}"), format!("{inside:?}"));
    let sent = device.into_parts().0.sent;
    assert_eq!(sent, [(vec![0], mark(66)), (vec![0], mark(77))]);
}

#[test]
fn two_sinks_are_given_each_frame_and_none_nothing() {
    let (mut first, mut second) = (Shown::new(), 0);
    let nothing: Option<fn(Frame<'_>)> = None;
    let sink = (into(&mut first), (nothing, |_: Frame<'_>| second += 1));
    let mut device = Capture::new(Line::default(), sink);
    device.transmit(NOW).unwrap().consume(2, fill(b"by"));
    device.sink_mut().1.frame(Frame {
        time: NOW,
        direction: Direction::Inbound,
        medium: Medium::Ethernet,
        bytes: b"",
    });
    drop(device);
    assert_eq!((first.len(), second), (1, 2));
}

#[test]
#[cfg(feature = "trace")]
fn a_board_writes_a_capture_file_without_a_heap() {
    use uppercase::device::capture::Pcapng;
    use uppercase::trace::pcapng::{LinkType, Reader};

    let mut serial_line = Vec::new();
    let sink = Pcapng::new(Medium::Ethernet, |bytes: &[u8]| {
        serial_line.extend_from_slice(bytes);
    });
    let mut device = Capture::new(Line::default(), sink);
    device.inner_mut().arriving = [b"ask".to_vec()].into();
    let (receive, transmit) = device.receive(NOW).unwrap();
    receive.consume(|_| transmit.consume(8, fill(b"answered")));
    drop(device);

    let packets: Result<Vec<_>, _> = Reader::new(&serial_line[..]).unwrap().collect();
    let packets = packets.unwrap();
    let expected = [
        (Direction::Inbound, &b"ask"[..]),
        (Direction::Outbound, b"answered"),
    ];
    assert_eq!(packets.len(), expected.len());
    for (packet, (direction, bytes)) in packets.iter().zip(expected) {
        assert_eq!(packet.interface.link, LinkType::Ethernet);
        assert_eq!(packet.direction, Some(direction));
        assert_eq!(packet.time.as_micros(), NOW.total_micros() as u128);
        assert_eq!(packet.bytes, bytes);
    }
}
