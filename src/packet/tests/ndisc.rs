use smoltcp::phy::ChecksumCapabilities;
use smoltcp::wire::{Icmpv6Packet, Icmpv6Repr, Ipv6Address, NdiscNeighborFlags, NdiscRepr};

use super::*;
use crate::packet::{EthernetAddress, NeighborMessage, Packet};

const ICMPV6: u8 = 58;
const CARD: EthernetAddress = EthernetAddress([2, 0x51, 0x52, 0x53, 0x54, 0x55]);

/// A message of neighbor discovery about the destination, in its packet.
fn message(kind: u8, flags: u8, options: &[u8]) -> Vec<u8> {
    let header = [kind, 0, 0, 0, flags, 0, 0, 0];
    sealed(&join(&[&header, &octets(DESTINATION_6), options]))
}

/// A packet with the right checksum and hop limit.
fn sealed(message: &[u8]) -> Vec<u8> {
    let mut message = message.to_vec();
    if message.len() >= 4 {
        put_sum(&mut message, 2, SOURCE_6, DESTINATION_6, IpProtocol::Icmpv6);
    }
    let mut packet = ipv6(ICMPV6, &message);
    packet[7] = 255;
    packet
}

fn option(kind: u8) -> Vec<u8> {
    join(&[&[kind, 1], &CARD.0])
}

fn read(bytes: &[u8]) -> Option<NeighborMessage> {
    Packet::parse(bytes).unwrap().neighbor_message()
}

fn target() -> Ipv6Address {
    match DESTINATION_6 {
        IpAddress::Ipv6(target) => target,
        IpAddress::Ipv4(_) => unreachable!(),
    }
}

#[test]
fn each_field_is_found() {
    let unknown = join(&[&[99, 2], &[0; 14]]);
    for (kind, gives, is_solicitation) in [(135, 1, true), (136, 2, false)] {
        for (options, hardware) in [
            (Vec::new(), None),
            (option(gives), Some(CARD)),
            (option(3 - gives), None),
            (join(&[&unknown, &option(gives)]), Some(CARD)),
        ] {
            let expected = NeighborMessage {
                is_solicitation,
                flags: if is_solicitation { 0 } else { 0x60 },
                target: target(),
                hardware,
            };
            assert_eq!(read(&message(kind, 0x60, &options)), Some(expected));
        }
    }
}

#[test]
fn what_a_router_may_have_forwarded_is_none() {
    for hop_limit in 0..255 {
        let mut packet = message(135, 0, &[]);
        packet[7] = hop_limit;
        assert_eq!(read(&packet), None);
    }
}

#[test]
fn a_message_about_a_group_is_none() {
    let mut body = message(135, 0, &[])[40..].to_vec();
    body[8] = 0xff;
    assert_eq!(read(&sealed(&body)), None);
}

#[test]
fn options_that_do_not_fill_the_message_make_it_none() {
    for kind in [135, 136] {
        for options in [
            &[1, 0, 0, 0, 0, 0, 0, 0][..],
            &[1, 2, 0, 0, 0, 0, 0, 0],
            &[1],
            &option(1)[..7],
        ] {
            assert_eq!(read(&message(kind, 0, options)), None, "{options:?}");
        }
        let whole = message(kind, 0, &[]);
        for length in 0..24 {
            assert_eq!(read(&sealed(&whole[40..40 + length])), None, "{length}");
        }
    }
}

#[test]
fn other_kinds_and_codes_are_none() {
    for kind in (0..=u8::MAX).filter(|kind| !matches!(kind, 135 | 136)) {
        assert_eq!(read(&message(kind, 0, &[])), None, "{kind}");
    }
    let mut body = message(135, 0, &[])[40..].to_vec();
    body[1] = 1;
    assert_eq!(read(&sealed(&body)), None);
}

#[test]
fn each_bit_is_covered_by_the_checksum() {
    let whole = message(136, 0x20, &option(2));
    for bit in 8 * 40..8 * whole.len() {
        let mut packet = whole.clone();
        packet[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(read(&packet), None, "{bit}");
    }
}

#[test]
fn a_message_is_written_as_smoltcp_reads_it() {
    let IpAddress::Ipv6(source) = SOURCE_6 else {
        unreachable!()
    };
    for is_solicitation in [true, false] {
        let message = NeighborMessage {
            is_solicitation,
            flags: if is_solicitation { 0 } else { 0x60 },
            target: target(),
            hardware: Some(CARD),
        };
        let mut bytes = [0xff; 72];
        message.put(&mut bytes, source, target());
        assert_eq!(read(&bytes), Some(message));
        let icmp = Icmpv6Packet::new_checked(&bytes[40..]).unwrap();
        let checksums = ChecksumCapabilities::default();
        let card = smoltcp::wire::EthernetAddress(CARD.0).into();
        let read = Icmpv6Repr::parse(&source, &target(), &icmp, &checksums);
        let expected = match is_solicitation {
            true => NdiscRepr::NeighborSolicit {
                target_addr: target(),
                lladdr: Some(card),
            },
            false => NdiscRepr::NeighborAdvert {
                flags: NdiscNeighborFlags::SOLICITED | NdiscNeighborFlags::OVERRIDE,
                target_addr: target(),
                lladdr: Some(card),
            },
        };
        assert_eq!(read, Ok(Icmpv6Repr::Ndisc(expected)));
    }
}
