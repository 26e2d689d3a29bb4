//! What is asked of every board whose firmware also has IPv6.
//!
//! The emulator's own network takes no connections over IPv6, so a stack of ours is at the other
//! end of the cable. That it finds the board at all shows that frames to groups reach it.

use crate::emulator::Firmware;
use crate::frames::{PING_LENGTHS_V6, find, find_v6, ping, ping_v6};
use crate::peer::Peer;
use crate::text;
use crate::transcript::check;

pub fn gives_the_answers_of_the_transcript_over_ipv6(firmware: &Firmware) {
    let (mut emulator, cable) = firmware.boot_on_cable();
    find_v6(&cable);
    let mut peer = Peer::new(cable, true);
    check(|request| peer.ask(request));
    emulator.check();
}

pub fn gives_the_answers_of_the_transcript_over_ipv4_beside_ipv6(firmware: &Firmware) {
    let (mut emulator, cable) = firmware.boot_on_cable();
    find(&cable);
    let mut peer = Peer::new(cable, false);
    check(|request| peer.ask(request));
    emulator.check();
}

pub fn echoes_a_mebibyte_over_ipv6(firmware: &Firmware) {
    let (mut emulator, cable) = firmware.boot_on_cable();
    find_v6(&cable);
    let text = text::mixed(1 << 20);
    let answer = Peer::new(cable, true).over_tcp(std::slice::from_ref(&text));
    let expected = text::upper(&text);
    assert_eq!(answer.len(), expected.len());
    let differs = answer.iter().zip(&expected).position(|(a, b)| a != b);
    assert_eq!(differs, None, "the first byte that is wrong");
    emulator.check();
}

pub fn answers_ping_over_ipv6_and_ipv4(firmware: &Firmware) {
    let (mut emulator, cable) = firmware.boot_on_cable();
    let board = find_v6(&cable);
    for length in PING_LENGTHS_V6 {
        let data: Vec<u8> = (0..length).map(|number| number as u8).collect();
        let answer = ping_v6(&cable, board, &data);
        assert_eq!(answer, Some(data), "ping with {length} bytes");
    }
    assert_eq!(find(&cable), board);
    assert_eq!(
        ping(&cable, board, b"and IPv4?"),
        Some(b"and IPv4?".to_vec())
    );
    emulator.check();
}
