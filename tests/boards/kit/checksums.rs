//! Checksums that a controller may be said to make and to verify: whether that is so.

use smoltcp::phy::ChecksumCapabilities;
use smoltcp::wire::{EthernetFrame, Icmpv4Packet, Icmpv4Repr, Ipv4Packet, TcpPacket, UdpPacket};

use super::bench::{Answer, Bench, pad};
use super::finding::{Cause, Finding};
use crate::frames::OUR_CARD;
use crate::hosts::Host;

/// Where the checksums are, from the beginning of a frame.
const IP: usize = 14 + 10;
const ICMP: usize = 14 + 20 + 2;
const UDP: usize = 14 + 20 + 6;
const TCP: usize = 14 + 20 + 16;
/// Of our host.
const PORT: u16 = 1000;

pub fn makes_and_verifies_checksums(bench: &mut Bench) -> Result<(), Finding> {
    let host = Host {
        card: OUR_CARD,
        address: bench.cable.addresses.host,
        board: bench.cable.addresses.board,
    };
    let Some(answer) = bench.ask(b"whose checksums are right") else {
        return Err(Finding {
            saw: "a ping is not answered".into(),
            cause: Cause::Silent,
        });
    };
    if let Some(wrong) = wrong(&answer) {
        return Err(Finding {
            saw: format!("an answer to a ping has a wrong checksum of {wrong}"),
            cause: Cause::ChecksumsNotFilled,
        });
    }
    let ping = bench.ping(bench.card, 0, b"whose checksum is wrong");
    let datagram = host.datagram(bench.card, PORT, b"whose checksum is wrong");
    let segment = host.request(bench.card, PORT);
    for (name, frame, at) in [
        ("IPv4 header", &ping, IP),
        ("ICMP message", &ping, ICMP),
        ("UDP datagram", &datagram, UDP),
        ("TCP segment", &segment, TCP),
    ] {
        let mut frame = frame.clone();
        frame[at] ^= 0x55;
        pad(&mut frame);
        bench.cable.send(&frame);
        // An answer to it would come before that to a ping.
        let next = bench.send_ping(b"behind it");
        let answered = bench.receive(|frame| {
            let frame = EthernetFrame::new_checked(frame).ok()?;
            match ping_number(&frame) {
                Some(number) if number == next => Some(false),
                Some(_) => Some(true),
                None => {
                    let replies = host.answer(&frame).is_some() || host.is_let_in(&frame, PORT);
                    replies.then_some(true)
                }
            }
        });
        match answered {
            Some(false) => {}
            Some(true) => {
                return Err(Finding {
                    saw: format!("an {name} with a wrong checksum is answered")
                        .replacen("an UDP", "a UDP", 1)
                        .replacen("an TCP", "a TCP", 1),
                    cause: Cause::ChecksumsNotVerified,
                });
            }
            None => {
                return Err(Finding {
                    saw: format!("after a wrong checksum of the {name} nothing is answered"),
                    cause: Cause::Stuck,
                });
            }
        }
    }
    right_over(bench, &host)
}

/// Those of answers over UDP and TCP.
fn right_over(bench: &Bench, host: &Host) -> Result<(), Finding> {
    let (board, us) = (host.board.into(), host.address.into());
    bench.cable.send(&host.datagram(bench.card, PORT, b"text"));
    let udp = bench.receive(|frame| {
        let frame = EthernetFrame::new_checked(frame).ok()?;
        host.answer(&frame)?;
        let packet = Ipv4Packet::new_checked(frame.payload()).ok()?;
        let datagram = UdpPacket::new_checked(packet.payload()).ok()?;
        Some(datagram.verify_checksum(&board, &us))
    });
    bench.cable.send(&host.request(bench.card, PORT));
    let tcp = bench.receive(|frame| {
        let frame = EthernetFrame::new_checked(frame).ok()?;
        if !host.is_let_in(&frame, PORT) {
            return None;
        }
        let packet = Ipv4Packet::new_checked(frame.payload()).ok()?;
        let segment = TcpPacket::new_checked(packet.payload()).ok()?;
        Some(segment.verify_checksum(&board, &us))
    });
    for (name, is_right) in [("UDP", udp), ("TCP", tcp)] {
        let (saw, cause) = match is_right {
            Some(true) => continue,
            Some(false) => (
                format!("an answer over {name} has a wrong checksum"),
                Cause::ChecksumsNotFilled,
            ),
            None => (format!("nothing is answered over {name}"), Cause::Silent),
        };
        return Err(Finding { saw, cause });
    }
    Ok(())
}

/// Which of the checksums in an answer to a ping is wrong.
fn wrong(answer: &Answer) -> Option<&'static str> {
    let frame = EthernetFrame::new_checked(&answer.frame[..]).ok()?;
    let packet = Ipv4Packet::new_checked(frame.payload()).ok()?;
    if !packet.verify_checksum() {
        return Some("IPv4");
    }
    let message = Icmpv4Packet::new_checked(packet.payload()).ok()?;
    (!message.verify_checksum()).then_some("ICMP")
}

fn ping_number(frame: &EthernetFrame<&[u8]>) -> Option<u16> {
    let packet = Ipv4Packet::new_checked(frame.payload()).ok()?;
    let message = Icmpv4Packet::new_checked(packet.payload()).ok()?;
    match Icmpv4Repr::parse(&message, &ChecksumCapabilities::ignored()) {
        Ok(Icmpv4Repr::EchoReply { seq_no, .. }) => Some(seq_no),
        _ => None,
    }
}
