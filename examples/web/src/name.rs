//! The names of frames: by what a frame is, not by how many there were before.
//!
//! `client.t1.syn.1` is the first SYN of the client's first TCP connection, `server.t1.14+13.2` the
//! second time that the server sends the 13 bytes that begin at its sequence number 14. So a
//! choice for one frame still means this frame when an earlier one has another fate.

use std::sync::Arc;

use smoltcp::wire::{
    ArpOperation, ArpPacket, EthernetFrame, EthernetProtocol, IpAddress, IpProtocol, Ipv4Packet,
    Ipv6Packet, TcpPacket, TcpSeqNumber, UdpPacket,
};

/// Gives names to frames, in the order in which they are sent.
#[derive(Debug, Default)]
pub struct Names {
    flows: Vec<Flow>,
    /// How many frames there were of each name, in the order of the names.
    seen: Vec<(String, usize)>,
    /// The names of the hosts.
    hosts: Vec<(IpAddress, Arc<str>)>,
}

#[derive(Clone, Debug)]
struct Flow {
    protocol: IpProtocol,
    client: IpAddress,
    port: u16,
    name: String,
    /// The initial sequence numbers of the client and of the server.
    first: [Option<TcpSeqNumber>; 2],
}

/// A packet of TCP or UDP in a frame.
struct Inside<'f> {
    protocol: IpProtocol,
    source: IpAddress,
    destination: IpAddress,
    payload: &'f [u8],
}

impl Names {
    /// Knows the host with this address.
    pub fn know(&mut self, address: IpAddress, name: &Arc<str>) {
        self.hosts.push((address, name.clone()));
    }

    /// The name of the next frame of this host.
    pub fn next(&mut self, host: &str, frame: &[u8]) -> String {
        let what = self.what(frame).unwrap_or_else(|| "other".into());
        let name = format!("{host}.{what}");
        let known = self.seen.binary_search_by(|(other, _)| other.cmp(&name));
        let place = known.unwrap_or_else(|place| {
            self.seen.insert(place, (name.clone(), 0));
            place
        });
        let (_, count) = &mut self.seen[place];
        *count += 1;
        format!("{name}.{count}")
    }

    fn what(&mut self, frame: &[u8]) -> Option<String> {
        let ethernet = EthernetFrame::new_checked(frame).ok()?;
        let payload = ethernet.payload();
        let inside = match ethernet.ethertype() {
            EthernetProtocol::Arp => {
                let arp = ArpPacket::new_checked(payload).ok()?;
                return Some(match arp.operation() {
                    ArpOperation::Request => "arp-request".into(),
                    _ => "arp-reply".into(),
                });
            }
            EthernetProtocol::Ipv4 => {
                let packet = Ipv4Packet::new_checked(payload).ok()?;
                Inside {
                    protocol: packet.next_header(),
                    source: packet.src_addr().into(),
                    destination: packet.dst_addr().into(),
                    payload: &payload[usize::from(packet.header_len())..],
                }
            }
            EthernetProtocol::Ipv6 => {
                let packet = Ipv6Packet::new_checked(payload).ok()?;
                Inside {
                    protocol: packet.next_header(),
                    source: packet.src_addr().into(),
                    destination: packet.dst_addr().into(),
                    payload: &payload[packet.header_len()..],
                }
            }
            _ => return None,
        };
        match inside.protocol {
            IpProtocol::Tcp => self.segment(&inside),
            IpProtocol::Udp => self.datagram(&inside),
            IpProtocol::Icmp => Some("icmp".into()),
            IpProtocol::Icmpv6 => Some("icmp6".into()),
            _ => None,
        }
    }

    fn datagram(&mut self, inside: &Inside<'_>) -> Option<String> {
        let packet = UdpPacket::new_checked(inside.payload).ok()?;
        let (source, destination) = (packet.src_port(), packet.dst_port());
        let (flow, _) = self.flow(inside, source, destination);
        Some(flow.name.clone())
    }

    fn segment(&mut self, inside: &Inside<'_>) -> Option<String> {
        let packet = TcpPacket::new_checked(inside.payload).ok()?;
        let (source, destination) = (packet.src_port(), packet.dst_port());
        let (flow, from) = self.flow(inside, source, destination);
        if packet.syn() {
            flow.first[from] = Some(packet.seq_number());
        }
        let since = |number: TcpSeqNumber, first: Option<TcpSeqNumber>| {
            first.map_or(0, |first| number.0.wrapping_sub(first.0) as u32)
        };
        let (sequence, length) = (
            since(packet.seq_number(), flow.first[from]),
            packet.payload().len(),
        );
        let acknowledged = since(packet.ack_number(), flow.first[1 - from]);
        let what = match (packet.syn(), packet.ack(), packet.rst(), packet.fin()) {
            (_, _, true, _) => "rst".into(),
            (true, false, ..) => "syn".into(),
            (true, true, ..) => "synack".into(),
            (.., true) if length > 0 => format!("{sequence}+{length}fin"),
            (.., true) => "fin".into(),
            _ if length > 0 => format!("{sequence}+{length}"),
            _ => format!("ack{acknowledged}"),
        };
        Some(format!("{}.{what}", flow.name))
    }

    /// The flow of a packet, and whether the client has sent it (0) or the server (1).
    fn flow(&mut self, inside: &Inside<'_>, source: u16, destination: u16) -> (&mut Flow, usize) {
        let (client, port, from) = match source == uppercase::PORT {
            false => (inside.source, source, 0),
            true => (inside.destination, destination, 1),
        };
        let protocol = inside.protocol;
        let is_it = |flow: &Flow| (flow.protocol, flow.client) == (protocol, client);
        let known = self.flows.iter();
        let known = known
            .clone()
            .position(|flow| is_it(flow) && flow.port == port);
        let index = known.unwrap_or_else(|| {
            let count = 1 + self.flows.iter().filter(|flow| is_it(flow)).count();
            let letter = if protocol == IpProtocol::Tcp {
                't'
            } else {
                'u'
            };
            // The server has flows with several clients.
            let mut hosts = self.hosts.iter();
            let host = hosts.find(|(address, name)| *address == client && **name != *"client");
            let host = host.map_or(String::new(), |(_, name)| format!("{name}-"));
            self.flows.push(Flow {
                protocol,
                client,
                port,
                name: format!("{host}{letter}{count}"),
                first: [None; 2],
            });
            self.flows.len() - 1
        });
        (&mut self.flows[index], from)
    }
}
