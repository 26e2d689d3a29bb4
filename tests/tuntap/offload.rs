//! Offload: large frames and missing checksums, and doing without.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;
use std::time::Instant as Clock;

use smoltcp::phy::{ChecksumCapabilities, Device};
use smoltcp::socket::tcp::State;
use smoltcp::time::{Duration, Instant};
#[cfg(feature = "ipv6")]
use smoltcp::wire::Ipv6Packet;
use smoltcp::wire::{
    EthernetAddress, EthernetFrame, EthernetProtocol, EthernetRepr, IpAddress, IpProtocol, IpRepr,
    IpVersion, Ipv4Packet, TcpControl, TcpPacket, TcpRepr, TcpSeqNumber,
};
use uppercase::device::tuntap::{Mode, Options, TunTap};

use crate::frames::{find, send};
use crate::namespace::ip;
use crate::wire::{Host, VERSIONS, Version, cut, interface, mac, wire};

const MODES: [Mode; 2] = [Mode::Tap, Mode::Tun];
const PORT: u16 = 12000;

fn options(offload: bool) -> Options {
    match offload {
        true => Options::new().gather(),
        false => Options::new().without_offload(),
    }
}

fn bytes(length: usize) -> Vec<u8> {
    (0..length)
        .map(|i| (i * 7 / 5 + i / 65_521) as u8)
        .collect()
}

fn address(version: Version, interface: usize, host: u8) -> IpAddress {
    version.address(interface, host).parse().unwrap()
}

/// The lengths of the IP packet and of the text of a TCP segment, and its control flag.
fn segment(mode: Mode, frame: &[u8]) -> Option<(usize, usize, bool)> {
    let packet = match mode {
        Mode::Tap => frame.get(14..)?,
        Mode::Tun => frame,
    };
    let (protocol, length, payload) = match IpVersion::of_packet(packet).ok()? {
        IpVersion::Ipv4 => {
            let packet = Ipv4Packet::new_checked(packet).ok()?;
            let length = usize::from(packet.total_len());
            (packet.next_header(), length, packet.payload())
        }
        #[cfg(feature = "ipv6")]
        IpVersion::Ipv6 => {
            let packet = Ipv6Packet::new_checked(packet).ok()?;
            (packet.next_header(), packet.total_len(), packet.payload())
        }
        #[allow(unreachable_patterns)]
        _ => return None,
    };
    if protocol != IpProtocol::Tcp {
        return None;
    }
    let tcp = TcpPacket::new_checked(payload).ok()?;
    Some((length, tcp.payload().len(), tcp.psh() || tcp.fin()))
}

pub fn offload_is_on_unless_it_is_refused() {
    for mode in MODES {
        for (offload, word) in [(true, "on"), (false, "off")] {
            let device = TunTap::open_with("test0", mode, &[], options(offload)).unwrap();
            assert_eq!(device.offload(), offload);
            assert!(format!("{device:?}").contains(&format!("offload: {offload}")));
            let link = ip("-d link show test0");
            assert!(link.contains(&format!("vnet_hdr {word}")), "{link}");
            assert_eq!(device.capabilities().checksum.tcp.tx(), !offload);
            assert_eq!(device.capabilities().checksum.tcp.rx(), !offload);
            assert!(device.capabilities().checksum.udp.rx());
        }
    }
}

/// An echo of what the kernel sends, for each way of opening the interface one after the other.
/// `set_up` is done when the interface is there.
fn echo_to_the_kernel(mode: Mode, version: Version, mtu: usize, set_up: &dyn Fn()) {
    const LENGTH: usize = 1 << 20;
    interface(0, mode, mtu);
    set_up();
    for offload in [true, false, true] {
        let device = TunTap::open_with("test0", mode, &[], options(offload)).unwrap();
        assert_eq!((device.was_created(), device.offload()), (false, offload));
        let mut longest = 0;
        let mut host = Host::new(0, device, |frame: &[u8]| {
            longest = segment(mode, frame).map_or(longest, |(length, ..)| longest.max(length));
        });
        host.socket().listen(PORT).unwrap();
        let address = address(version, 0, 2).into();
        let client = thread::spawn(move || {
            let mut stream =
                TcpStream::connect::<(std::net::IpAddr, u16)>((address, PORT)).unwrap();
            let mut reader = stream.try_clone().unwrap();
            let reading = thread::spawn(move || {
                let mut echo = Vec::new();
                reader.read_to_end(&mut echo).unwrap();
                echo
            });
            let sent = bytes(LENGTH);
            stream.write_all(&sent).unwrap();
            stream.shutdown(Shutdown::Write).unwrap();
            assert!(reading.join().unwrap() == sent, "not what was sent");
        });
        let start = Clock::now();
        while !client.is_finished() {
            assert!(start.elapsed().as_secs() < 20, "the echo stands still");
            host.poll(Instant::from_micros(start.elapsed().as_micros() as i64));
            let socket = host.socket();
            let room = socket.send_capacity() - socket.send_queue();
            let mut taken = vec![0; room];
            let length = socket.recv_slice(&mut taken).unwrap_or(0);
            assert_eq!(socket.send_slice(&taken[..length]).unwrap_or(0), length);
            if socket.state() == State::CloseWait && socket.recv_queue() == 0 {
                socket.close();
            }
            host.poll(Instant::from_micros(start.elapsed().as_micros() as i64));
            host.device
                .device
                .wait(Some(Duration::from_millis(1)))
                .unwrap();
        }
        client.join().unwrap();
        let statistics = host.device.device.statistics();
        drop(host);
        println!("{mode} {version:?} {mtu} {offload}: longest {longest}, {statistics:?}");
        assert_eq!(longest > mtu, offload);
        assert_eq!(
            (statistics.received_oversize, statistics.sent_oversize),
            (0, 0)
        );
        assert_eq!(
            (statistics.received_corrupt, statistics.received_partial),
            (0, 0)
        );
        assert_eq!((statistics.sent_refused, statistics.receive_errors), (0, 0));
    }
    ip("link delete test0");
}

pub fn bulk_arrives_whole_with_offload_and_without() {
    for mode in MODES {
        for &version in VERSIONS {
            for mtu in [576, 1280, 1500, 9000] {
                if version == Version::V4 || mtu >= 1280 {
                    echo_to_the_kernel(mode, version, mtu, &|| {});
                }
            }
        }
    }
}

pub fn bulk_arrives_whole_at_a_kernel_with_small_segments() {
    for &version in VERSIONS {
        echo_to_the_kernel(Mode::Tun, version, 1500, &|| {
            let (flag, net) = match version {
                Version::V4 => ("-4", "10.1.0.0/24"),
                Version::V6 => ("-6", "fd00:1::/64"),
            };
            ip(&format!("{flag} route replace {net} dev test0 advmss 300"));
        });
    }
}

/// One direction over a wire on which each segment is seen.
fn segments_on_a_wire(mode: Mode, version: Version, mtus: [usize; 2], offload: bool) {
    const LENGTH: usize = 1 << 19;
    let [sender, receiver] = wire(mode, mtus, options(offload));
    let mut segments = Vec::new();
    let mut receiver = Host::new(1, receiver, |frame: &[u8]| {
        segments.extend(segment(mode, frame).filter(|(_, text, _)| *text != 0));
    });
    let mut sender = Host::new(0, sender, |_: &[u8]| ());
    receiver.socket().listen(PORT).unwrap();
    sender.connect(address(version, 1, 2), PORT);
    let sent = bytes(LENGTH);
    let (mut queued, mut received) = (0, Vec::new());
    let start = Clock::now();
    while received.len() < LENGTH || receiver.socket().may_recv() {
        assert!(start.elapsed().as_secs() < 20, "the transfer stands still");
        let now = Instant::from_micros(start.elapsed().as_micros() as i64);
        let socket = sender.socket();
        if socket.may_send() {
            queued += socket.send_slice(&sent[queued..]).unwrap();
            if queued == LENGTH {
                socket.close();
            }
        }
        sender.poll(now);
        receiver.poll(now);
        let _ = receiver.socket().recv(|bytes| {
            received.extend_from_slice(bytes);
            (bytes.len(), ())
        });
    }
    let statistics = sender.device.device.statistics();
    let other = receiver.device.device.statistics();
    cut(mode, [sender.device.device, receiver.device.device]);
    assert!(received == sent, "not what was sent");
    assert_eq!((statistics.sent_refused, statistics.sent_oversize), (0, 0));
    assert_eq!(other.received_oversize, 0);

    // The lesser MTU decides, which the other side says as its MSS.
    let full = mtus[0].min(mtus[1]) - version.headers();
    let case = format!("{mode} {version:?} {mtus:?} {offload}");
    let mut partial = 0;
    for (length, text, last) in &segments {
        assert!(*text <= full, "{case}: {text} bytes of text");
        assert_eq!(*length, text + version.headers());
        partial += usize::from(*text < full && !last);
    }
    // Where the end of the buffer is reached, and where the window is.
    let windows = LENGTH.div_ceil(1 << 16);
    assert!(
        partial <= 2 * windows,
        "{case}: {partial} of {}",
        segments.len()
    );
    let frames = statistics.sent_frames as usize;
    println!("{case}: {} segments in {frames} frames", segments.len());
    match offload {
        true => assert!(frames < segments.len() / 3, "{case}: {frames} frames"),
        false => assert!(frames >= segments.len()),
    }
}

pub fn each_segment_on_a_wire_has_the_right_size() {
    for mode in MODES {
        for &version in VERSIONS {
            for mtu in [576, 1280, 1500, 9000] {
                if version == Version::V4 || mtu >= 1280 {
                    segments_on_a_wire(mode, version, [mtu, mtu], true);
                }
            }
            segments_on_a_wire(mode, version, [1500, 1500], false);
        }
    }
}

pub fn segments_are_as_small_as_the_other_side_asks() {
    for mode in MODES {
        for mtus in [[1500, 576], [9000, 1280]] {
            segments_on_a_wire(mode, Version::V4, mtus, true);
        }
        if VERSIONS.contains(&Version::V6) {
            segments_on_a_wire(mode, Version::V6, [9000, 1280], true);
        }
    }
}

/// A TCP segment in a frame from one end of the wire to the other, complete.
fn frame(
    version: Version,
    from: usize,
    sequence: i32,
    length: usize,
    change: fn(&mut TcpRepr),
) -> Vec<u8> {
    let (source, destination) = (address(version, from, 2), address(version, 1 - from, 2));
    let text = bytes(sequence as usize + length).split_off(sequence as usize);
    let mut tcp = TcpRepr {
        src_port: 49_152,
        dst_port: PORT,
        control: TcpControl::None,
        seq_number: TcpSeqNumber(sequence),
        ack_number: Some(TcpSeqNumber(7)),
        window_len: 1000,
        window_scale: None,
        max_seg_size: None,
        sack_permitted: false,
        sack_ranges: [None; 3],
        timestamp: None,
        payload: &text,
    };
    change(&mut tcp);
    let header = IpRepr::new(source, destination, IpProtocol::Tcp, tcp.buffer_len(), 64);
    let start = 14 + header.header_len();
    let mut frame = vec![0; start + tcp.buffer_len()];
    let checksums = ChecksumCapabilities::default();
    EthernetRepr {
        src_addr: mac(from),
        dst_addr: mac(1 - from),
        ethertype: match version {
            Version::V4 => EthernetProtocol::Ipv4,
            Version::V6 => EthernetProtocol::Ipv6,
        },
    }
    .emit(&mut EthernetFrame::new_unchecked(&mut frame[..]));
    header.emit(&mut frame[14..start], &checksums);
    let mut packet = TcpPacket::new_unchecked(&mut frame[start..]);
    tcp.emit(&mut packet, &source, &destination, &checksums);
    frame
}

/// What comes from a neighbor, and not from the kernel.
fn is_from(neighbor: EthernetAddress) -> impl Fn(&[u8]) -> Option<Vec<u8>> {
    move |frame| {
        let source = EthernetFrame::new_checked(frame).ok()?.src_addr();
        (source == neighbor).then(|| frame.to_vec())
    }
}

pub fn what_the_kernel_does_not_answer_for_is_verified() {
    for &version in VERSIONS {
        let [mut device, mut other] = wire(Mode::Tap, [1500, 1500], options(true));
        let good = frame(version, 1, 1, 1000, |_| ());
        let mut corrupt = good.clone();
        *corrupt.last_mut().unwrap() ^= 1;
        let last = frame(version, 1, 2, 1000, |_| ());
        for count in 1..=3 {
            send(&mut other, &good);
            assert_eq!(find(&mut device, is_from(mac(1))), good);
            send(&mut other, &corrupt);
            send(&mut other, &last);
            assert_eq!(find(&mut device, is_from(mac(1))), last);
            assert_eq!(device.statistics().received_corrupt, count);
        }
        // The parts of a segment have no checksum that could be verified.
        if version == Version::V4 {
            let mut fragment = good.clone();
            let mut packet = Ipv4Packet::new_unchecked(&mut fragment[14..]);
            packet.set_more_frags(true);
            packet.set_dont_frag(false);
            packet.fill_checksum();
            send(&mut other, &fragment);
            send(&mut other, &last);
            assert_eq!(find(&mut device, is_from(mac(1))), last);
            assert_eq!(device.statistics().received_partial, 1);
        }
        cut(Mode::Tap, [device, other]);
    }
}

pub fn udp_without_a_checksum_is_completed() {
    for &version in VERSIONS {
        interface(0, Mode::Tun, 1500);
        let mut device = TunTap::open("test0", Mode::Tun, &[]).unwrap();
        let host: std::net::IpAddr = address(version, 0, 1).into();
        let client = std::net::UdpSocket::bind((host, 0)).unwrap();
        let ours: std::net::IpAddr = address(version, 0, 2).into();
        for length in [0, 1, 2, 1001, 1400] {
            client.send_to(&bytes(length), (ours, PORT)).unwrap();
            let checksum = find(&mut device, |packet| {
                let (protocol, payload) = match IpVersion::of_packet(packet).ok()? {
                    IpVersion::Ipv4 => (packet[9], packet.get(20..)?),
                    #[allow(unreachable_patterns)]
                    _ => (packet[6], packet.get(40..)?),
                };
                let udp = smoltcp::wire::UdpPacket::new_checked(payload).ok()?;
                (protocol == 17 && udp.payload() == bytes(length)).then(|| {
                    let (host, ours) = (address(version, 0, 1), address(version, 0, 2));
                    udp.checksum() != 0 && udp.verify_checksum(&host, &ours)
                })
            });
            assert!(checksum, "{length} bytes");
        }
        drop(device);
        ip("link delete test0");
    }
}

/// What is gathered is cut again: the other end of the wire sees the segments that were sent.
pub fn only_segments_that_follow_each_other_are_gathered() {
    type Change = fn(&mut TcpRepr);
    let plain: Change = |_| ();
    // How far the sequence number jumps before each, how long its text is, what else is different.
    let segments: [(i32, usize, Change); 30] = [
        (0, 1000, plain),
        (0, 1000, plain),
        (0, 1000, |tcp| tcp.control = TcpControl::Psh),
        (0, 1000, plain),
        (0, 999, plain), // the last, being shorter
        (0, 999, plain),
        (0, 1000, plain),     // longer
        (1, 1000, plain),     // text is missing
        (-1000, 1000, plain), // again
        (0, 1000, |tcp| tcp.window_len = 999),
        (0, 1000, |tcp| tcp.ack_number = Some(TcpSeqNumber(8))),
        (0, 1000, |tcp| tcp.src_port = 1),
        (0, 1000, |tcp| tcp.dst_port = 1),
        (0, 1000, |tcp| tcp.control = TcpControl::Rst),
        (0, 1000, plain),
        (0, 0, plain), // nothing but an acknowledgement
        (0, 1000, plain),
        (0, 1000, |tcp| tcp.control = TcpControl::Fin),
        (1, 1, plain), // so short that the next one covers headers
        (0, 1, plain),
        (0, 1, plain),
        (0, 2, plain),
        (0, 2, plain),
        (0, 2, |tcp| tcp.window_len = 999),
        (0, 1440, plain),
        (0, 1440, plain),
        (0, 1440, plain),
        (0, 1440, plain),
        (0, 100, |tcp| tcp.control = TcpControl::Psh),
        (0, 1000, plain),
    ];
    for &version in VERSIONS {
        let [mut device, mut other] = wire(Mode::Tap, [1500, 1500], options(true));
        let mut sequence = 1;
        let mut frames = Vec::new();
        for (jump, length, change) in segments {
            sequence += jump;
            frames.push(frame(version, 0, sequence, length, change));
            sequence += length as i32;
        }
        for frame in &frames {
            // As smoltcp leaves it, for the device to complete.
            let mut frame = frame.clone();
            TcpPacket::new_unchecked(&mut frame[14 + version.headers() - 20..]).set_checksum(0);
            send(&mut device, &frame);
        }
        device.flush();
        for (number, frame) in frames.iter().enumerate() {
            let mut seen = find(&mut other, is_from(mac(0)));
            if version == Version::V4 {
                // Who cuts numbers the packets.
                let mut packet = Ipv4Packet::new_unchecked(&mut seen[14..]);
                packet.set_ident(0);
                packet.fill_checksum();
            }
            assert!(seen == *frame, "{version:?}: segment {number}");
        }
        let frames_sent = device.statistics().sent_frames as usize;
        println!("{} segments in {frames_sent} frames", frames.len());
        assert!(frames_sent < frames.len());
        cut(Mode::Tap, [device, other]);
    }
}

/// A kernel that knows no offload, or refuses it: each of these calls fails.
pub fn kernel_without_offload_is_lived_with() {
    const TUNGETFEATURES: u32 = 0x8004_54cf;
    const TUNSETOFFLOAD: u32 = 0x4004_54d0;
    const TUNSETVNETHDRSZ: u32 = 0x4004_54d8;
    for call in [TUNSETVNETHDRSZ, TUNSETOFFLOAD, TUNGETFEATURES] {
        thread::spawn(move || {
            refuse(call, None);
            for mode in MODES {
                let device = TunTap::open("test0", mode, &[]).unwrap();
                assert!(!device.offload());
                assert_eq!(device.fault(), None);
                assert!(device.capabilities().checksum.tcp.rx());
                let link = ip("-d link show test0");
                assert!(link.contains("vnet_hdr off"), "{link}");
            }
        })
        .join()
        .unwrap();
    }
}

/// From now on this thread's `ioctl`s of this kind fail, if they set this, or anything at all.
pub fn refuse(call: u32, argument: Option<u64>) {
    use seccompiler::{
        BpfProgram, SeccompAction, SeccompCmpArgLen as Length, SeccompCmpOp as Compare,
        SeccompCondition as Condition, SeccompFilter, SeccompRule, apply_filter,
    };
    let is_call = Condition::new(1, Length::Dword, Compare::Eq, call.into()).unwrap();
    let sets = match argument {
        Some(argument) => Condition::new(2, Length::Qword, Compare::Eq, argument),
        None => Condition::new(2, Length::Qword, Compare::Ne, 0),
    };
    let rule = SeccompRule::new(vec![is_call, sets.unwrap()]).unwrap();
    let filter = SeccompFilter::new(
        [(libc::SYS_ioctl, vec![rule])].into(),
        SeccompAction::Allow,
        SeccompAction::Errno(22),
        std::env::consts::ARCH.try_into().unwrap(),
    );
    let program: BpfProgram = filter.unwrap().try_into().unwrap();
    apply_filter(&program).unwrap();
}
