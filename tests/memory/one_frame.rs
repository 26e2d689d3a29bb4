//! A device with room for one frame: what is received may be answered, and what a socket has to say
//! leaves all the same.

use smoltcp::iface::SocketStorage;
use smoltcp::phy::{ChecksumCapabilities, Device, DeviceCapabilities, Medium, RxToken, TxToken};
use smoltcp::time::Instant;
use smoltcp::wire::{
    Icmpv4Packet, Icmpv4Repr, IpAddress, IpCidr, IpProtocol, Ipv4Address, Ipv4Packet, Ipv4Repr,
    UdpPacket, UdpRepr,
};
use uppercase::stack::{Config, Next};
use uppercase::{PORT, Stack, udp};

const SERVER: Ipv4Address = Ipv4Address::new(192, 168, 69, 1);
const CLIENT: Ipv4Address = Ipv4Address::new(192, 168, 69, 2);

/// There is always another ping behind what waits.
struct Flooded {
    waiting: Vec<Vec<u8>>,
    room: Option<Vec<u8>>,
}

struct Received(Vec<u8>);

impl RxToken for Received {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, read: F) -> R {
        read(&self.0)
    }
}

struct Sent<'d>(&'d mut Option<Vec<u8>>);

impl TxToken for Sent<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, fill: F) -> R {
        fill(self.0.insert(vec![0; length]))
    }
}

impl Device for Flooded {
    type RxToken<'t> = Received;
    type TxToken<'t> = Sent<'t>;

    fn receive(&mut self, now: Instant) -> Option<(Received, Sent<'_>)> {
        let packet = match self.room {
            None => self.waiting.pop().unwrap_or_else(ping),
            Some(_) => return None,
        };
        Some((Received(packet), self.transmit(now)?))
    }

    fn transmit(&mut self, _: Instant) -> Option<Sent<'_>> {
        self.room.is_none().then_some(Sent(&mut self.room))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ip;
        capabilities.max_transmission_unit = 1500;
        capabilities
    }
}

fn packet(protocol: IpProtocol, length: usize, emit: impl FnOnce(&mut [u8])) -> Vec<u8> {
    let header = Ipv4Repr {
        src_addr: CLIENT,
        dst_addr: SERVER,
        next_header: protocol,
        payload_len: length,
        hop_limit: 64,
    };
    let mut bytes = vec![0; header.buffer_len() + length];
    let mut packet = Ipv4Packet::new_unchecked(&mut bytes[..]);
    header.emit(&mut packet, &ChecksumCapabilities::default());
    emit(packet.payload_mut());
    bytes
}

fn ping() -> Vec<u8> {
    let request = Icmpv4Repr::EchoRequest {
        ident: 1,
        seq_no: 1,
        data: b"again and again",
    };
    packet(IpProtocol::Icmp, request.buffer_len(), |bytes| {
        let mut message = Icmpv4Packet::new_unchecked(bytes);
        request.emit(&mut message, &ChecksumCapabilities::default());
    })
}

fn datagram() -> Vec<u8> {
    let request = UdpRepr {
        src_port: 40_000,
        dst_port: PORT,
    };
    let (from, to) = (IpAddress::Ipv4(CLIENT), IpAddress::Ipv4(SERVER));
    packet(IpProtocol::Udp, 8 + 4, |bytes| {
        let mut datagram = UdpPacket::new_unchecked(bytes);
        let checksums = ChecksumCapabilities::default();
        request.emit(
            &mut datagram,
            &from,
            &to,
            4,
            |payload| payload.copy_from_slice(b"text"),
            &checksums,
        );
    })
}

#[test]
fn is_not_taken_by_answers_to_a_flood() {
    let device = Flooded {
        waiting: vec![datagram()],
        room: None,
    };
    let config = Config::new(Default::default(), 1)
        .with_addresses(&[IpCidr::new(IpAddress::Ipv4(SERVER), 24)]);
    // So much room that frames are received behind the datagram before it is answered.
    let mut buffers = udp::Buffers::<64, 2048>::new();
    let slots = Vec::<SocketStorage<'_>>::new();
    let mut stack = Stack::new(device, config, slots, Instant::ZERO).expect("a right one");
    let mut server = udp::Server::new(stack.sockets(), &mut buffers, PORT).expect("there is room");
    let (mut answers, mut pings, mut waits) = (0, 0, 0);
    for millisecond in 0..100 {
        let next = stack.poll(Instant::from_millis(millisecond), &mut server);
        // One frame leaves between two polls.
        if let Some(sent) = stack.device_mut().room.take() {
            match Ipv4Packet::new_unchecked(&sent[..]).next_header() {
                IpProtocol::Udp => {
                    assert!(sent.ends_with(b"TEXT"));
                    answers += 1;
                }
                _ => pings += 1,
            }
        }
        waits += usize::from(next == Next::Room);
    }
    assert_eq!(
        answers, 1,
        "beside {pings} answers to pings, {waits} waits for room"
    );
    assert!(pings > 50, "the flood is answered, too: {pings}");
}
