//! UDP datagrams that leave together in one frame, for the kernel to take apart.

use std::net::{IpAddr, UdpSocket};
use std::thread;
use std::time::Duration;

use smoltcp::wire::UdpRepr;
use uppercase::device::tuntap::{Mode, Options, TunTap};

use super::frames::send;
use super::packet::{frame, udp, unnumbered};
use super::refusal::{refuse, refuse_writes};
use super::trouble::{count_lines, lines};
use super::wire::{VERSIONS, Version, cut, interface, wire};
use crate::namespace::ip;

/// The longest frame of one datagram, with the header before it.
const LONGEST: u64 = 10 + 14 + 1500;
const PROBE: &[u8] = b"anybody there";

/// What is special about a datagram: its ports, the limit of its way.
type Change = fn(&mut UdpRepr, &mut u8);

fn plain(_: &mut UdpRepr, _: &mut u8) {}

/// Whether the kernel takes datagrams apart: from Linux 6.2 on.
fn kernel_cuts_datagrams() -> bool {
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap();
    let mut numbers = release
        .split(['.', '-'])
        .map_while(|part| part.parse::<u32>().ok());
    (numbers.next(), numbers.next()) >= (Some(6), Some(2))
}

fn text(number: usize, length: usize) -> Vec<u8> {
    (0..length)
        .map(|place| (number * 31 + place * 7) as u8)
        .collect()
}

/// What is gathered is cut again: the other end of the wire sees the datagrams that were sent.
pub fn only_datagrams_of_one_length_between_two_ports_are_gathered() {
    for &version in VERSIONS {
        gathered_datagrams_on_a_wire(version, false);
    }
}

/// The first large frame is cut by the device, and there are none after it.
pub fn kernel_that_refuses_large_frames_gets_each_datagram_by_itself() {
    count_lines(log::LevelFilter::Warn);
    for (number, &version) in VERSIONS.iter().enumerate() {
        let case = move || gathered_datagrams_on_a_wire(version, true);
        thread::spawn(case).join().unwrap();
        assert_eq!(lines(), (number + 1) * usize::from(kernel_cuts_datagrams()));
    }
}

fn gathered_datagrams_on_a_wire(version: Version, refused: bool) {
    let mut datagrams: [(usize, Change); 26] = [
        (100, plain),
        (100, plain),
        (100, plain),
        (99, plain), // the last, being shorter
        (99, plain),
        (100, plain), // longer
        (100, plain),
        (100, |udp, _| udp.src_port = 1),
        (100, plain),
        (100, |udp, _| udp.dst_port = 1),
        (100, |udp, _| udp.dst_port = 1),
        (100, |_, hop_limit| *hop_limit = 63),
        (100, plain),
        (0, plain),
        (0, plain),
        (1, plain), // so short that the next one covers headers
        (1, plain),
        (1, plain),
        (1, |udp, _| udp.dst_port = 1),
        (2, plain),
        (2, plain),
        (1, plain),
        (1400, plain),
        (1400, plain),
        (1400, plain),
        (7, plain),
    ];
    let [mut device, mut other] = wire(Mode::Tap, [1500; 2], Options::new().gather());
    if refused {
        // Those that make a frame longer than any of them come first.
        datagrams.rotate_right(4);
        refuse_writes(&device, LONGEST);
    }
    let [from, to] = [0, 1].map(|end| version.address(end, 2));
    let frames: Vec<_> = datagrams
        .iter()
        .enumerate()
        .map(|(number, (length, change))| {
            frame(version, 0, &udp(from, to, &text(number, *length), *change))
        })
        .collect();
    for frame in &frames {
        send(&mut device, frame);
    }
    device.flush();
    for (number, frame) in frames.iter().enumerate() {
        let seen = unnumbered(&mut other, version);
        assert!(seen == *frame, "{version:?}: datagram {number}");
    }
    let frames_sent = device.statistics().sent_frames as usize;
    println!("{} datagrams in {frames_sent} frames", frames.len());
    assert_eq!(
        frames_sent < frames.len(),
        kernel_cuts_datagrams() && !refused
    );
    cut(Mode::Tap, [device, other]);
}

/// The kernel takes a moment until it receives over IPv6 on an interface that was just opened.
fn wait_until_it_listens(device: &mut TunTap, client: &UdpSocket, probe: &[u8]) {
    let short = Duration::from_millis(20);
    client.set_read_timeout(Some(short)).unwrap();
    let mut tries = 0..500;
    while client.recv(&mut [0; 16]).is_err() {
        assert!(tries.next().is_some(), "the kernel does not listen");
        send(device, probe);
        device.flush();
    }
    client.set_read_timeout(Some(250 * short)).unwrap();
}

/// Sends many datagrams to a socket of the kernel. Returns in how many frames.
fn many_to_the_kernel(version: Version, lengths: &[usize]) -> u64 {
    interface(0, Mode::Tun, 1500);
    let mut device = TunTap::open_with("test0", Mode::Tun, &[], Options::new().gather()).unwrap();
    let host: IpAddr = version.address(0, 1).into();
    let client = UdpSocket::bind((host, 40_000)).unwrap();
    let [from, to] = [2, 1].map(|host| version.address(0, host));
    wait_until_it_listens(&mut device, &client, &udp(from, to, PROBE, plain));
    let before = device.statistics().sent_frames;
    let mut received = [0; 2048];
    for (number, length) in lengths.iter().enumerate() {
        send(&mut device, &udp(from, to, &text(number, *length), plain));
    }
    device.flush();
    for (number, length) in lengths.iter().enumerate() {
        let mut count = client.recv(&mut received).unwrap();
        while &received[..count] == PROBE {
            count = client.recv(&mut received).unwrap();
        }
        assert!(
            received[..count] == text(number, *length),
            "{version:?}: {number}"
        );
    }
    let statistics = device.statistics();
    assert_eq!((statistics.sent_refused, statistics.sent_oversize), (0, 0));
    drop(device);
    ip("link delete test0");
    statistics.sent_frames - before
}

pub fn gathered_datagrams_reach_the_kernel_one_by_one() {
    // No more than a socket's buffer takes.
    const COUNT: usize = 70;
    for &version in VERSIONS {
        for length in [1, 32, 512, 1400] {
            let frames = many_to_the_kernel(version, &[length; COUNT]);
            // 64 at a time, or as many as a packet has room for.
            let together = 64.min(65_000 / length) as u64;
            let expected = match kernel_cuts_datagrams() {
                true => (COUNT as u64).div_ceil(together),
                false => COUNT as u64,
            };
            assert_eq!(frames, expected, "{version:?}: {length} bytes");
        }
        many_to_the_kernel(version, &[0, 1, 2, 3, 3, 3, 2, 1, 0, 900, 900, 1000, 1000]);
    }
}

/// A kernel before Linux 6.2: it knows no offload of UDP.
pub fn kernel_that_cuts_no_datagrams_gets_each_by_itself() {
    const TUNSETOFFLOAD: u32 = 0x4004_54d0;
    const CHECKSUM_AND_DATAGRAMS: u64 = 0x61;
    thread::spawn(|| {
        refuse(TUNSETOFFLOAD, Some(CHECKSUM_AND_DATAGRAMS));
        for &version in VERSIONS {
            assert_eq!(many_to_the_kernel(version, &[32; 10]), 10);
        }
    })
    .join()
    .unwrap();
}
