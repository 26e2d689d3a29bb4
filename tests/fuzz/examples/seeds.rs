//! Writes the seeds of the targets with binary input.

#[path = "../../parts/pcapng/file.rs"]
mod file;

use std::fs;
use std::path::Path;

use smoltcp::phy::Medium;
use smoltcp::wire::{IpEndpoint, TcpControl, TcpRepr, TcpSeqNumber};
use uppercase_fuzz::common::frames;
use uppercase_fuzz::common::network::{CLIENT, Link};
use uppercase_fuzz::names::{ANSWERS, SECOND, WHOLE};
use uppercase_fuzz::{forge, frames as raw};

fn main() -> std::io::Result<()> {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds");
    let links = [
        (0, "ethernet-v4", Link::ETHERNET_V4),
        (1, "ip-v4", Link::IP_V4),
        (2, "ethernet-v6", Link::ETHERNET_V6),
        (3, "ip-v6", Link::IP_V6),
    ];
    for (setup, name, link) in links {
        for (kind, frames) in kinds(link) {
            // With honest clients beside.
            let mut seed = vec![setup | 0b11_0000];
            for frame in frames {
                seed.push(raw::REPAIR | 4);
                seed.extend((frame.len() as u16).to_le_bytes());
                seed.extend(frame);
            }
            fs::write(seeds.join("frames").join(format!("{kind}-{name}")), seed)?;
        }
        for (kind, steps) in steps() {
            let seed = [&[setup | 0b11_0000], &steps[..]].concat();
            fs::write(seeds.join("segments").join(format!("{kind}-{name}")), seed)?;
        }
    }
    for (kind, seed) in names() {
        fs::write(seeds.join("names").join(kind), seed)?;
    }
    for order in file::ORDERS {
        let kinds = [
            ("pcapng", file::every_block(order)),
            ("pcap", file::every_packet(order)),
        ];
        for (kind, blocks) in kinds {
            let kind = format!("{kind}-{order:?}").to_lowercase();
            fs::write(seeds.join("captures").join(kind), blocks.concat())?;
        }
    }
    Ok(())
}

/// Frames of every kind, as `frames` takes them.
fn kinds(link: Link) -> Vec<(&'static str, Vec<Vec<u8>>)> {
    let (stranger, server) = (link.address(3), link.server());
    let from = IpEndpoint::new(stranger, 40_000);
    let datagram = frames::udp(link, from, server, "a line, stra\u{df}e".as_bytes());
    let segment = |control, sequence, acknowledgement, payload| {
        let segment = TcpRepr {
            control,
            seq_number: TcpSeqNumber(sequence),
            ack_number: acknowledgement,
            max_seg_size: (control == TcpControl::Syn).then_some(536),
            payload,
            ..frames::segment(from, server)
        };
        frames::tcp(link, stranger, server.addr, &segment)
    };
    let request = |port| {
        let asking = TcpRepr {
            control: TcpControl::Syn,
            ..frames::segment(IpEndpoint::new(stranger, port), server)
        };
        frames::tcp(link, stranger, server.addr, &asking)
    };
    let nothing: &[u8] = &[];
    let mut kinds = vec![
        ("datagram", vec![datagram.clone()]),
        ("fragments", forge::fragments(link, &datagram, 7, 2, 1, 0)),
        (
            "connection",
            vec![
                segment(TcpControl::Syn, 1000, None, nothing),
                segment(TcpControl::Psh, 1001, Some(TcpSeqNumber(1)), b"text"),
                segment(TcpControl::Fin, 1005, Some(TcpSeqNumber(1)), nothing),
                segment(TcpControl::Rst, 1006, None, nothing),
            ],
        ),
        // More than there is room for.
        ("requests", (40_000..40_008).map(request).collect()),
        (
            "messages",
            (0..8)
                .map(|kind| {
                    forge::message(
                        link,
                        kind,
                        3,
                        stranger,
                        server.addr,
                        &datagram[14..],
                        &[1; 20],
                    )
                })
                .collect(),
        ),
    ];
    if link.medium == Medium::Ethernet {
        let client = link.address(CLIENT);
        let neighbors = (0..5).map(|kind| forge::neighbor(link, kind, client, 3, server.addr));
        kinds.push(("neighbors", neighbors.collect()));
    }
    kinds
}

/// Steps, as `segments` reads them: SYN is 2, ACK 16, FIN 1, PSH 8, RST 4.
fn steps() -> Vec<(&'static str, Vec<u8>)> {
    let segment = |who, control, sequence: i8, length| {
        // Kind; sender; control; sequence; acknowledgement; window; options; text.
        vec![9, who, control, 0, sequence as u8, 0, 0, 0, 8, 2, length]
    };
    let time = |index| vec![4, index];
    let (open, opened) = (segment(0, 2, 0, 0), segment(0, 16, 0, 0));
    vec![
        (
            "conversation",
            [
                open.clone(),
                opened.clone(),
                segment(0, 24, 0, 20),
                segment(0, 17, 0, 0),
                segment(0, 16, 0, 0),
            ]
            .concat(),
        ),
        (
            "half-open",
            [
                open.clone(),
                segment(1, 2, 0, 0),
                segment(2, 2, 0, 0),
                time(4),
            ]
            .concat(),
        ),
        (
            "out-of-order",
            [
                open.clone(),
                opened.clone(),
                segment(0, 24, 30, 10),
                segment(0, 24, 0, 40),
            ]
            .concat(),
        ),
        (
            "reset",
            [open, opened, segment(0, 4, 1, 0), segment(0, 4, 0, 0)].concat(),
        ),
        (
            "requests",
            [2, 16]
                .iter()
                .flat_map(|control| (0..8).flat_map(|who| segment(who, *control, 0, 0)))
                .collect(),
        ),
        (
            "impostor",
            [
                segment(8, 16, 5, 9),
                segment(9, 4, 1, 0),
                segment(12, 2, 0, 0),
            ]
            .concat(),
        ),
        (
            "datagrams",
            vec![0, 0, 0, 12, 0, 13, 0, 12, 0, 0xc0, 0, 3, 0, 0, 0xf0, 40],
        ),
        (
            "neighbors",
            vec![1, 1, 0, 3, 0, 1, 0, 9, 4, 0, 1, 3, 9, 5, 0],
        ),
        (
            "messages",
            vec![2, 1, 3, 0, 0, 40, 2, 3, 0, 9, 8, 30, 2, 0x83, 0, 0, 0, 90],
        ),
        (
            "fragments",
            vec![
                3, 0, 7, 40, 3, 0, 0, 3, 1, 8, 40, 3, 1, 0, 3, 0, 7, 40, 3, 0, 255,
            ],
        ),
    ]
}

/// A name and answers, as `names` takes them.
fn names() -> Vec<(&'static str, Vec<u8>)> {
    let seed = |name: &str, answers: &[(u8, &[u8])]| {
        let mut seed = vec![name.len() as u8];
        seed.extend(name.bytes());
        for (control, bytes) in answers {
            seed.push(*control);
            seed.extend((bytes.len() as u16).to_le_bytes());
            seed.extend(*bytes);
        }
        seed
    };
    let v4: &[u8] = &[0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 168, 69, 7];
    let v6: &[u8] = &[
        0xc0, 12, 0, 28, 0, 1, 0, 0, 0, 60, 0, 16, 0xfd, 0xaa, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 7,
    ];
    let alias: &[u8] = &[0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 60, 0, 4, 1, b'b', 0xc0, 14];
    let of_alias: &[u8] = &[
        1, b'b', 0xc0, 14, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 10, 0, 0, 7,
    ];
    let circle: &[u8] = &[0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 60, 0, 2, 0xc0, 40, 0xc0, 40];
    let whole = WHOLE | ANSWERS;
    vec![
        (
            "answered",
            seed("example.org", &[(whole, v4), (whole | SECOND, v6)]),
        ),
        (
            "alias",
            seed("a.example", &[(whole, &[alias, of_alias].concat())]),
        ),
        ("circle", seed("a.example", &[(whole, circle)])),
        (
            "unknown",
            seed("a.example", &[(0, &[0x81, 0x83, 0, 1, 0, 0, 0, 0, 0, 0])]),
        ),
        ("late", seed("a", &[(whole | 7, b""), (whole | 7, v4)])),
        ("silent", seed("nobody.example", &[])),
        ("long", seed(&"a.".repeat(100), &[(whole, v4)])),
        ("label-too-long", seed(&"a".repeat(64), &[])),
        ("odd", seed("..", &[(whole, v4)])),
    ]
}
