//! The other end of the board's Ethernet cable: frames by hand, or a device for a stack of ours.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::thread;
use std::time::Duration;

use smoltcp::phy::{Device, DeviceCapabilities, Medium, RxToken, TxToken};
use smoltcp::time::Instant;
use smoltcp::wire::Ipv6Address;

/// The longest frame.
const MTU: usize = 1514;

/// The addresses at both ends of a cable.
#[derive(Clone, Copy, Debug)]
pub struct Addresses {
    pub board: Ipv4Addr,
    /// Ours.
    pub host: Ipv4Addr,
    /// The length of the prefix that they have in common.
    pub prefix: u8,
    pub board_v6: Ipv6Address,
    pub host_v6: Ipv6Address,
}

impl Addresses {
    /// Those in the emulator's own network, which is where the boards in `examples` begin.
    pub const EMULATOR: Self = Self {
        board: Ipv4Addr::new(10, 0, 2, 15),
        host: Ipv4Addr::new(10, 0, 2, 2),
        prefix: 24,
        board_v6: Ipv6Address::new(0xfec0, 0, 0, 0, 0, 0, 0, 0x15),
        host_v6: Ipv6Address::new(0xfec0, 0, 0, 0, 0, 0, 0, 2),
    };
}

/// Carries each frame as a datagram, without its checksum, as the emulator's `-netdev socket` does.
pub struct Cable {
    socket: UdpSocket,
    arrived: Option<Vec<u8>>,
    pub addresses: Addresses,
}

impl Cable {
    /// A cable between this socket and the emulator's.
    pub fn new(socket: UdpSocket, emulator: SocketAddr, addresses: Addresses) -> Self {
        socket
            .connect(emulator)
            .expect("an address on the loopback");
        Self {
            socket,
            arrived: None,
            addresses,
        }
    }

    /// Another end of the same cable; a frame that arrives is one's or the other's.
    pub fn another(&self) -> Self {
        Self {
            socket: self.socket.try_clone().expect("a socket"),
            arrived: None,
            addresses: self.addresses,
        }
    }

    /// Sends a frame.
    pub fn send(&self, frame: &[u8]) {
        // There is no receiver before the emulator has started.
        let _ = self.socket.send(frame);
    }

    /// The next frame, if there is one before long.
    pub fn receive(&self) -> Option<Vec<u8>> {
        self.receive_within(Duration::from_millis(200))
    }

    /// Waits for the next frame, but not for long.
    pub fn wait(&mut self, delay: Option<smoltcp::time::Duration>) {
        let longest = Duration::from_millis(200);
        let delay = delay.map_or(longest, |delay| longest.min(delay.into()));
        if self.arrived.is_none() && delay > Duration::ZERO {
            self.arrived = self.receive_within(delay);
        }
    }

    fn receive_within(&self, delay: Duration) -> Option<Vec<u8>> {
        self.socket
            .set_read_timeout(Some(delay))
            .expect("more than no time");
        self.take()
    }

    fn take(&self) -> Option<Vec<u8>> {
        let mut frame = [0; 4096];
        match self.socket.recv(&mut frame) {
            Ok(length) => Some(frame[..length].to_vec()),
            Err(error) => {
                // Refused: the emulator has not plugged it in yet.
                if error.kind() == ErrorKind::ConnectionRefused {
                    thread::sleep(Duration::from_millis(10));
                }
                None
            }
        }
    }

    /// What has arrived by now.
    fn poll(&mut self) -> Option<Vec<u8>> {
        self.arrived.take().or_else(|| {
            self.socket.set_nonblocking(true).expect("a socket");
            let frame = self.take();
            self.socket.set_nonblocking(false).expect("a socket");
            frame
        })
    }
}

impl Device for Cable {
    type RxToken<'t> = Received;
    type TxToken<'t> = Transmit<'t>;

    fn receive(&mut self, _: Instant) -> Option<(Received, Transmit<'_>)> {
        Some((Received(self.poll()?), Transmit(self)))
    }

    fn transmit(&mut self, _: Instant) -> Option<Transmit<'_>> {
        Some(Transmit(self))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ethernet;
        capabilities.max_transmission_unit = MTU;
        capabilities
    }
}

/// A frame that has arrived. On a real cable, too, it is lost if it is not taken.
pub struct Received(Vec<u8>);

impl RxToken for Received {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, read: F) -> R {
        read(&self.0)
    }
}

/// The right to send a frame.
pub struct Transmit<'t>(&'t Cable);

impl TxToken for Transmit<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, fill: F) -> R {
        let mut frame = vec![0; length];
        let result = fill(&mut frame);
        self.0.send(&frame);
        result
    }
}
