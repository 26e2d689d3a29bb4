//! Opening a cable: which ports it takes, and why it cannot.

use std::net::{Ipv4Addr, UdpSocket};

use uppercase::device::cable::{CLIENTS, Cable, OpenError};

use super::ends::{LIMIT, connect, expect, frame, listen, poll, send, station};

#[test]
fn each_program_has_a_number_of_its_own() {
    let server = listen();
    assert_eq!(server.number(), 0);
    let clients: Vec<_> = (0..5).map(|_| connect(&server)).collect();
    let mut numbers: Vec<_> = clients.iter().map(Cable::number).collect();
    assert!(clients.iter().all(|client| client.port() == server.port()));
    numbers.dedup();
    // A port in between may be another program's.
    assert!(numbers.is_sorted() && numbers.len() == 5, "{numbers:?}");
}

#[test]
fn port_of_another_program_is_refused() {
    let taken = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a socket");
    let port = taken.local_addr().expect("a bound socket").port();
    let error = Cable::listen(port).expect_err("it is taken");
    assert!(matches!(error, OpenError::PortInUse(in_use) if in_use == port));
    assert_eq!(
        error.to_string(),
        format!(
            "UDP port {port} is in use by another program: stop that program, or choose another \
             port"
        )
    );
}

#[test]
fn one_program_too_many_is_refused() {
    let server = listen();
    let port = server.port();
    let mut clients = Vec::new();
    let error = loop {
        match Cable::connect(port) {
            Ok(client) => clients.push(client),
            Err(error) => break error,
        }
        assert!(clients.len() <= usize::from(CLIENTS));
    };
    let (first, last) = (port.saturating_add(1), port.saturating_add(CLIENTS));
    assert_eq!(
        error.to_string(),
        format!(
            "no UDP port from {first} to {last} is free: end a program that is connected to \
             {port}, or choose another port"
        )
    );
    // One ends, and there is room for another.
    let number = clients.pop().expect("there are some").number();
    assert_eq!(connect(&server).number(), number);
}

#[test]
fn end_to_which_nothing_listens_is_refused_before_it_sends() {
    let server = listen();
    let port = server.port();
    assert!(!connect(&server).is_refused());
    drop(server);
    let mut client = Cable::connect(port).expect("a free port");
    wait_until_refused(&mut client);
}

#[track_caller]
fn wait_until_refused(client: &mut Cable) {
    // What the system says of a frame may come after it.
    client.wait(Some(LIMIT.into())).expect("a socket");
    assert_eq!(poll(client), None);
    assert!(client.is_refused());
}

#[test]
fn end_that_is_refused_goes_on_when_the_first_end_comes_back() {
    let server = listen();
    let mut client = connect(&server);
    let port = server.port();
    drop(server);
    for _ in 0..3 {
        send(
            &mut client,
            &frame(station(0), station(1), "are you there?"),
        );
        wait_until_refused(&mut client);
    }
    let mut server = Cable::listen(port).expect("the same port");
    let question = frame(station(0), station(1), "and now?");
    send(&mut client, &question);
    expect(&mut server, &question);
    let answer = frame(station(1), station(0), "yes");
    send(&mut server, &answer);
    expect(&mut client, &answer);
    assert!(!client.is_refused());
}

/// What the system says of the last frame before that comes with the next one, which is sent again.
#[test]
fn no_frame_is_lost_once_the_first_end_is_back() {
    let server = listen();
    let mut client = connect(&server);
    let port = server.port();
    drop(server);
    send(
        &mut client,
        &frame(station(0), station(1), "are you there?"),
    );
    let mut server = Cable::listen(port).expect("the same port");
    let question = frame(station(0), station(1), "and now?");
    send(&mut client, &question);
    expect(&mut server, &question);
}
