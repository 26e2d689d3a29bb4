use smoltcp::phy::Medium;

use super::*;
use crate::packet::{Content, EthernetAddress, Frame, put_ethernet};

#[test]
fn a_frame_has_both_hardware_addresses_and_its_packet() {
    for packet in segments() {
        let ethertype = if packet[0] >> 4 == 4 { 0x0800 } else { 0x86dd };
        let bytes = ethernet(ethertype, &packet);
        let frame = Frame::parse(Medium::Ethernet, &bytes);
        let hardware = frame.hardware.unwrap();
        assert_eq!(
            hardware.destination,
            EthernetAddress([0x02, 0xd1, 0xd2, 0xd3, 0xd4, 0xd5])
        );
        assert_eq!(
            hardware.source,
            EthernetAddress([0x02, 0x51, 0x52, 0x53, 0x54, 0x55])
        );
        assert_eq!(frame.header_len(), 14);
        assert_eq!(frame.packet().unwrap().bytes, packet);
        let mut header = [0; 14];
        put_ethernet(&mut header, hardware, ethertype);
        assert_eq!(header, bytes[..14]);
    }
}

#[test]
fn a_packet_without_an_ethernet_header_has_no_hardware_addresses() {
    for packet in segments() {
        let frame = Frame::parse(Medium::Ip, &packet);
        assert_eq!(frame.hardware, None);
        assert_eq!(frame.header_len(), 0);
        assert_eq!(frame.packet().unwrap().bytes, packet);
    }
}

#[test]
fn arp_is_what_follows_the_header() {
    let bytes = ethernet(0x0806, &[0x45, 1, 2]);
    let frame = Frame::parse(Medium::Ethernet, &bytes);
    assert!(matches!(frame.content, Content::Arp([0x45, 1, 2])));
    assert!(frame.packet().is_none());
}

#[test]
fn another_protocol_is_left_alone() {
    let [v4, v6] = [&segments()[0], &segments()[3]].map(Vec::clone);
    // The version in the packet has to agree with the header.
    for (ethertype, packet) in [
        (0x88cc, &v4),
        (0x0800, &v6),
        (0x86dd, &v4),
        (0x0000, &v6),
        (0x0800, &Vec::new()),
    ] {
        let bytes = ethernet(ethertype, packet);
        let frame = Frame::parse(Medium::Ethernet, &bytes);
        assert!(matches!(frame.content, Content::Other), "{ethertype:#x}");
        assert!(frame.hardware.is_some());
    }
    for bytes in [&[][..], &[0; 40], &[0x50; 60], &[0xff; 60]] {
        assert!(matches!(
            Frame::parse(Medium::Ip, bytes).content,
            Content::Other
        ));
    }
}

#[test]
fn a_frame_that_is_cut_anywhere_has_no_packet() {
    for packet in segments() {
        let ethertype = if packet[0] >> 4 == 4 { 0x0800 } else { 0x86dd };
        let bytes = ethernet(ethertype, &packet);
        for length in 0..bytes.len() {
            let frame = Frame::parse(Medium::Ethernet, &bytes[..length]);
            assert!(matches!(frame.content, Content::Other), "{length}");
            assert_eq!(frame.hardware.is_some(), length >= 14);
            assert!(!frame.is_from_group());
        }
    }
}

#[test]
fn padding_behind_the_packet_is_left_out() {
    for packet in segments() {
        let ethertype = if packet[0] >> 4 == 4 { 0x0800 } else { 0x86dd };
        let mut bytes = ethernet(ethertype, &packet);
        bytes.extend_from_slice(&[0xff; 46]);
        let frame = Frame::parse(Medium::Ethernet, &bytes);
        assert_eq!(frame.packet().unwrap().bytes, packet);
    }
}
