//! Checksums with offload: which are verified here, and which are completed.

use std::net::{IpAddr, UdpSocket};

use smoltcp::phy::{Device, RxToken};
use smoltcp::time::Instant;
use smoltcp::wire::{IpVersion, Ipv4Packet, UdpPacket};
use uppercase::device::tuntap::{Mode, TunTap};

use super::frames::{SECOND, find, send};
use super::packet::{PORT, bytes, frame, is_from, tcp};
use super::wire::{VERSIONS, Version, cut, interface, mac, options, wire};
use crate::namespace::ip;

pub fn what_the_kernel_does_not_answer_for_is_verified() {
    for &version in VERSIONS {
        let [mut device, mut other] = wire(Mode::Tap, [1500, 1500], options(true));
        let segment = |sequence| frame(version, 1, &tcp(version, 1, sequence, 1000, |_| ()));
        let good = segment(1);
        let mut corrupt = good.clone();
        *corrupt.last_mut().unwrap() ^= 1;
        let last = segment(2);
        for count in 1..=3 {
            send(&mut other, &good);
            assert_eq!(find(&mut device, is_from(mac(1))), good);
            send(&mut other, &corrupt);
            send(&mut other, &last);
            assert_eq!(find(&mut device, is_from(mac(1))), last);
            assert_eq!(device.statistics().received_corrupt, count);
        }
        // The parts of a segment have no checksum that could be verified.
        if version == Version::V4 {
            let mut fragment = good.clone();
            let mut packet = Ipv4Packet::new_unchecked(&mut fragment[14..]);
            packet.set_more_frags(true);
            packet.set_dont_frag(false);
            packet.fill_checksum();
            send(&mut other, &fragment);
            send(&mut other, &last);
            assert_eq!(find(&mut device, is_from(mac(1))), last);
            assert_eq!(device.statistics().received_partial, 1);
        }
        cut(Mode::Tap, [device, other]);
    }
}

/// A stack that is given none takes the device for empty.
pub fn frame_behind_a_corrupt_one_is_received_at_once() {
    let version = Version::V4;
    let [mut device, mut other] = wire(Mode::Tap, [1500, 1500], options(true));
    let last = frame(version, 1, &tcp(version, 1, 2, 1000, |_| ()));
    let mut corrupt = last.clone();
    *corrupt.last_mut().unwrap() ^= 1;
    // What the kernel itself has sent is out of the way then.
    send(&mut other, &last);
    assert_eq!(find(&mut device, is_from(mac(1))), last);
    for _ in 0..3 {
        send(&mut other, &corrupt);
    }
    send(&mut other, &last);
    loop {
        assert!(device.wait(SECOND).unwrap());
        let (token, _) = device
            .receive(Instant::ZERO)
            .expect("a frame that can be used");
        // The kernel has things of its own to say on a new link.
        if token.consume(|frame| frame == last) {
            break;
        }
    }
    assert_eq!(device.statistics().received_corrupt, 3);
    cut(Mode::Tap, [device, other]);
}

pub fn udp_without_a_checksum_is_completed() {
    for &version in VERSIONS {
        interface(0, Mode::Tun, 1500);
        let mut device = TunTap::open("test0", Mode::Tun, &[]).unwrap();
        let host: IpAddr = version.address(0, 1).into();
        let client = UdpSocket::bind((host, 0)).unwrap();
        let ours: IpAddr = version.address(0, 2).into();
        for length in [0, 1, 2, 1001, 1400] {
            client.send_to(&bytes(length), (ours, PORT)).unwrap();
            let checksum = find(&mut device, |packet| {
                let (protocol, payload) = match IpVersion::of_packet(packet).ok()? {
                    IpVersion::Ipv4 => (packet[9], packet.get(20..)?),
                    #[allow(unreachable_patterns)]
                    _ => (packet[6], packet.get(40..)?),
                };
                let udp = UdpPacket::new_checked(payload).ok()?;
                (protocol == 17 && udp.payload() == bytes(length)).then(|| {
                    let (host, ours) = (version.address(0, 1), version.address(0, 2));
                    udp.checksum() != 0 && udp.verify_checksum(&host, &ours)
                })
            });
            assert!(checksum, "{length} bytes");
        }
        drop(device);
        ip("link delete test0");
    }
}
