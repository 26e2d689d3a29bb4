//! Datagrams that no end sends: they are counted, and do nothing else.

use std::net::{Ipv4Addr, UdpSocket};

use smoltcp::phy::{Device, TxToken};
use smoltcp::time::Instant;
use uppercase::device::cable::{CLIENTS, MTU};

use super::ends::{
    ALL, address, connect, emulator, expect, frame, listen, poll, receive, send, station,
};

#[test]
fn datagrams_that_are_no_frame_are_dropped() {
    let mut server = listen();
    let stranger = emulator();
    let hello = frame(ALL, station(1), "hello");
    let lengths = [0, 2, 5, 6, 12, 13, 1515, 1516, 9000, 65_507];
    for length in lengths {
        let sent = stranger.send_to(&vec![0; length], address(&server));
        assert_eq!(sent.unwrap(), length);
        // Each is read before the next comes, as the kernel's buffer has room for few of the longest.
        stranger.send_to(&hello, address(&server)).unwrap();
        expect(&mut server, &hello);
    }
    // One byte asks whether the end is there.
    stranger.send_to(&[0], address(&server)).unwrap();
    assert!(server.wait(None).unwrap());
    assert_eq!(poll(&mut server), None);
    let dropped = server.statistics().received_dropped;
    assert_eq!(dropped, lengths.len() as u64);
}

/// At the other end the socket is connected.
#[test]
fn end_that_is_connected_listens_to_no_other() {
    let mut server = listen();
    let mut client = connect(&server);
    let own = (Ipv4Addr::LOCALHOST, server.port() + client.number());
    let stranger = emulator();
    let forged = frame(station(1), station(0), "forged");
    stranger.send_to(&forged, own).unwrap();
    send(&mut client, &frame(station(0), station(1), "hello"));
    receive(&mut server);
    let honest = frame(station(1), station(0), "honest");
    send(&mut server, &honest);
    expect(&mut client, &honest);
    assert_eq!(client.statistics().received_frames, 1);
}

#[test]
fn frames_from_a_group_or_from_our_own_station_are_dropped() {
    let mut server = listen();
    let mut client = connect(&server);
    let hello = frame(ALL, station(1), "hello");
    send(&mut client, &hello);
    expect(&mut server, &hello);
    let welcome = frame(station(1), station(0), "welcome");
    send(&mut server, &welcome);
    expect(&mut client, &welcome);
    for impostor in [ALL, [1, 0, 0, 0, 0, 0], station(0)] {
        send(&mut client, &frame(station(0), impostor, "it is me"));
    }
    send(&mut client, &hello);
    expect(&mut server, &hello);
    assert_eq!(server.statistics().received_dropped, 3);
    // It still has its station.
    let question = frame(station(0), station(1), "?");
    send(&mut client, &question);
    expect(&mut server, &question);
}

/// Any number of addresses at one end take no room from the others.
#[test]
fn one_end_with_many_stations_drives_out_no_other() {
    let mut server = listen();
    let [mut honest, mut hostile] = [connect(&server), connect(&server)];
    let hello = frame(ALL, station(1), "hello");
    send(&mut honest, &hello);
    expect(&mut server, &hello);
    let welcome = frame(station(1), station(0), "welcome");
    send(&mut server, &welcome);
    expect(&mut honest, &welcome);
    for number in 0..1000_u16 {
        let [high, low] = number.to_be_bytes();
        let forged = frame(station(0), [6, 0, 0, 0, high, low], "");
        send(&mut hostile, &forged);
        expect(&mut server, &forged);
    }
    let answer = frame(station(1), station(0), "still there");
    send(&mut server, &answer);
    expect(&mut honest, &answer);
    assert_eq!(server.statistics().sent_frames, 2, "each to one end");
}

/// More ends than there can be clients: the one that was silent for longest is forgotten.
#[test]
fn too_many_ends_are_survived() {
    let mut server = listen();
    let sockets: Vec<UdpSocket> = (0..=CLIENTS + 1).map(|_| emulator()).collect();
    for (number, socket) in (0..).zip(&sockets) {
        let hello = frame(station(200), station(number), "hello");
        socket.send_to(&hello, address(&server)).unwrap();
        expect(&mut server, &hello);
    }
    let last = frame(ALL, station(200), "for all");
    send(&mut server, &last);
    assert_eq!(server.statistics().sent_frames, u64::from(CLIENTS) + 1);
    let mut bytes = [0; 100];
    for socket in &sockets[1..] {
        let length = loop {
            let length = socket.recv(&mut bytes).expect("it is known");
            // The greetings of those after it came to all.
            if bytes[6..12] == station(200)[..] {
                break length;
            }
        };
        assert_eq!(bytes[..length], last);
    }
}

#[test]
fn frame_that_is_too_long_is_not_sent() {
    let mut server = listen();
    let mut client = connect(&server);
    let token = client.transmit(Instant::ZERO).unwrap();
    token.consume(MTU + 1, |bytes| bytes.fill(0xff));
    let token = client.transmit(Instant::ZERO).unwrap();
    token.consume(13, |bytes| bytes.fill(0xff));
    let hello = frame(ALL, station(1), "hello");
    send(&mut client, &hello);
    expect(&mut server, &hello);
    assert_eq!(poll(&mut server), None);
    assert_eq!(client.statistics().sent_dropped, 2);
}
