//! A driver as a device: its frames, its wakers, its capabilities.

use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use embassy_net_driver::{self as driver, HardwareAddress};
use smoltcp::phy::{Checksum, Device, Medium, RxToken, TxToken};
use smoltcp::time::Instant;

use uppercase::Stack;
use uppercase::device::embassy::{AsyncDevice, Embassy, UnsupportedMedium};
use uppercase::link::EthernetAddress;
use uppercase::stack::ConfigError;

use super::SERVER;
use super::executor::waker;
use super::host::config;
use super::line::{Card, card, device};

#[test]
fn frames_pass_in_both_directions_as_they_are() {
    let card = card(SERVER, 2);
    let mut device = device(&card);
    card.received.push(vec![1, 2, 3]);
    card.received.push(vec![4]);
    for expected in [&[1, 2, 3][..], &[4]] {
        let (receive, transmit) = device.receive(Instant::ZERO).expect("a frame");
        receive.consume(|frame| assert_eq!(frame, expected));
        transmit.consume(expected.len(), |frame| frame.copy_from_slice(expected));
        assert_eq!(card.to_transmit.pop().as_deref(), Some(expected));
    }
    assert!(device.receive(Instant::ZERO).is_none());
    let token = device.transmit(Instant::ZERO).expect("there is room");
    assert_eq!(token.consume(1514, |frame| frame.len()), 1514);
    assert_eq!(card.to_transmit.pop(), Some(vec![0; 1514]));
}

#[test]
fn tokens_dropped_unused_take_no_frame_and_send_none() {
    let card = card(SERVER, 1);
    let mut device = device(&card);
    card.received.push(vec![1]);
    for _ in 0..3 {
        assert!(device.receive(Instant::ZERO).is_some());
        assert!(device.transmit(Instant::ZERO).is_some());
    }
    assert_eq!((card.received.len(), card.to_transmit.len()), (1, 0));
}

#[test]
fn frame_waits_while_there_is_no_room_to_answer_it() {
    let card = card(SERVER, 1);
    let mut device = device(&card);
    card.received.push(vec![1]);
    let token = device.transmit(Instant::ZERO).expect("there is room");
    token.consume(1, |_| ());
    assert!(device.receive(Instant::ZERO).is_none());
    card.to_transmit.pop();
    assert!(device.receive(Instant::ZERO).is_some());
}

#[test]
fn waker_set_last_is_woken_by_a_frame() {
    let card = card(SERVER, 1);
    let mut device = device(&card);
    let ((early, first), (late, second)) = (waker(), waker());
    device.set_waker(&first);
    assert!(device.receive(Instant::ZERO).is_none());
    device.set_waker(&second);
    assert!(device.receive(Instant::ZERO).is_none());
    card.received.push(vec![1]);
    assert_eq!((early.take(), late.take()), (false, true));
}

#[test]
fn waker_is_woken_by_room() {
    let card = card(SERVER, 1);
    let mut device = device(&card);
    let (woken, waker) = waker();
    device.set_waker(&waker);
    let token = device.transmit(Instant::ZERO).expect("there is room");
    token.consume(1, |_| ());
    assert!(!device.is_full());
    assert!(device.transmit(Instant::ZERO).is_none());
    assert!(device.is_full());
    assert!(!woken.take());
    card.to_transmit.pop();
    assert!(woken.take());
    device.set_waker(&waker);
    assert!(!device.is_full(), "it has not been asked since");
}

#[test]
fn link_is_told_at_once_and_its_change_wakes() {
    let card = card(SERVER, 1);
    let mut device = device(&card);
    let (woken, waker) = waker();
    let mut is_up = || pin!(device.is_link_up()).poll(&mut Context::from_waker(&waker));
    assert_eq!(is_up(), Poll::Ready(true));
    assert!(!woken.take());
    card.set_link(false);
    assert!(woken.take());
    assert_eq!(is_up(), Poll::Ready(false));
}

#[test]
fn capabilities_are_the_drivers() {
    let mut card = Card::new(SERVER, 1);
    card.capabilities.max_transmission_unit = 9014;
    card.capabilities.max_burst_size = Some(3);
    card.capabilities.checksum.ipv4 = driver::Checksum::None;
    card.capabilities.checksum.udp = driver::Checksum::Rx;
    card.capabilities.checksum.tcp = driver::Checksum::Tx;
    let capabilities = device(&Rc::new(card)).capabilities();
    assert_eq!(capabilities.max_transmission_unit, 9014);
    assert_eq!(capabilities.ip_mtu(), 9000);
    assert_eq!(capabilities.max_burst_size, Some(3));
    assert!(matches!(capabilities.checksum.ipv4, Checksum::None));
    assert!(matches!(capabilities.checksum.udp, Checksum::Rx));
    assert!(matches!(capabilities.checksum.tcp, Checksum::Tx));
    assert!(matches!(capabilities.checksum.icmpv4, Checksum::Both));
}

#[test]
#[cfg(feature = "ipv6")]
fn checksums_of_icmpv6_and_icmpv4_are_not_mixed_up() {
    let mut card = Card::new(SERVER, 1);
    card.capabilities.checksum.icmpv4 = driver::Checksum::Rx;
    card.capabilities.checksum.icmpv6 = driver::Checksum::Tx;
    let checksum = device(&Rc::new(card)).capabilities().checksum;
    assert!(matches!(checksum.icmpv4, Checksum::Rx));
    assert!(matches!(checksum.icmpv6, Checksum::Tx));
}

#[test]
fn medium_follows_from_the_hardware_address() {
    let mut card = Card::new(SERVER, 1);
    let ethernet = device(&Rc::new(Card::new(SERVER, 1)));
    assert_eq!(ethernet.capabilities().medium, Medium::Ethernet);
    let address = EthernetAddress([2, 0, 0, 0, 0, SERVER]);
    assert_eq!(ethernet.hardware_address(), address);

    card.address = HardwareAddress::Ip;
    let ip = device(&Rc::new(card));
    assert_eq!(ip.capabilities().medium, Medium::Ip);
    assert_eq!(ip.hardware_address(), EthernetAddress([0; 6]));
}

#[test]
fn radio_without_ip_of_its_own_is_refused() {
    let mut card = Card::new(SERVER, 1);
    card.address = HardwareAddress::Ieee802154([2; 8]);
    let refusal = Embassy::new(Rc::new(card).driver()).err();
    assert_eq!(refusal, Some(UnsupportedMedium));
}

#[test]
fn mtu_too_small_for_ip_is_an_error_of_the_stack() {
    let mut card = Card::new(SERVER, 1);
    card.capabilities.max_transmission_unit = 0;
    let device = device(&Rc::new(card));
    let error = Stack::new(device, config(SERVER), &mut [][..], Instant::ZERO).err();
    let (ip_mtu, least) = (0, 576);
    assert_eq!(error, Some(ConfigError::MtuTooSmall { ip_mtu, least }));
}
