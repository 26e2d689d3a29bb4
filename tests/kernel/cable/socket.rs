//! The device with a kernel that takes no more.

use std::thread;

use smoltcp::phy::{Device, RxToken, TxToken};
use smoltcp::time::Instant;
use uppercase::device::cable::Cable;

use crate::tuntap::refusal::refuse_datagrams;

const NOW: Instant = Instant::ZERO;

fn frame(destination: u8, source: u8, length: usize) -> Vec<u8> {
    let mut frame = vec![0; length];
    frame[..12].copy_from_slice(&[2, 0, 0, 0, 0, destination, 2, 0, 0, 0, 0, source]);
    frame
}

fn send(end: &mut Cable, frame: &[u8]) {
    let token = end.transmit(NOW).expect("room");
    token.consume(frame.len(), |bytes| bytes.copy_from_slice(frame));
}

fn receive(end: &mut Cable) -> Vec<u8> {
    assert!(end.wait(None).unwrap());
    let (received, _) = end.receive(NOW).expect("a frame");
    received.consume(<[u8]>::to_vec)
}

/// The frame waits, and so does what arrives meanwhile, as it may have an answer.
pub fn full_socket_buffer_is_no_room() {
    let mut server = Cable::listen(9000).unwrap();
    let mut client = Cable::connect(9000).unwrap();
    let short = frame(0, 1, 60);
    send(&mut client, &short);
    assert_eq!(receive(&mut server), short);
    let back = frame(1, 0, 60);
    send(&mut server, &back);
    assert_eq!(receive(&mut client), back);
    // Either end, as it knows where to.
    for (from, to, kept) in [(0, 1, frame(1, 0, 99)), (1, 0, frame(0, 1, 99))] {
        let mut ends = [server, client];
        send(&mut ends[to], &frame(from as u8, to as u8, 60));
        let refusing = thread::spawn(move || {
            refuse_datagrams(99);
            send(&mut ends[from], &kept);
            assert!(ends[from].transmit(NOW).is_none());
            assert!(ends[from].receive(NOW).is_none());
            assert_eq!(ends[from].statistics().sent_dropped, 0);
            (ends, kept)
        });
        let (mut ends, kept) = refusing.join().expect("no panic");
        let arrived = receive(&mut ends[from]);
        assert_eq!(arrived, frame(from as u8, to as u8, 60));
        assert!(ends[from].transmit(NOW).is_some());
        assert_eq!(receive(&mut ends[to]), kept);
        [server, client] = ends;
    }
}
