//! Frames: that they arrive whole, and in both directions.

use std::io::{Read, Write};
use std::net::{TcpStream, UdpSocket};
use std::thread;
use std::time::Instant as Clock;

use smoltcp::iface::{Config, Interface, SocketSet};
use smoltcp::phy::{Device, RxToken, TxToken};
use smoltcp::socket::tcp;
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{
    ArpPacket, EthernetAddress, EthernetFrame, EthernetProtocol, IpProtocol, Ipv4Address,
    Ipv4Packet, TcpPacket, UdpPacket,
};
use uppercase::device::tuntap::{Mode, Options, TunTap};

use super::open::cidr;
use crate::namespace::ip;

const HOST: Ipv4Address = Ipv4Address::new(10, 1, 0, 1);
const OURS: Ipv4Address = Ipv4Address::new(10, 1, 0, 2);
const MAC: EthernetAddress = EthernetAddress([2, 0, 0, 0, 0, 2]);
pub const SECOND: Option<Duration> = Some(Duration::from_secs(1));

pub fn open(mode: Mode) -> TunTap {
    TunTap::open("test0", mode, &[cidr("10.1.0.1/24")]).unwrap()
}

/// The next frame that has a value, such as is in an answer; the kernel has things of its own to
/// say on a new link, too.
pub fn find<T>(device: &mut TunTap, f: impl Fn(&[u8]) -> Option<T>) -> T {
    let start = Clock::now();
    while start.elapsed().as_secs() < 5 {
        if !device.wait(SECOND).unwrap() {
            continue;
        }
        if let Some((received, _)) = device.receive(Instant::ZERO)
            && let Some(value) = received.consume(&f)
        {
            return value;
        }
    }
    panic!("no such frame came");
}

pub fn send(device: &mut TunTap, frame: &[u8]) {
    let token = device.transmit(Instant::ZERO).unwrap();
    token.consume(frame.len(), |buffer| buffer.copy_from_slice(frame));
}

/// The packet of that protocol in a frame, as it is.
pub fn ipv4(mode: Mode, protocol: IpProtocol, frame: &[u8]) -> Option<Vec<u8>> {
    let packet = match mode {
        Mode::Tap => {
            let frame = EthernetFrame::new_checked(frame).ok()?;
            (frame.ethertype() == EthernetProtocol::Ipv4).then_some(frame.payload())?
        }
        Mode::Tun => frame,
    };
    let checked = Ipv4Packet::new_checked(packet).ok()?;
    let wanted = checked.version() == 4 && checked.next_header() == protocol;
    wanted.then(|| packet.to_vec())
}

/// The same packet on its way back.
fn answer(mut packet: Vec<u8>) -> Vec<u8> {
    let mut ip = Ipv4Packet::new_unchecked(&mut packet);
    let (source, destination) = (ip.src_addr(), ip.dst_addr());
    ip.set_src_addr(destination);
    ip.set_dst_addr(source);
    let mut udp = UdpPacket::new_unchecked(ip.payload_mut());
    let (source, destination) = (udp.src_port(), udp.dst_port());
    udp.set_src_port(destination);
    udp.set_dst_port(source);
    packet
}

pub fn client() -> UdpSocket {
    let client = UdpSocket::bind((HOST, 0)).unwrap();
    client
        .set_read_timeout(Some(std::time::Duration::from_secs(5)))
        .unwrap();
    client.connect((OURS, 12000)).unwrap();
    client
}

pub fn tap_carries_ethernet_both_ways() {
    let mut device = open(Mode::Tap);
    let client = client();
    client.send(b"hello").unwrap();
    // The kernel asks for the hardware address ...
    let mut request = find(&mut device, |frame| {
        let frame = EthernetFrame::new_checked(frame).ok()?;
        assert!(frame.dst_addr().is_multicast());
        (frame.ethertype() == EthernetProtocol::Arp).then(|| frame.into_inner().to_vec())
    });
    // ... and sends the datagram to the host that answers.
    let mut frame = EthernetFrame::new_unchecked(&mut request);
    let host = frame.src_addr();
    frame.set_src_addr(MAC);
    frame.set_dst_addr(host);
    let mut arp = ArpPacket::new_checked(frame.payload_mut()).unwrap();
    assert_eq!(arp.target_protocol_addr(), OURS.octets());
    arp.set_operation(smoltcp::wire::ArpOperation::Reply);
    arp.set_target_hardware_addr(host.as_bytes());
    arp.set_target_protocol_addr(&HOST.octets());
    arp.set_source_hardware_addr(MAC.as_bytes());
    arp.set_source_protocol_addr(&OURS.octets());
    send(&mut device, &request);
    let packet = find(&mut device, |frame| ipv4(Mode::Tap, IpProtocol::Udp, frame));

    let mut reply = request[..14].to_vec();
    EthernetFrame::new_unchecked(&mut reply).set_ethertype(EthernetProtocol::Ipv4);
    reply.extend(answer(packet));
    send(&mut device, &reply);
    let mut buffer = [0; 16];
    assert_eq!(client.recv(&mut buffer).unwrap(), 5);
    assert_eq!(&buffer[..5], b"hello");
    assert!(device.statistics().received_frames >= 2);
    assert_eq!(device.statistics().sent_frames, 2);
    assert_eq!(
        device.statistics().sent_bytes,
        (request.len() + reply.len()) as u64
    );
}

pub fn tun_carries_packets_both_ways() {
    let mut device = open(Mode::Tun);
    let client = client();
    client.send(b"hello").unwrap();
    let packet = find(&mut device, |frame| ipv4(Mode::Tun, IpProtocol::Udp, frame));
    assert_eq!(&packet[28..], b"hello");
    send(&mut device, &answer(packet));
    let mut buffer = [0; 16];
    assert_eq!(client.recv(&mut buffer).unwrap(), 5);
}

pub fn ipv6_can_be_used_at_once() {
    for mode in [Mode::Tap, Mode::Tun] {
        if cfg!(feature = "ipv6") {
            let mut device = TunTap::open("test0", mode, &[cidr("fd00:1::1/64")]).unwrap();
            let start = Clock::now();
            // An address that is tentative cannot be bound.
            let client = UdpSocket::bind("[fd00:1::1]:0").unwrap();
            client.send_to(b"hello", "[fd00:1::2]:12000").unwrap();
            let source = cidr("fd00:1::1/64").address().to_string();
            // A neighbor solicitation on a TAP, the datagram itself on a TUN.
            find(&mut device, |frame| {
                let ip = if mode == Mode::Tap {
                    frame.get(14..)?
                } else {
                    frame
                };
                let source: [u8; 16] = ip.get(8..24)?.try_into().unwrap();
                (std::net::Ipv6Addr::from(source).to_string() == "fd00:1::1").then_some(())
            });
            assert_eq!(source, "fd00:1::1");
            assert!(start.elapsed().as_millis() < 500, "{:?}", start.elapsed());
        }
    }
}

/// The kernel leaves checksums to an interface that says it makes them. Without offload ours must
/// not say so.
pub fn checksums_are_complete_without_offload() {
    for mode in [Mode::Tap, Mode::Tun] {
        let options = Options::new().without_offload();
        let mut device = TunTap::open_with("test0", mode, &[cidr("10.1.0.1/24")], options).unwrap();
        if mode == Mode::Tap {
            ip("neigh replace 10.1.0.2 lladdr 02:00:00:00:00:02 dev test0");
        }
        client().send(&[0xa5; 1001]).unwrap();
        let packet = find(&mut device, |frame| ipv4(mode, IpProtocol::Udp, frame));
        let ip = Ipv4Packet::new_checked(&packet[..]).unwrap();
        let udp = UdpPacket::new_checked(ip.payload()).unwrap();
        assert!(ip.verify_checksum());
        assert_ne!(udp.checksum(), 0);
        assert!(udp.verify_checksum(&HOST.into(), &OURS.into()));

        let connecting = thread::spawn(|| TcpStream::connect((OURS, 12000)).map(drop));
        let packet = find(&mut device, |frame| ipv4(mode, IpProtocol::Tcp, frame));
        let ip = Ipv4Packet::new_checked(&packet[..]).unwrap();
        let tcp = TcpPacket::new_checked(ip.payload()).unwrap();
        assert!(tcp.syn() && tcp.verify_checksum(&HOST.into(), &OURS.into()));
        drop(device);
        // Without the interface it fails, or waits until the test ends.
        drop(connecting);
    }
}

/// Also: it is a device that smoltcp can live with.
pub fn bulk_transfer_has_no_oversize_frames() {
    const LENGTH: usize = 1 << 20;
    for mode in [Mode::Tap, Mode::Tun] {
        let mut device = open(mode);
        let hardware = match mode {
            Mode::Tap => MAC.into(),
            Mode::Tun => smoltcp::wire::HardwareAddress::Ip,
        };
        let start = Clock::now();
        let now = || Instant::from_micros(start.elapsed().as_micros() as i64);
        let mut iface = Interface::new(Config::new(hardware), &mut device, now());
        iface.update_ip_addrs(|addresses| addresses.push(cidr("10.1.0.2/24")).unwrap());
        let (mut rx, mut tx) = ([0; 65535], [0; 65535]);
        let mut socket = tcp::Socket::new(
            tcp::SocketBuffer::new(&mut rx[..]),
            tcp::SocketBuffer::new(&mut tx[..]),
        );
        socket.listen(12000).unwrap();
        let mut storage = [smoltcp::iface::SocketStorage::EMPTY];
        let mut sockets = SocketSet::new(&mut storage[..]);
        let handle = sockets.add(socket);

        let client = thread::spawn(|| {
            let mut stream = TcpStream::connect((OURS, 12000)).unwrap();
            let mut reader = stream.try_clone().unwrap();
            let reading = thread::spawn(move || {
                let mut echo = Vec::new();
                reader.read_to_end(&mut echo).unwrap();
                echo
            });
            let sent: Vec<u8> = (0..LENGTH).map(|i| (i * 7 / 5) as u8).collect();
            stream.write_all(&sent).unwrap();
            stream.shutdown(std::net::Shutdown::Write).unwrap();
            assert!(
                reading.join().unwrap() == sent,
                "the echo is not what was sent"
            );
        });
        while !client.is_finished() {
            iface.poll(now(), &mut device, &mut sockets);
            let socket = sockets.get_mut::<tcp::Socket>(handle);
            let room = socket.send_capacity() - socket.send_queue();
            let mut taken = vec![0; room];
            let length = if socket.can_recv() {
                socket.recv_slice(&mut taken).unwrap()
            } else {
                0
            };
            assert_eq!(socket.send_slice(&taken[..length]).unwrap_or(0), length);
            if socket.state() == tcp::State::CloseWait && socket.recv_queue() == 0 {
                socket.close();
            }
            iface.poll(now(), &mut device, &mut sockets);
            let delay = iface
                .poll_delay(now(), &sockets)
                .unwrap_or(Duration::from_millis(50));
            device
                .wait(Some(delay.min(Duration::from_millis(50))))
                .unwrap();
        }
        client.join().unwrap();
        let statistics = device.statistics();
        println!("{statistics:?}");
        assert!(statistics.received_bytes > LENGTH as u64);
        assert_eq!(
            (statistics.received_oversize, statistics.sent_oversize),
            (0, 0)
        );
        assert_eq!((statistics.sent_refused, statistics.receive_errors), (0, 0));
    }
}

pub fn frame_stays_until_its_token_is_consumed() {
    let mut device = open(Mode::Tun);
    let client = client();
    client.send(b"first").unwrap();
    client.send(b"second").unwrap();
    find(&mut device, |frame| {
        ipv4(Mode::Tun, IpProtocol::Udp, frame).filter(|p| p.ends_with(b"first"))
    });
    for _ in 0..3 {
        assert!(device.wait(SECOND).unwrap());
        let _ = device.receive(Instant::ZERO).unwrap();
        let _ = device.transmit(Instant::ZERO).unwrap();
    }
    let (received, reply) = device.receive(Instant::ZERO).unwrap();
    // To write an answer does not change what is being answered.
    reply.consume(20, |buffer| buffer.fill(0x45));
    received.consume(|frame| assert!(frame.ends_with(b"second")));
    assert!(device.receive(Instant::ZERO).is_none());
}
