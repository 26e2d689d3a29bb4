//! The end that listens is a switch: frames go where their stations are.

use uppercase::device::cable::Cable;

use super::ends::{
    ALL, GROUP, address, connect, emulator, expect, frame, listen, poll, receive, send, station,
};

/// A server and two clients; all stations are known.
fn three() -> (Cable, [Cable; 2]) {
    let mut server = listen();
    let mut clients = [connect(&server), connect(&server)];
    for (number, client) in (1..).zip(&mut clients) {
        let hello = frame(ALL, station(number), "hello");
        send(client, &hello);
        expect(&mut server, &hello);
    }
    let hello = frame(ALL, station(2), "hello");
    expect(&mut clients[0], &hello);
    let welcome = frame(ALL, station(0), "welcome");
    send(&mut server, &welcome);
    for client in &mut clients {
        expect(client, &welcome);
    }
    (server, clients)
}

#[test]
fn frames_pass_both_ways_as_they_are() {
    let mut server = listen();
    let mut client = connect(&server);
    for length in [14, 15, 60, 61, 1000, 1513, 1514] {
        let text = "x".repeat(length - 14);
        let question = frame(station(0), station(1), &text);
        send(&mut client, &question);
        expect(&mut server, &question);
        let answer = frame(station(1), station(0), &text);
        send(&mut server, &answer);
        expect(&mut client, &answer);
    }
    assert_eq!(server.statistics().received_frames, 7);
    assert_eq!(server.statistics().sent_frames, 7);
    assert_eq!(server.statistics().received_dropped, 0);
}

#[test]
fn frame_whose_token_is_dropped_stays() {
    use smoltcp::phy::Device;
    let mut server = listen();
    let mut client = connect(&server);
    let question = frame(station(0), station(1), "?");
    send(&mut client, &question);
    server.wait(None).unwrap();
    assert!(server.receive(smoltcp::time::Instant::ZERO).is_some());
    assert!(server.wait(None).unwrap(), "it is still there");
    expect(&mut server, &question);
    assert_eq!(poll(&mut server), None);
}

#[test]
fn frame_for_one_station_comes_to_no_other() {
    let (mut server, [mut first, mut second]) = three();
    let to_first = frame(station(1), station(0), "for the first");
    let to_all = frame(ALL, station(0), "for all");
    send(&mut server, &to_first);
    send(&mut server, &to_all);
    expect(&mut first, &to_first);
    expect(&mut first, &to_all);
    expect(&mut second, &to_all);
    // What is for the server stays there.
    let to_server = frame(station(0), station(1), "for the server");
    let to_group = frame(GROUP, station(1), "for a group");
    send(&mut first, &to_server);
    send(&mut first, &to_group);
    expect(&mut server, &to_server);
    expect(&mut server, &to_group);
    expect(&mut second, &to_group);
}

/// Not even one that is for the station that sends it.
#[test]
fn frame_does_not_return_to_where_it_came_from() {
    let (mut server, [mut first, _]) = three();
    for destination in [station(1), ALL, station(9)] {
        send(&mut first, &frame(destination, station(1), "me"));
    }
    expect(&mut server, &frame(ALL, station(1), "me"));
    expect(&mut server, &frame(station(9), station(1), "me"));
    let answer = frame(station(1), station(0), "answer");
    send(&mut server, &answer);
    expect(&mut first, &answer);
}

#[test]
fn clients_reach_each_other() {
    let (mut server, [mut first, mut second]) = three();
    let question = frame(station(2), station(1), "who are you?");
    send(&mut first, &question);
    // The server sends it on when it looks.
    server.wait(None).unwrap();
    assert_eq!(poll(&mut server), None);
    expect(&mut second, &question);
    let answer = frame(station(1), station(2), "the second");
    send(&mut second, &answer);
    server.wait(None).unwrap();
    assert_eq!(poll(&mut server), None);
    expect(&mut first, &answer);
    // The greeting of the second was sent on as well.
    assert_eq!(server.statistics().forwarded_frames, 3);
}

#[test]
fn frame_for_an_unknown_station_comes_to_all() {
    let (mut server, [mut first, mut second]) = three();
    let lost = frame(station(9), station(1), "where is nine?");
    send(&mut first, &lost);
    expect(&mut server, &lost);
    expect(&mut second, &lost);
    send(&mut server, &frame(station(9), station(0), "where?"));
    for client in [&mut first, &mut second] {
        expect(client, &frame(station(9), station(0), "where?"));
    }
}

#[test]
fn station_that_moves_is_found_at_its_new_end() {
    let (mut server, [mut first, mut second]) = three();
    let here = frame(station(0), station(1), "here I am");
    let mut third = connect(&server);
    send(&mut third, &here);
    expect(&mut server, &here);
    let answer = frame(station(1), station(0), "welcome back");
    send(&mut server, &answer);
    expect(&mut third, &answer);
    let last = frame(ALL, station(0), "for all");
    send(&mut server, &last);
    for client in [&mut first, &mut second, &mut third] {
        expect(client, &last);
    }
}

#[test]
fn dead_end_holds_up_no_other() {
    let (mut server, [first, mut second]) = three();
    drop(first);
    for number in 0..20 {
        let text = number.to_string();
        send(&mut server, &frame(station(1), station(0), &text));
        let to_all = frame(ALL, station(0), &text);
        send(&mut server, &to_all);
        expect(&mut second, &to_all);
        let back = frame(station(0), station(2), &text);
        send(&mut second, &back);
        expect(&mut server, &back);
    }
    assert!(!server.is_refused());
}

#[test]
fn server_that_is_started_again_learns_its_clients_again() {
    let (server, [mut first, mut second]) = three();
    let port = server.port();
    drop(server);
    send(&mut second, &frame(station(0), station(2), "lost"));
    let mut server = Cable::listen(port).expect("the same port");
    for (number, client) in [(1, &mut first), (2, &mut second)] {
        let question = frame(station(0), station(number), "again");
        send(client, &question);
        expect(&mut server, &question);
        let answer = frame(station(number), station(0), "welcome back");
        send(&mut server, &answer);
        let received = receive(client);
        // The second's question was for a station that was not known.
        let is_flooded = number == 1 && received == frame(station(0), station(2), "again");
        assert!(received == answer || is_flooded);
    }
}

#[test]
fn emulator_may_be_either_end() {
    // The first end ...
    let board = emulator();
    let port = board.local_addr().unwrap().port();
    let mut client = Cable::connect(port).expect("a free port");
    let question = frame(station(9), station(1), "?");
    send(&mut client, &question);
    let mut bytes = [0; 2000];
    // A byte that is no frame comes first.
    assert_eq!(board.recv(&mut bytes).unwrap(), 1);
    let (length, from) = board.recv_from(&mut bytes).unwrap();
    assert_eq!(bytes[..length], question);
    board
        .send_to(&frame(station(1), station(9), "!"), from)
        .unwrap();
    expect(&mut client, &frame(station(1), station(9), "!"));
    // ... or another one, with any port.
    let mut server = listen();
    let board = emulator();
    board.send_to(&question, address(&server)).unwrap();
    expect(&mut server, &question);
    send(&mut server, &frame(station(1), station(0), "!"));
    let length = board.recv(&mut bytes).unwrap();
    assert_eq!(bytes[..length], frame(station(1), station(0), "!"));
}
