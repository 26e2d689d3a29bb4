//! Both ends of a cable, by hand: devices of ours, and sockets as an emulator has them.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use smoltcp::phy::{Device, RxToken, TxToken};
use uppercase::device::cable::Cable;

/// How long a frame may take that is on its way.
pub const LIMIT: Duration = Duration::from_secs(10);

const NOW: smoltcp::time::Instant = smoltcp::time::Instant::ZERO;

/// A station's hardware address.
pub const fn station(number: u8) -> [u8; 6] {
    [2, 0, 0, 0, 0, number]
}

/// All stations.
pub const ALL: [u8; 6] = [0xff; 6];
/// A group.
pub const GROUP: [u8; 6] = [0x33, 0x33, 0, 0, 0, 1];

/// A frame of an experimental protocol (IEEE 802) with this text.
pub fn frame(destination: [u8; 6], source: [u8; 6], text: &str) -> Vec<u8> {
    [&destination[..], &source, &[0x88, 0xb5], text.as_bytes()].concat()
}

/// An end that listens on a free port after which others are free.
pub fn listen() -> Cable {
    Cable::listen(0).expect("a free port")
}

/// Another end of it.
pub fn connect(server: &Cable) -> Cable {
    Cable::connect(server.port()).expect("a free port")
}

/// Sends a frame, which there has to be room for.
#[track_caller]
pub fn send(end: &mut Cable, frame: &[u8]) {
    let token = end.transmit(NOW).expect("room");
    token.consume(frame.len(), |bytes| bytes.copy_from_slice(frame));
}

/// The frame that has arrived, if there is one.
pub fn poll(end: &mut Cable) -> Option<Vec<u8>> {
    let (received, _) = end.receive(NOW)?;
    Some(received.consume(<[u8]>::to_vec))
}

/// The next frame, which is on its way.
#[track_caller]
pub fn receive(end: &mut Cable) -> Vec<u8> {
    let start = Instant::now();
    while start.elapsed() < LIMIT {
        if let Some(frame) = poll(end) {
            return frame;
        }
        end.wait(Some(LIMIT.into())).expect("a socket");
    }
    panic!("no frame came");
}

/// Fails unless this is the next frame: none came before it.
#[track_caller]
pub fn expect(end: &mut Cable, frame: &[u8]) {
    let received = receive(end);
    assert_eq!(
        received.escape_ascii().to_string(),
        frame.escape_ascii().to_string()
    );
}

/// A socket on the loopback, as an emulator has it: one frame a datagram.
pub fn emulator() -> UdpSocket {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a socket");
    socket.set_read_timeout(Some(LIMIT)).expect("a time");
    socket
}

/// The UDP address of the first end.
pub fn address(server: &Cable) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, server.port()).into()
}
