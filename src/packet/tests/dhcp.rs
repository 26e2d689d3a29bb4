use smoltcp::wire::Ipv4Address;

use super::*;
use crate::packet::{DhcpAnswer, DhcpKind, DhcpReply, DhcpRequest, EthernetAddress, Packet};

const CARD: EthernetAddress = EthernetAddress([2, 0x51, 0x52, 0x53, 0x54, 0x55]);

/// A datagram with a message of a server, without a checksum. The options stand in each of the three
/// fields that may have them.
pub(super) fn reply(options: &[u8], file: &[u8], server_name: &[u8]) -> Vec<u8> {
    let mut message = join(&[
        &[2, 1, 6, 0, 0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 0],
        &[0; 4],
        &[192, 168, 69, 50],
        &[0; 8],
        &CARD.0,
        &[0; 202],
        &[99, 130, 83, 99],
        options,
    ]);
    message[108..][..file.len()].copy_from_slice(file);
    message[44..][..server_name.len()].copy_from_slice(server_name);
    let length = (8 + message.len()) as u16;
    join(&[&[0, 67, 0, 68], &length.to_be_bytes(), &[0, 0], &message])
}

/// The options of an acknowledgement.
pub(super) const OPTIONS: [u8; 45] = [
    53, 1, 5, 54, 4, 192, 168, 69, 67, 51, 4, 0, 0, 0x0e, 0x10, 0, 1, 4, 255, 255, 255, 0, 3, 4,
    192, 168, 69, 254, 6, 12, 9, 9, 9, 9, 8, 8, 8, 8, 7, 7, 7, 7, 12, 0, 255,
];

fn parse(datagram: &[u8]) -> Option<DhcpReply> {
    let packet = ipv4(UDP, &[], datagram);
    Packet::parse(&packet).expect("a packet").dhcp_reply(true)
}

#[test]
fn a_reply_has_its_fields_and_options() {
    let reply = parse(&reply(&OPTIONS, &[], &[])).expect("a reply");
    let address = Ipv4Address::new;
    assert_eq!(
        reply,
        DhcpReply {
            answer: DhcpAnswer::Ack,
            transaction: 0xcafe_babe,
            hardware: CARD,
            address: address(192, 168, 69, 50),
            server: address(192, 168, 69, 67),
            lease_time: Some(3600),
            renewal_time: None,
            rebinding_time: None,
            subnet_mask: Some(address(255, 255, 255, 0)),
            router: Some(address(192, 168, 69, 254)),
            name_servers: [[9; 4], [8; 4], [7; 4]]
                .map(Ipv4Address::from_octets)
                .into(),
        }
    );
}

/// RFC 2132, 9.3: options may be in the fields 'file' and 'sname', too.
#[test]
fn options_may_stand_in_fields_that_are_for_something_else() {
    let times = [58, 4, 0, 0, 0, 9, 59, 4, 0, 0, 0, 10, 255];
    for (overload, file, name) in [
        (1, &times[..], &[][..]),
        (2, &[], &times),
        (3, &[255], &times),
    ] {
        let mut options = OPTIONS.to_vec();
        options.truncate(OPTIONS.len() - 1);
        options.extend([52, 1, overload, 255]);
        let reply = parse(&reply(&options, file, name)).expect("a reply");
        assert_eq!(
            (reply.renewal_time, reply.rebinding_time),
            (Some(9), Some(10))
        );
    }
    let reply = parse(&reply(&OPTIONS, &times, &times)).expect("a reply");
    assert_eq!(reply.renewal_time, None, "it does not say so");
}

#[test]
fn a_message_that_is_cut_or_has_a_wrong_header_is_none() {
    let whole = reply(&OPTIONS, &[], &[]);
    // Without its last options it is as good; then the length of one leads beyond the end.
    for length in 0..8 + 240 + 9 {
        let mut cut = whole[..length].to_vec();
        if length >= 6 {
            cut[4..6].copy_from_slice(&(length as u16).to_be_bytes());
        }
        assert_eq!(parse(&cut), None, "{length}");
    }
    let mut longer = whole.clone();
    longer[4..6].copy_from_slice(&(whole.len() as u16 + 1).to_be_bytes());
    assert_eq!(parse(&longer), None);
    for (at, value) in [
        (1, 68),
        (3, 67),
        (8, 1),
        (9, 6),
        (10, 8),
        (8 + 236, 1),
        (8 + 242, 7),
    ] {
        let mut wrong = whole.clone();
        wrong[at] = value;
        assert_eq!(parse(&wrong), None, "{at}");
    }
    let mut summed = whole;
    summed[7] = 1;
    assert_eq!(parse(&summed), None, "the checksum is wrong");
}

#[test]
fn an_option_that_is_too_short_for_its_kind_is_left_out() {
    let options = [
        53, 1, 2, 54, 4, 9, 9, 9, 9, 51, 3, 1, 2, 3, 1, 0, 3, 2, 9, 9, 6, 3, 9, 9, 9, 255,
    ];
    let reply = parse(&reply(&options, &[], &[])).expect("a reply");
    assert_eq!(
        (reply.lease_time, reply.subnet_mask, reply.router),
        (None, None, None)
    );
    assert!(reply.name_servers.is_empty());
}

#[test]
fn a_request_is_a_packet_with_right_checksums() {
    for kind in [DhcpKind::Discover, DhcpKind::Request, DhcpKind::Decline] {
        let request = DhcpRequest {
            kind,
            transaction: 0xcafe_babe,
            seconds: 0x1234,
            hardware: CARD,
            client: Ipv4Address::new(10, 0, 0, 1),
            requested: Some(Ipv4Address::new(10, 0, 0, 2)),
            server: Some(Ipv4Address::new(10, 0, 0, 3)),
        };
        let mut bytes = [0xaa; DhcpRequest::PACKET];
        request.put(&mut bytes, Ipv4Address::BROADCAST);
        let packet = Packet::parse(&bytes).expect("a packet");
        assert_eq!(packet.bytes.len(), bytes.len());
        assert!(packet.has_intact_header());
        let (source, destination) = (&packet.source, &packet.destination);
        let payload = packet.payload();
        assert!(crate::packet::ip::is_sum_right(
            source,
            destination,
            IpProtocol::Udp,
            payload
        ));
        assert_eq!(packet.udp_destination(), Some(67));
        assert_eq!(payload[8 + 240..8 + 243], [53, 1, kind as u8]);
    }
}
