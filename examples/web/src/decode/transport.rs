//! The headers of TCP, UDP and ICMP.

use smoltcp::wire::{IpAddress, IpProtocol, TcpOption, TcpPacket, UdpPacket};

use super::{Fields, Layer, rest};

const PORT_FROM: &str = "the program that has sent it";
const PORT_TO: &str = "the program that it is for";
const SUM: &str = "a sum over header, payload and addresses";

/// What an IP packet between two hosts carries, from an offset to the end.
pub(super) fn layers(
    frame: &[u8],
    at: usize,
    protocol: IpProtocol,
    hosts: (IpAddress, IpAddress),
    layers: &mut Vec<Layer>,
) {
    let bytes = frame.get(at..).unwrap_or(&[]);
    let end = match protocol {
        IpProtocol::Tcp => tcp(bytes, at, hosts, layers),
        IpProtocol::Udp => udp(bytes, at, hosts, layers),
        IpProtocol::Icmp | IpProtocol::Icmpv6 => icmp(bytes, at, protocol, layers),
        _ => None,
    };
    layers.extend(rest(frame, end.unwrap_or(at)));
}

fn tcp(
    bytes: &[u8],
    at: usize,
    (source, destination): (IpAddress, IpAddress),
    layers: &mut Vec<Layer>,
) -> Option<usize> {
    let packet = TcpPacket::new_checked(bytes).ok()?;
    let header = usize::from(packet.header_len());
    let flags = [
        (packet.syn(), "SYN"),
        (packet.ack(), "ACK"),
        (packet.psh(), "PSH"),
        (packet.fin(), "FIN"),
        (packet.rst(), "RST"),
        (packet.urg(), "URG"),
    ];
    let flags: Vec<_> = flags.iter().filter(|(is_set, _)| *is_set).collect();
    let flags: Vec<_> = flags.iter().map(|(_, name)| *name).collect();
    let acknowledgement = match packet.ack() {
        true => number(packet.ack_number().0),
        false => "none".into(),
    };
    let sum = sum(
        packet.checksum(),
        packet.verify_checksum(&source, &destination),
    );
    let mut fields = Fields::from(at);
    fields.add(2, "source port", packet.src_port(), PORT_FROM);
    fields.add(2, "destination port", packet.dst_port(), PORT_TO);
    let meaning = "the number of the first byte of this segment";
    fields.add(4, "sequence number", number(packet.seq_number().0), meaning);
    let meaning = "the number of the byte that is expected next";
    fields.add(4, "acknowledgement number", acknowledgement, meaning);
    fields.add(1, "header length", format!("{header} bytes"), "");
    fields.add(1, "flags", flags.join(" "), "what the segment is");
    let meaning = "how many bytes there is room for, before scaling";
    fields.add(2, "window", packet.window_len(), meaning);
    fields.add(2, "checksum", sum, SUM);
    fields.add(2, "urgent pointer", packet.urgent_at(), "");
    let mut options = packet.options();
    while !options.is_empty() && fields.at < at + header {
        let Ok((next, option)) = TcpOption::parse(options) else {
            break;
        };
        let length = options.len() - next.len();
        let (name, value, meaning) = option_text(&option);
        fields.add(length, name, value, meaning);
        options = next;
    }
    layers.push(fields.layer("TCP"));
    Some(at + header)
}

fn option_text(option: &TcpOption<'_>) -> (&'static str, String, &'static str) {
    match option {
        TcpOption::EndOfList => ("end of options", String::new(), ""),
        TcpOption::NoOperation => ("padding", String::new(), ""),
        TcpOption::MaxSegmentSize(size) => {
            let meaning = "the longest payload that the sender takes, in bytes";
            ("maximum segment size", size.to_string(), meaning)
        }
        TcpOption::WindowScale(bits) => {
            let value = format!("× {}", 1_u32 << u32::from(*bits).min(14));
            (
                "window scale",
                value,
                "what later windows are multiplied by",
            )
        }
        TcpOption::SackPermitted => {
            let meaning = "gaps in what has arrived can be told";
            ("selective acknowledgement", "permitted".into(), meaning)
        }
        TcpOption::SackRange(ranges) => {
            let range = |(from, to): &(u32, u32)| format!("{from} to {to}");
            let ranges: Vec<_> = ranges.iter().flatten().map(range).collect();
            (
                "selective acknowledgement",
                ranges.join(", "),
                "what has arrived behind a gap",
            )
        }
        TcpOption::TimeStamp { tsval, .. } => ("timestamp", tsval.to_string(), ""),
        TcpOption::Unknown { kind, .. } => ("option", kind.to_string(), ""),
    }
}

fn udp(
    bytes: &[u8],
    at: usize,
    (source, destination): (IpAddress, IpAddress),
    layers: &mut Vec<Layer>,
) -> Option<usize> {
    let packet = UdpPacket::new_checked(bytes).ok()?;
    let sum = sum(
        packet.checksum(),
        packet.verify_checksum(&source, &destination),
    );
    let mut fields = Fields::from(at);
    fields.add(2, "source port", packet.src_port(), PORT_FROM);
    fields.add(2, "destination port", packet.dst_port(), PORT_TO);
    fields.add(2, "length", packet.len(), "header and payload, in bytes");
    fields.add(2, "checksum", sum, SUM);
    let at = fields.at;
    layers.push(fields.layer("UDP"));
    Some(at)
}

fn icmp(bytes: &[u8], at: usize, protocol: IpProtocol, layers: &mut Vec<Layer>) -> Option<usize> {
    let [kind, code, first, second, ..] = *bytes else {
        return None;
    };
    let mut fields = Fields::from(at);
    fields.add(1, "type", kind, "");
    fields.add(1, "code", code, "");
    fields.add(
        2,
        "checksum",
        format!("{:#06x}", u16::from_be_bytes([first, second])),
        SUM,
    );
    let rest = bytes.len() - 4;
    if rest > 0 {
        fields.add(rest, "message", format!("{rest} bytes"), "");
    }
    let name = if protocol == IpProtocol::Icmp {
        "ICMP"
    } else {
        "ICMPv6"
    };
    layers.push(fields.layer(name));
    Some(at + bytes.len())
}

fn number(number: i32) -> String {
    (number as u32).to_string()
}

fn sum(sum: u16, is_right: bool) -> String {
    format!("{sum:#06x}, {}", if is_right { "right" } else { "wrong" })
}
