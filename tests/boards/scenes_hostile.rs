//! What is asked of every board by those who are not honest, and by more than it has places for.

use smoltcp::wire::{EthernetAddress, Ipv4Address};

use crate::crowd;
use crate::emulator::{BOARD, Firmware, HOST};
use crate::frames::{OUR_CARD, exchange, find};
use crate::hosts::{Host, asked_for};
use crate::text;

/// Honest requests, each of which comes behind forged ones.
const REQUESTS: u8 = 60;
/// Connections that a board serves at a time, as each `main.rs` says.
const PLACES: u16 = 2;
const CLIENTS: usize = 16;

/// We, who answer when the board asks for us.
const HONEST: Host = Host {
    card: OUR_CARD,
    address: HOST,
    board: BOARD,
};

/// Each of them is answered, if at all, without a question to anybody: for those who never answer
/// such a question, everybody would have to wait.
pub fn answers_honest_requests_between_forged_ones(firmware: &Firmware) {
    let (mut emulator, cable) = firmware.boot_on_cable();
    let board = find(&cable);
    for number in 0..REQUESTS {
        let card = EthernetAddress([2, 0, 0, 0, 1, number]);
        let forged = [
            Ipv4Address::new(10, 0, 2, 100 + number), // of nobody, another one each time
            HOST,                                     // ours
            Ipv4Address::new(192, 0, 2, number),      // behind the gateway, which is us, too
            BOARD,
            Ipv4Address::new(10, 0, 2, 255),
            Ipv4Address::BROADCAST,
            Ipv4Address::new(224, 0, 0, 1),
            Ipv4Address::UNSPECIFIED,
        ];
        for address in forged {
            cable.send(
                &Host {
                    card,
                    address,
                    board: BOARD,
                }
                .datagram(board, 7, b"tell him"),
            );
        }
        let text = format!("request {number}");
        let request = HONEST.datagram(board, 1000, text.as_bytes());
        let answer = exchange(&cable, &request, |frame| {
            assert_eq!(asked_for(frame), None, "whom the board asks for");
            // One that was asked for twice is answered twice.
            let answer = HONEST.answer(frame)?;
            (answer == text.to_ascii_uppercase().as_bytes()).then_some(answer)
        });
        assert!(answer.is_some(), "no answer to {text}");
    }
    emulator.check();
}

pub fn serves_sixteen_clients_that_come_at_once(firmware: &Firmware) {
    let (mut emulator, cable) = firmware.boot_on_cable();
    find(&cable);
    let texts: Vec<Vec<u8>> = (1..=CLIENTS).map(|n| text::mixed(500 * n)).collect();
    let answers = crowd::ask(cable, &texts);
    for (number, (text, answer)) in texts.iter().zip(answers).enumerate() {
        assert!(answer == text::upper(text), "a wrong answer to {number}");
    }
    emulator.check();
}

/// The next client is served after 10 seconds, when the board's clock says that these are over.
pub fn half_open_connections_leave_their_places(firmware: &Firmware) {
    let (mut emulator, cable) = firmware.boot_on_cable();
    let board = find(&cable);
    let silent = Host {
        card: EthernetAddress([2, 0, 0, 0, 1, 0]),
        address: Ipv4Address::new(10, 0, 2, 100),
        board: BOARD,
    };
    for port in 1..=PLACES {
        let request = silent.request(board, port);
        let accepted = exchange(&cable, &request, |frame| {
            silent.is_let_in(frame, port).then_some(())
        });
        assert!(accepted.is_some(), "no place for {port}");
    }
    let answers = crowd::ask(cable, &[b"is there a place?".to_vec()]);
    assert_eq!(answers, [b"IS THERE A PLACE?"]);
    emulator.check();
}
