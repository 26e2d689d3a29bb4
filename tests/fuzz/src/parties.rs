//! The hosts of a conversation, and what they send, out of a byte each.

use arbitrary::Unstructured;
use smoltcp::wire::{IpAddress, IpEndpoint};
use uppercase::PORT;

use crate::common::frames;
use crate::common::network::{CLIENT, Link, NOBODY, SERVER};
use crate::forge;
use crate::house::House;

/// A sender and a receiver: strangers, the honest host, the host itself.
pub fn connection(house: &House<'_>, who: u8) -> (IpEndpoint, IpEndpoint) {
    let link = house.setup.link;
    let server = link.server();
    match who % 16 {
        who @ 0..8 => (
            IpEndpoint::new(link.address(3 + who % 2), 40_000 + u16::from(who)),
            server,
        ),
        // What the honest host and the host under fire say to each other.
        8..12 => {
            let heard = house.judge.heard.iter();
            let with_client = heard
                .rev()
                .find(|heard| heard.remote.addr == link.address(CLIENT));
            match with_client {
                Some(heard) => (heard.remote, heard.local),
                None => (IpEndpoint::new(link.address(CLIENT), PORT), server),
            }
        }
        12 => (server, server),
        13 => (IpEndpoint::new(link.far_address(), 40_000), server),
        14 => (
            IpEndpoint::new(link.address(3), 40_000),
            IpEndpoint::new(server.addr, 9),
        ),
        _ => (IpEndpoint::new(link.address(3), PORT), server),
    }
}

/// The beginning of a packet that the host may have sent.
pub fn about_connection(house: &House<'_>, about: u8) -> Vec<u8> {
    let link = house.setup.link;
    let (remote, local) = connection(house, about);
    let segment = frames::segment(local, remote);
    let frame = frames::tcp(link, local.addr, remote.addr, &segment);
    frame[frames::packet_start(link)..].to_vec()
}

/// The sender of a packet.
pub fn asking(link: Link, from: u8) -> IpAddress {
    match from % 16 {
        host @ 0..9 => link.address(3 + host),
        9 => link.address(CLIENT),
        10 => link.address(SERVER),
        11 => link.address(NOBODY),
        12 => link.far_address(),
        _ => forge::strange_address(link, from),
    }
}

/// The receiver of a packet: nearly always the host.
pub fn asked(link: Link, to: u8) -> IpAddress {
    match to % 16 {
        0..12 => link.address(SERVER),
        12 => link.address(CLIENT),
        _ => forge::strange_address(link, to),
    }
}

/// The port that a datagram comes from: nearly always one that can be answered.
pub fn source_port(from: u8) -> u16 {
    match from >> 4 {
        12 => PORT,
        13 => 0,
        14 => 53,
        more => 40_000 + u16::from(more),
    }
}

/// The port that a datagram is for: nearly always the server's.
pub fn asked_port(to: u8) -> u16 {
    match to >> 4 {
        0..12 => PORT,
        12 => 0,
        13 => 53,
        more => 40_000 + u16::from(more),
    }
}

pub fn content(u: &mut Unstructured<'_>, length: u8) -> Vec<u8> {
    const TEXT: &[u8] = "abc ß ΐ \u{1F600} xyz".as_bytes();
    let length = usize::from(length);
    // Mostly a text that costs no input.
    match length {
        0..64 => TEXT.iter().cycle().take(length).copied().collect(),
        64..128 => {
            let length = (length - 64).min(u.len());
            u.bytes(length).unwrap_or_default().to_vec()
        }
        _ => TEXT.iter().cycle().take(length).copied().collect(),
    }
}
