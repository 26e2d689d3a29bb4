//! What smoltcp makes of it.

use smoltcp::phy::{Device, TxToken};
use uppercase::device::reassembly::{Buffers, OVERHEAD, Reassembly};

use super::START;
use super::datagram::{everywhere, udp};
use super::line::{Line, with_room};
use super::plain_host::{Host, text};

/// What the socket has received.
fn poll(host: &mut Host, device: &mut impl Device) -> Vec<Vec<u8>> {
    host.poll(device, START);
    host.received()
}

#[test]
fn smoltcp_receives_datagrams_of_every_size() {
    everywhere(|datagram| {
        let longest = if datagram.version == 4 {
            65_507
        } else {
            65_527
        };
        let mut buffers = Box::new(Buffers::<2, { 65_527 + OVERHEAD }>::new());
        let mut device = Reassembly::new(Line::new(datagram.medium), &mut buffers);
        let mut host = Host::new(&mut device, 1);
        let sizes = [
            1473,
            1480,
            2047,
            2048,
            2953,
            6144,
            9000,
            65_000,
            longest - 1,
            longest,
        ];
        for (number, size) in sizes.into_iter().enumerate() {
            let datagram = datagram.numbered(number as u16);
            let mut frames = datagram.fragments(&udp(datagram.version, size), 1448);
            let count = frames.len();
            frames.rotate_left(number % count);
            device.inner_mut().arriving.extend(frames);
            assert!(poll(&mut host, &mut device) == [text(size)], "{size} bytes");
        }
        assert_eq!(device.counters().reassembled, sizes.len() as u32);
    });
}

#[test]
fn two_datagrams_at_a_time_are_received_but_not_by_smoltcp_alone() {
    everywhere(|datagram| {
        let other = datagram.numbered(8);
        let data = [2048, 2049].map(|length| udp(datagram.version, length));
        let [first, second] = [(datagram, &data[0]), (other, &data[1])]
            .map(|(datagram, data)| datagram.fragments(data, 1448));
        let frames = [&first[..1], &second[..1], &first[1..], &second[1..]].concat();

        let mut line = Line::new(datagram.medium);
        let mut host = Host::new(&mut line, 1);
        line.arriving.extend(frames.clone());
        let alone = poll(&mut host, &mut line).len();
        assert!(alone < 2, "{alone} received");

        let mut room = Buffers::<2, { 2049 + OVERHEAD }>::new();
        let mut device = Reassembly::new(line, &mut room);
        device.inner_mut().arriving.extend(frames);
        assert!(poll(&mut host, &mut device) == [text(2048), text(2049)]);
    });
}

#[test]
fn smoltcp_notices_when_fragments_of_two_datagrams_were_mixed() {
    everywhere(|datagram| {
        with_room(datagram.medium, |device| {
            let mut host = Host::new(device, 1);
            let mut other = udp(datagram.version, 2040);
            other[2000] ^= 1;
            let mixed = [
                datagram
                    .fragments(&udp(datagram.version, 2040), 1448)
                    .remove(0),
                datagram.fragments(&other, 1448).remove(1),
            ];
            device.inner_mut().arriving.extend(mixed);
            assert_eq!(poll(&mut host, device).len(), 0);
            assert_eq!(device.counters().reassembled, 1);
        })
    });
}

#[test]
fn what_is_transmitted_is_not_touched() {
    everywhere(|datagram| {
        with_room(datagram.medium, |device| {
            let frame = datagram.fragment(0, true, &text(400));
            let copy = |buffer: &mut [u8]| buffer.copy_from_slice(&frame);
            device.transmit(START).unwrap().consume(frame.len(), copy);
            device.inner_mut().arriving.push_back(frame.clone());
            let (_, answer) = device.receive(START).unwrap();
            answer.consume(frame.len(), copy);
            assert!(device.inner().sent == [frame.clone(), frame.clone()]);
        })
    });
}
