//! Messages of multicast listener discovery (RFC 3810, 5).

use smoltcp::wire::{IpAddress, IpProtocol, Ipv6Address};

use super::ip::{IPV6_HEADER, ipv6, is_sum_right, put_ip_header, upper_layer_checksum};
use super::{Packet, half, put_half};

const QUERY: u8 = 130;
const REPORT: u8 = 143;

/// What no router has forwarded has this hop limit (RFC 3810, 5).
const HOP_LIMIT: u8 = 1;
/// A hop-by-hop header with the option Router Alert for MLD (RFC 2711), and padding.
const ROUTER_ALERT: [u8; 8] = [IPPROTO_ICMPV6, 0, 5, 2, 0, 0, 1, 0];
const IPPROTO_ICMPV6: u8 = 58;

// Where the fields of a message are.
const CHECKSUM: usize = 2;
const MAXIMUM_RESPONSE_CODE: usize = 4;
const RECORDS: usize = 6;
const GROUP: usize = 8;
/// A query of version 1, in bytes; those of version 2 have more (8.1).
const OF_VERSION_1: usize = 24;

/// The header of a report, in bytes, and a record of it without sources.
const REPORT_HEADER: usize = 8;
const RECORD: usize = 20;

/// A router asks for listeners.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Query {
    /// The group that it asks for; `::` for all of them.
    pub(crate) group: Ipv6Address,
    /// Within how many milliseconds it is answered.
    pub(crate) within: u32,
}

impl Packet<'_> {
    /// The query in it, if it is one, valid and intact (RFC 3810, 6.2): "with a link-local address as
    /// the source", a hop limit of 1, and the Router Alert option.
    pub(crate) fn listener_query(&self) -> Option<Query> {
        let IpAddress::Ipv6(source) = self.source else {
            return None;
        };
        let is_local = source.is_unicast_link_local()
            && self.bytes[ipv6::HOP_LIMIT] == HOP_LIMIT
            && self.protocol == IpProtocol::HopByHop
            && has_router_alert(self.payload());
        let (IpProtocol::Icmpv6, message) = self.upper_layer() else {
            return None;
        };
        let header = message.first_chunk::<OF_VERSION_1>()?;
        if !is_local || header[0] != QUERY {
            return None;
        }
        let code = half(header, MAXIMUM_RESPONSE_CODE);
        let query = Query {
            group: (*header[GROUP..].first_chunk::<16>()?).into(),
            within: match message.len() {
                OF_VERSION_1 => code.into(),
                _ => response_delay(code),
            },
        };
        let (source, destination) = (&self.source, &self.destination);
        is_sum_right(source, destination, IpProtocol::Icmpv6, message).then_some(query)
    }
}

/// RFC 3810, 5.1.3: a floating-point value from 32768 on.
fn response_delay(code: u16) -> u32 {
    let code = u32::from(code);
    match code {
        0..0x8000 => code,
        _ => (code & 0xfff | 0x1000) << ((code >> 12 & 0b111) + 3),
    }
}

/// Whether a hop-by-hop header has the option Router Alert (RFC 2711).
fn has_router_alert(header: &[u8]) -> bool {
    const PAD_1: u8 = 0;
    const ALERT: u8 = 5;
    let [_, units, ..] = *header else {
        return false;
    };
    let mut options = header
        .get(2..8 * (1 + usize::from(units)))
        .unwrap_or_default();
    while let [kind, rest @ ..] = options {
        options = match (*kind, rest) {
            (ALERT, _) => return true,
            (PAD_1, rest) => rest,
            (_, [length, value @ ..]) => value.get(usize::from(*length)..).unwrap_or_default(),
            _ => &[],
        };
    }
    false
}

/// What a report says of a group (RFC 3810, 5.2.12). Sources are not filtered here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Record {
    /// It is listened to: MODE_IS_EXCLUDE, without sources.
    Listens = 2,
    /// It is listened to no more: CHANGE_TO_INCLUDE_MODE, without sources.
    Leaves = 3,
    /// It is listened to from now on: CHANGE_TO_EXCLUDE_MODE, without sources.
    Joins = 4,
}

/// The length of a packet with a report about so many groups, in bytes.
pub(crate) fn report_len(groups: usize) -> usize {
    IPV6_HEADER + ROUTER_ALERT.len() + REPORT_HEADER + groups * RECORD
}

/// Writes the packet with a report, which is as long as [`report_len`] says.
pub(crate) fn put_report(
    bytes: &mut [u8],
    source: Ipv6Address,
    destination: Ipv6Address,
    records: impl ExactSizeIterator<Item = (Record, Ipv6Address)>,
) {
    let (header, payload) = bytes.split_at_mut(IPV6_HEADER);
    let (source, destination) = (source.into(), destination.into());
    let (protocol, length) = (IpProtocol::HopByHop, payload.len() as u16);
    put_ip_header(header, (source, destination), protocol, HOP_LIMIT, length);

    let (alert, message) = payload.split_at_mut(ROUTER_ALERT.len());
    alert.copy_from_slice(&ROUTER_ALERT);
    message.fill(0);
    message[0] = REPORT;
    put_half(message, RECORDS, records.len() as u16);
    for (record, (kind, group)) in message[REPORT_HEADER..]
        .chunks_exact_mut(RECORD)
        .zip(records)
    {
        record[0] = kind as u8;
        record[RECORD - 16..].copy_from_slice(&group.octets());
    }
    let sum = upper_layer_checksum(&source, &destination, IpProtocol::Icmpv6, message);
    put_half(message, CHECKSUM, sum);
}
