//! The headers of IP.

use smoltcp::wire::{IpProtocol, Ipv4Packet, Ipv6Packet};

use super::{Fields, Layer, rest, transport};

const TO: &str = "the host that the packet is for";
const FROM: &str = "the host that has sent it";
const HOPS: &str = "how many routers it may still pass";

/// The header of IPv4 at an offset, and what follows it.
pub(super) fn v4(frame: &[u8], at: usize, layers: &mut Vec<Layer>) {
    let Ok(packet) = Ipv4Packet::new_checked(&frame[at..]) else {
        layers.extend(rest(frame, at));
        return;
    };
    let header = usize::from(packet.header_len());
    let length = format!("4, {header} bytes");
    let mut fragment = if packet.dont_frag() {
        "must not be cut into fragments".to_owned()
    } else {
        "may be cut into fragments".to_owned()
    };
    if packet.more_frags() || packet.frag_offset() > 0 {
        fragment = format!("a fragment, at byte {}", packet.frag_offset());
    }
    let checksum = format!("{:#06x}", packet.checksum());
    let is_right = if packet.verify_checksum() {
        "right"
    } else {
        "wrong"
    };
    let mut fields = Fields::from(at);
    fields.add(1, "version, header length", length, "");
    fields.add(1, "service", packet.dscp(), "");
    fields.add(
        2,
        "total length",
        packet.total_len(),
        "header and payload, in bytes",
    );
    fields.add(
        2,
        "identification",
        packet.ident(),
        "which fragments belong together",
    );
    fields.add(2, "flags, fragment offset", fragment, "");
    fields.add(1, "time to live", packet.hop_limit(), HOPS);
    fields.add(
        1,
        "protocol",
        name(packet.next_header()),
        "what the packet carries",
    );
    fields.add(
        2,
        "header checksum",
        format!("{checksum}, {is_right}"),
        "a sum over this header",
    );
    fields.add(4, "source", packet.src_addr(), FROM);
    fields.add(4, "destination", packet.dst_addr(), TO);
    if header > 20 {
        fields.add(header - 20, "options", "", "");
    }
    layers.push(fields.layer("IPv4"));
    let end = (at + usize::from(packet.total_len())).min(frame.len());
    let (source, destination) = (packet.src_addr().into(), packet.dst_addr().into());
    let hosts = (source, destination);
    transport::layers(
        &frame[..end],
        at + header,
        packet.next_header(),
        hosts,
        layers,
    );
}

/// The header of IPv6 at an offset, and what follows it.
pub(super) fn v6(frame: &[u8], at: usize, layers: &mut Vec<Layer>) {
    let Ok(packet) = Ipv6Packet::new_checked(&frame[at..]) else {
        layers.extend(rest(frame, at));
        return;
    };
    let mut fields = Fields::from(at);
    fields.add(4, "version, class, flow label", "6", "");
    fields.add(2, "payload length", packet.payload_len(), "in bytes");
    fields.add(
        1,
        "next header",
        name(packet.next_header()),
        "what the packet carries",
    );
    fields.add(1, "hop limit", packet.hop_limit(), HOPS);
    fields.add(16, "source", packet.src_addr(), FROM);
    fields.add(16, "destination", packet.dst_addr(), TO);
    layers.push(fields.layer("IPv6"));
    let header = packet.header_len();
    let end = (at + packet.total_len()).min(frame.len());
    let hosts = (packet.src_addr().into(), packet.dst_addr().into());
    transport::layers(
        &frame[..end],
        at + header,
        packet.next_header(),
        hosts,
        layers,
    );
}

fn name(protocol: IpProtocol) -> String {
    match protocol {
        IpProtocol::Tcp => "TCP".into(),
        IpProtocol::Udp => "UDP".into(),
        IpProtocol::Icmp => "ICMP".into(),
        IpProtocol::Icmpv6 => "ICMPv6".into(),
        other => other.to_string(),
    }
}
