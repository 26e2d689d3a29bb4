//! Frames from groups.

use smoltcp::phy::Medium;

use super::*;
use crate::packet::Frame;

const GROUP: [u8; 6] = [0x01, 0, 0x5e, 0, 0, 1];
const STATION: [u8; 6] = [0x02, 0x51, 0x52, 0x53, 0x54, 0x55];

fn is_from_group(bytes: &[u8]) -> bool {
    Frame::parse(Medium::Ethernet, bytes).is_from_group()
}

/// A message of neighbor discovery with these options, in its frame.
fn discovery(kind: u8, options: &[u8]) -> Vec<u8> {
    let message = join(&[
        &[kind, 0, 0, 0, 0, 0, 0, 0],
        &octets(DESTINATION_6),
        options,
    ]);
    ethernet(0x86dd, &ipv6(58, &message))
}

fn option(kind: u8, address: [u8; 6]) -> Vec<u8> {
    join(&[&[kind, 1], &address])
}

#[test]
fn a_source_that_is_a_group_is_found_in_every_frame() {
    for ethertype in [0x0800, 0x0806, 0x86dd, 0x88cc] {
        // Too short for a hardware address in a message of ARP, and with one that is no group.
        for packet in [&[][..], &[0; 8], &[0; 100], &segments()[0]] {
            let mut frame = ethernet(ethertype, packet);
            assert!(!is_from_group(&frame));
            frame[0..6].copy_from_slice(&GROUP);
            assert!(!is_from_group(&frame));
            for source in [GROUP, [0xff; 6], [0x33, 0x33, 0, 0, 0, 1]] {
                frame[6..12].copy_from_slice(&source);
                assert!(is_from_group(&frame));
            }
        }
    }
}

#[test]
fn a_frame_without_hardware_addresses_is_from_no_group() {
    for packet in segments() {
        assert!(!Frame::parse(Medium::Ip, &packet).is_from_group());
    }
    let frame = discovery(135, &option(1, GROUP));
    assert!(!Frame::parse(Medium::Ip, &frame[14..]).is_from_group());
}

#[test]
fn arp_may_give_a_group_as_the_address_of_its_sender() {
    let mut message = [0; 28];
    message[18..24].fill(0xff); // the target's
    message[8..14].copy_from_slice(&STATION);
    message[7] = 1;
    assert!(!is_from_group(&ethernet(0x0806, &message)));
    message[8..14].copy_from_slice(&GROUP);
    assert!(is_from_group(&ethernet(0x0806, &message)));
    assert!(is_from_group(&ethernet(0x0806, &message[..9])));
    assert!(!is_from_group(&ethernet(0x0806, &message[..8])));
}

#[test]
fn neighbor_discovery_may_give_a_group_as_a_link_layer_address() {
    for kind in [135, 136] {
        for address in [1, 2] {
            assert!(is_from_group(&discovery(kind, &option(address, GROUP))));
            assert!(!is_from_group(&discovery(kind, &option(address, STATION))));
            // Behind others, of which one is longer.
            let others = join(&[&option(address, STATION), &[14, 2], &[1; 14]]);
            let options = join(&[&others, &option(address, GROUP)]);
            assert!(is_from_group(&discovery(kind, &options)));
            assert!(!is_from_group(&discovery(kind, &others)));
        }
    }
}

#[test]
fn other_messages_and_options_give_no_address() {
    for kind in (0..=u8::MAX).filter(|kind| !matches!(kind, 135 | 136)) {
        assert!(!is_from_group(&discovery(kind, &option(1, GROUP))));
    }
    for kind in (0..=u8::MAX).filter(|kind| !matches!(kind, 1 | 2)) {
        assert!(!is_from_group(&discovery(135, &option(kind, GROUP))));
    }
    let mut frame = discovery(135, &option(1, GROUP));
    frame[14 + 6] = UDP;
    assert!(!is_from_group(&frame));
}

#[test]
fn options_end_at_the_first_without_a_length_and_with_the_message() {
    let behind = |first: &[u8]| is_from_group(&discovery(135, &join(&[first, &option(1, GROUP)])));
    assert!(behind(&[14, 1, 0, 0, 0, 0, 0, 0]));
    assert!(!behind(&[14, 0, 0, 0, 0, 0, 0, 0]));
    assert!(!behind(&[14, 3, 0, 0, 0, 0, 0, 0]));
    assert!(!behind(&[14, 255, 0, 0, 0, 0, 0, 0]));
    // The first byte of the address decides.
    assert!(is_from_group(&discovery(135, &[1, 1, 0x01])));
    assert!(!is_from_group(&discovery(135, &[1, 1])));
    assert!(!is_from_group(&discovery(135, &[1])));
    assert!(!is_from_group(&discovery(135, &[])));
}
