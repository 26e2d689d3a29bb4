//! What is asked of every board.

use std::io::{Read, Write};
use std::net::UdpSocket;

use smoltcp::phy::ChecksumCapabilities;
use smoltcp::wire::{
    ArpOperation, ArpPacket, ArpRepr, EthernetAddress, EthernetFrame, EthernetProtocol,
    EthernetRepr, Icmpv4Packet, Icmpv4Repr, IpProtocol, Ipv4Packet, Ipv4Repr,
};

use crate::emulator::{BOARD, Cable, Firmware, HOST};
use crate::text;
use crate::transcript::{self, connect, over_tcp, over_udp};

pub fn gives_the_answers_of_the_transcript(firmware: &Firmware) {
    let mut emulator = firmware.boot();
    let recorded = transcript::record(emulator.server);
    for (recorded, expected) in recorded.iter().zip(&transcript::expected()) {
        assert_eq!(recorded, expected);
    }
    assert_eq!(recorded.len(), transcript::requests().len());
    emulator.check();
}

pub fn serves_twenty_connections_one_after_the_other(firmware: &Firmware) {
    let mut emulator = firmware.boot();
    for number in 0..20 {
        let mut client = connect(emulator.server);
        let mut line = format!("line {number}\n").into_bytes();
        client.write_all(&line).expect("a server that reads");
        let expected = line.to_ascii_uppercase();
        client.read_exact(&mut line).expect("an answer");
        assert_eq!(line, expected);
    }
    emulator.check();
}

pub fn serves_two_connections_at_once(firmware: &Firmware) {
    let mut emulator = firmware.boot();
    let mut clients = [connect(emulator.server), connect(emulator.server)];
    for round in 0..50 {
        for (number, client) in clients.iter_mut().enumerate() {
            let line = format!("round {round}, client {number}\n").into_bytes();
            client.write_all(&line).expect("a server that reads");
            let mut answer = vec![0; line.len()];
            client.read_exact(&mut answer).expect("an answer");
            assert_eq!(answer, line.to_ascii_uppercase());
        }
    }
    emulator.check();
}

pub fn serves_two_busy_connections_at_once(firmware: &Firmware) {
    let mut emulator = firmware.boot();
    let server = emulator.server;
    std::thread::scope(|scope| {
        for seed in 1..3 {
            scope.spawn(move || {
                let text = text::mixed(100_000 * seed);
                let answer = over_tcp(server, std::slice::from_ref(&text));
                assert!(answer == text::upper(&text), "a wrong answer");
            });
        }
    });
    emulator.check();
}

pub fn echoes_a_mebibyte(firmware: &Firmware) {
    let mut emulator = firmware.boot();
    let text = text::mixed(1 << 20);
    let answer = over_tcp(emulator.server, std::slice::from_ref(&text));
    let expected = text::upper(&text);
    assert_eq!(answer.len(), expected.len());
    let differs = answer.iter().zip(&expected).position(|(a, b)| a != b);
    assert_eq!(differs, None, "the first byte that is wrong");
    emulator.check();
}

/// Datagrams of every length: chance in them, too long for the board's buffers or its answers.
pub fn survives_garbage_datagrams(firmware: &Firmware) {
    let mut emulator = firmware.boot();
    let client = UdpSocket::bind((emulator.server.ip(), 0)).expect("a socket");
    let mut state = 1_u32;
    for length in (0..1600).step_by(7) {
        let datagram: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .take(length)
        .collect();
        client
            .send_to(&datagram, emulator.server)
            .expect("a server");
    }
    assert_eq!(over_udp(emulator.server, b"still there?"), b"STILL THERE?");
    let answer = over_tcp(emulator.server, &[b"and here?".to_vec()]);
    assert_eq!(answer, b"AND HERE?");
    emulator.check();
}

/// More clients than there are places, each of which leaves with a reset.
pub fn survives_clients_that_reset(firmware: &Firmware) {
    let mut emulator = firmware.boot();
    for _ in 0..6 {
        let mut client = connect(emulator.server);
        client
            .write_all(&[b'a'; 4000])
            .expect("a server that reads");
        let mut answer = [0; 100];
        client.read_exact(&mut answer).expect("an answer");
        assert_eq!(answer, [b'A'; 100]);
        // The kernel resets a connection that is closed while there is something to read.
    }
    let answer = over_tcp(emulator.server, &[b"still there?".to_vec()]);
    assert_eq!(answer, b"STILL THERE?");
    emulator.check();
}

pub fn answers_ping(firmware: &Firmware) {
    let (mut emulator, cable) = firmware.boot_on_cable();
    let board = find(&cable);
    // The longest is what a frame of 1514 bytes carries.
    for length in [0, 1, 2, 3, 17, 18, 56, 255, 1024, 1471, 1472] {
        let data: Vec<u8> = (0..length).map(|number| number as u8).collect();
        assert_eq!(
            ping(&cable, board, &data),
            Some(data),
            "ping with {length} bytes"
        );
    }
    emulator.check();
}

/// Too short, too long, more at once than the card keeps, and headers that lie.
pub fn survives_frames_that_no_card_sends(firmware: &Firmware) {
    let (mut emulator, cable) = firmware.boot_on_cable();
    let board = find(&cable);
    let mut state = 1_u32;
    // A frame of no bytes would be the end of the cable.
    for length in (1..70).chain(1500..1530).chain(2030..2050) {
        let mut frame: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .take(length)
        .collect();
        for (to, from) in frame.iter_mut().zip(board.0) {
            *to = from;
        }
        // Half of them claim to be IPv4.
        if length % 2 == 0 && length > 16 {
            frame[12..15].copy_from_slice(&[8, 0, 0x45]);
        }
        cable.send(&frame);
        if length % 10 == 0 {
            let answer = ping(&cable, board, b"between");
            assert_eq!(
                answer.as_deref(),
                Some(&b"between"[..]),
                "after {length} bytes"
            );
        }
    }
    for _ in 0..10 {
        for _ in 0..100 {
            cable.send(&[0xff; 1514]);
        }
        assert_eq!(
            ping(&cable, board, b"after a burst"),
            Some(b"after a burst".to_vec())
        );
    }
    emulator.check();
}

const OUR_CARD: EthernetAddress = EthernetAddress([2, 0, 0, 0, 0, 2]);

/// Asks who has the board's address until it answers.
fn find(cable: &Cable) -> EthernetAddress {
    let question = ArpRepr::EthernetIpv4 {
        operation: ArpOperation::Request,
        source_hardware_addr: OUR_CARD,
        source_protocol_addr: HOST,
        target_hardware_addr: EthernetAddress([0; 6]),
        target_protocol_addr: BOARD,
    };
    let frame = ethernet(
        EthernetAddress::BROADCAST,
        EthernetProtocol::Arp,
        question.buffer_len(),
        |payload| question.emit(&mut ArpPacket::new_unchecked(payload)),
    );
    for _ in 0..500 {
        cable.send(&frame);
        let Some(answer) = cable.receive() else {
            continue;
        };
        let answer = EthernetFrame::new_checked(answer).expect("a whole frame");
        assert_eq!(answer.ethertype(), EthernetProtocol::Arp);
        return answer.src_addr();
    }
    panic!("the board does not answer");
}

/// The data that comes back.
fn ping(cable: &Cable, board: EthernetAddress, data: &[u8]) -> Option<Vec<u8>> {
    let checksums = ChecksumCapabilities::default();
    let request = Icmpv4Repr::EchoRequest {
        ident: 1,
        seq_no: 1,
        data,
    };
    let header = Ipv4Repr {
        src_addr: HOST,
        dst_addr: BOARD,
        next_header: IpProtocol::Icmp,
        payload_len: request.buffer_len(),
        hop_limit: 64,
    };
    let length = header.buffer_len() + request.buffer_len();
    let frame = ethernet(board, EthernetProtocol::Ipv4, length, |payload| {
        let mut packet = Ipv4Packet::new_unchecked(payload);
        header.emit(&mut packet, &checksums);
        request.emit(
            &mut Icmpv4Packet::new_unchecked(packet.payload_mut()),
            &checksums,
        );
    });
    for _ in 0..20 {
        cable.send(&frame);
        // What the board still has to say to other frames is passed over.
        while let Some(answer) = cable.receive() {
            let frame = EthernetFrame::new_checked(&answer[..]).expect("a whole frame");
            let Ok(packet) = Ipv4Packet::new_checked(frame.payload()) else {
                continue;
            };
            let Ok(message) = Icmpv4Packet::new_checked(packet.payload()) else {
                continue;
            };
            if let Ok(Icmpv4Repr::EchoReply { data: returned, .. }) =
                Icmpv4Repr::parse(&message, &checksums)
                && returned.len() == data.len()
            {
                return Some(returned.to_vec());
            }
        }
    }
    None
}

fn ethernet(
    destination: EthernetAddress,
    ethertype: EthernetProtocol,
    length: usize,
    emit: impl FnOnce(&mut [u8]),
) -> Vec<u8> {
    let header = EthernetRepr {
        src_addr: OUR_CARD,
        dst_addr: destination,
        ethertype,
    };
    let mut bytes = vec![0; header.buffer_len() + length];
    let mut frame = EthernetFrame::new_unchecked(&mut bytes[..]);
    header.emit(&mut frame);
    emit(frame.payload_mut());
    bytes
}
