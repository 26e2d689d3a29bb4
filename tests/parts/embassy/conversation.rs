//! A client and a server, each in a task that sleeps.

use std::rc::Rc;

use embassy_net_driver::HardwareAddress;
use smoltcp::time::{Duration, Instant};

use super::executor::{Clock, Task, run};
use super::host::{Talk, client, lines, server};
use super::line::{Card, carry, device};
use super::{CLIENT, SERVER};

/// Runs a client and a server; fails unless the client is answered in capitals.
#[track_caller]
fn converse(client_card: Card, server_card: Card, count: usize) -> (u32, Duration) {
    let (client_card, server_card) = (Rc::new(client_card), Rc::new(server_card));
    let clock = Clock::new();
    let talk = Talk::new(SERVER, lines(count));
    let mut server = Task::new(server(device(&server_card), &clock));
    let mut client = Task::new(client(device(&client_card), &clock, &talk));
    run(
        &clock,
        &mut [&mut server, &mut client],
        || carry(&client_card, &server_card),
        || talk.done.get(),
    );
    assert_eq!(talk.answer(), lines(count).to_uppercase());
    (server.polls, clock.now() - Instant::ZERO)
}

#[test]
fn client_is_answered_in_capitals_and_no_task_waits_in_vain() {
    let (_, time) = converse(Card::new(CLIENT, 8), Card::new(SERVER, 8), 1000);
    // 28 kB and 20 frames that only acknowledge, at 100 us each; a lost wake-up costs far more.
    assert!(time < Duration::from_millis(100), "{time}");
}

#[test]
fn driver_with_room_for_one_frame_is_waited_for_and_not_polled_without_end() {
    let (polls, time) = converse(Card::new(CLIENT, 1), Card::new(SERVER, 1), 1000);
    assert!(time < Duration::from_secs(10), "{time}");
    let frames = time.total_micros() / 100;
    assert!(u64::from(polls) < 3 * frames, "{polls} polls");
}

#[test]
fn plain_ip_carries_a_conversation() {
    let ip = |host| {
        let mut card = Card::new(host, 8);
        card.address = HardwareAddress::Ip;
        card.capabilities.max_transmission_unit = 1500;
        card
    };
    converse(ip(CLIENT), ip(SERVER), 100);
}

#[test]
fn mtu_beyond_what_tcp_can_tell_carries_a_conversation() {
    // Unless it is bounded, the second one makes a maximum segment size of 1.
    for mtu in [9014, 65_537 + 14 + 40, usize::MAX] {
        let large = |host| {
            let mut card = Card::new(host, 8);
            card.capabilities.max_transmission_unit = mtu;
            card
        };
        let (_, time) = converse(large(CLIENT), large(SERVER), 1000);
        assert!(time < Duration::from_millis(10), "{time} with {mtu}");
    }
}
