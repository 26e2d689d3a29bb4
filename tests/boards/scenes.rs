//! What is asked of every board.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, UdpSocket};
use std::time::Duration;

use uppercase::device::capture::Direction;
use uppercase::trace::pcapng::{Damage, LinkType, Reader};

use crate::emulator::Firmware;
use crate::frames::{PING_LENGTHS, find, ping};
use crate::stock::{ask, connect, over_tcp, over_udp};
use crate::text;
use crate::transcript::check;

pub fn gives_the_answers_of_the_transcript(firmware: &Firmware) {
    let mut emulator = firmware.boot();
    check(|request| ask(emulator.server, request));
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
    let client = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).expect("a socket");
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
    for length in PING_LENGTHS {
        let data: Vec<u8> = (0..length).map(|number| number as u8).collect();
        let answer = ping(&cable, board, &data);
        assert_eq!(answer, Some(data), "ping with {length} bytes");
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
            emulator.check();
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
        let answer = ping(&cable, board, b"after a burst");
        emulator.check();
        assert_eq!(answer.as_deref(), Some(&b"after a burst"[..]));
    }
}

/// It says so itself.
pub fn does_what_the_compiler_wants_of_its_runtime(firmware: &Firmware) {
    let printed = firmware.run();
    let all_right = "runtime.rs does what it has to do";
    assert!(printed.contains(all_right), "{printed}");
}

/// Four clients at once, of which two have to wait.
pub fn reverses_lines_and_tells_the_time(firmware: &Firmware) {
    let mut emulator = firmware.boot();
    let server = emulator.server;
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(move || {
                let answer = over_tcp(server, &[b"hello\nboard".to_vec()]);
                let answer = String::from_utf8(answer).expect("letters");
                let (greeting, lines) = answer.split_once('\n').expect("a greeting");
                assert!(greeting.starts_with("Hello, client "), "{greeting}");
                assert_eq!(lines, "olleh\ndraob\n");
            });
        }
    });
    let mut greeting = [0; 16];
    let mut last = connect(server);
    last.read_exact(&mut greeting).expect("a greeting");
    assert_eq!(&greeting, b"Hello, client 5!");
    let uptime = || -> u64 {
        let answer = String::from_utf8(over_udp(server, b"?")).expect("digits");
        answer.trim_end().parse().expect("a number")
    };
    let first = uptime();
    assert!(uptime() >= first);
    emulator.check();
}

/// What it sends and receives, as a capture file.
pub fn sends_a_capture_over_its_serial_line(firmware: &Firmware) {
    let emulator = firmware.boot();
    let text = text::mixed(10_000);
    let answer = over_tcp(emulator.server, std::slice::from_ref(&text));
    assert!(answer == text::upper(&text), "a wrong answer");
    assert_eq!(over_udp(emulator.server, b"a datagram"), b"A DATAGRAM");
    let file = emulator.switch_off();

    let (mut sent, mut received) = (Vec::new(), Vec::new());
    let mut last = Duration::ZERO;
    for packet in Reader::new(&file[..]).expect("a capture file") {
        let packet = match packet {
            Ok(packet) => packet,
            // The emulator was switched off while it wrote.
            Err(error) => {
                assert!(matches!(error.damage, Damage::Truncated { .. }), "{error}");
                break;
            }
        };
        assert_eq!(packet.interface.link, LinkType::Ethernet);
        assert!(packet.time >= last);
        last = packet.time;
        match packet.direction.expect("it is known") {
            Direction::Inbound => received.extend(packet.bytes),
            Direction::Outbound => sent.extend(packet.bytes),
        }
    }
    let has = |bytes: &[u8], part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
    assert!(sent.len() > 10_000 && received.len() > 10_000);
    assert!(has(&received, b"a datagram") && !has(&sent, b"a datagram"));
    assert!(has(&sent, b"A DATAGRAM") && !has(&received, b"A DATAGRAM"));
    assert!(has(&received, &text[..500]));
}
