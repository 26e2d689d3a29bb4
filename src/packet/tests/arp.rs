use smoltcp::wire::Ipv4Address;

use super::*;
use crate::packet::{Arp, EthernetAddress};

const MESSAGE: [u8; 28] = [
    0, 1, 8, 0, 6, 4, 0, 1, // Ethernet and IPv4, a request
    2, 0x51, 0x52, 0x53, 0x54, 0x55, 10, 11, 12, 13, // the sender's addresses
    2, 0xd1, 0xd2, 0xd3, 0xd4, 0xd5, 10, 21, 22, 23, // the target's
];

#[test]
fn each_field_is_found() {
    let message = Arp::parse(&MESSAGE).unwrap();
    assert_eq!(message.sender, Ipv4Address::new(10, 11, 12, 13));
    assert_eq!(message.target, Ipv4Address::new(10, 21, 22, 23));
    assert_eq!(
        message.sender_hardware,
        EthernetAddress([2, 0x51, 0x52, 0x53, 0x54, 0x55])
    );
    assert_eq!(
        message.target_hardware,
        EthernetAddress([2, 0xd1, 0xd2, 0xd3, 0xd4, 0xd5])
    );
    assert!(message.is_request);
    // Ethernet pads it.
    assert_eq!(Arp::parse(&join(&[&MESSAGE, &[0; 18]])), Some(message));
}

#[test]
fn a_message_is_written_as_it_is_read() {
    for is_request in [true, false] {
        let mut bytes = MESSAGE;
        bytes[7] = if is_request { 1 } else { 2 };
        let message = Arp::parse(&bytes).unwrap();
        let mut written = [0xff; 28];
        message.put(&mut written);
        assert_eq!(written, bytes);
    }
}

#[test]
fn only_operation_1_is_a_request() {
    for (operation, is_request) in [
        ([0, 0], false),
        ([0, 2], false),
        ([1, 1], false),
        ([0, 1], true),
    ] {
        let mut bytes = MESSAGE;
        bytes[6..8].copy_from_slice(&operation);
        assert_eq!(Arp::parse(&bytes).unwrap().is_request, is_request);
    }
}

#[test]
fn a_message_that_is_cut_anywhere_is_none() {
    for length in 0..MESSAGE.len() {
        assert_eq!(Arp::parse(&MESSAGE[..length]), None);
    }
}

#[test]
fn a_message_about_other_addresses_is_none() {
    for at in 0..6 {
        let mut bytes = MESSAGE;
        bytes[at] ^= 2;
        assert_eq!(Arp::parse(&bytes), None, "{at}");
    }
}
