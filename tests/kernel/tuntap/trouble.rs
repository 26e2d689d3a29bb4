//! What happens when frames cannot pass, and waiting for them.

use std::io::{self, Write};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant as Clock;

use smoltcp::phy::{Device, RxToken};
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::IpProtocol;
use uppercase::device::tuntap::{Fault, Mode, wait};

use super::frames::{SECOND, client, find, ipv4, open, send};
use crate::namespace::ip;

pub fn oversize_frames_are_dropped_and_counted() {
    let mut device = open(Mode::Tun);
    let client = client();
    ip("link set test0 mtu 3000");
    let udp = |frame: &[u8]| ipv4(Mode::Tun, IpProtocol::Udp, frame).map(|packet| packet.len());
    for (length, oversize) in [(1500, 0), (1501, 1), (1502, 2), (3000, 3)] {
        client.send(&vec![0; length - 28]).unwrap();
        client.send(b"next").unwrap();
        if length <= 1500 {
            assert_eq!(find(&mut device, udp), length);
        }
        assert_eq!(find(&mut device, udp), 32);
        assert_eq!(device.statistics().received_oversize, oversize);
    }
    for (length, oversize) in [(1500, 0), (1501, 1), (100_000, 2)] {
        let mut frame = vec![0; length];
        frame[0] = 0x45;
        send(&mut device, &frame);
        assert_eq!(device.statistics().sent_oversize, oversize);
        assert_eq!(device.statistics().sent_frames, 1);
    }
    // Nor does the kernel take anything at all.
    count_lines(log::LevelFilter::Trace);
    for _ in 0..1000 {
        send(&mut device, &[0]);
        send(&mut device, &PACKET);
    }
    assert_eq!(device.statistics().sent_refused, 1000);
    assert_eq!(device.statistics().sent_frames, 1001);
    assert_eq!(lines(), 10);
    send(&mut device, &[0]);
    assert!(matches!(device.fault(), Some(Fault::Os(_))));
}

/// How many lines were logged.
pub fn lines() -> usize {
    LINES.0.load(Ordering::Relaxed)
}

struct LineCounter(AtomicUsize);
static LINES: LineCounter = LineCounter(AtomicUsize::new(0));

impl log::Log for LineCounter {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }
    fn log(&self, record: &log::Record<'_>) {
        println!("{} {}", record.level(), record.args());
        self.0.fetch_add(1, Ordering::Relaxed);
    }
    fn flush(&self) {}
}

/// Counts the lines of the log from now on, up to this level.
pub fn count_lines(level: log::LevelFilter) {
    log::set_logger(&LINES).unwrap();
    log::set_max_level(level);
}

const PACKET: [u8; 20] = [
    0x45, 0, 0, 20, 0, 0, 0, 0, 64, 17, 0, 0, 10, 1, 0, 2, 10, 1, 0, 1,
];

pub fn interface_that_is_switched_off_and_on_recovers() {
    let mut device = open(Mode::Tun);
    count_lines(log::LevelFilter::Trace);
    send(&mut device, &PACKET);
    ip("link set test0 down");
    for _ in 0..1000 {
        send(&mut device, &PACKET);
    }
    assert_eq!(device.fault(), Some(Fault::Down));
    while device
        .receive(Instant::ZERO)
        .is_some_and(|(received, _)| received.consume(|_| true))
    {}
    // No frame, and no hurry to look for one.
    assert!(!device.wait(Some(Duration::from_millis(20))).unwrap());
    ip("link set test0 up");
    send(&mut device, &PACKET);
    assert_eq!(device.fault(), None);
    assert_eq!(device.statistics().sent_refused, 1000);
    assert_eq!(device.statistics().sent_frames, 2);
    assert_eq!(lines(), 2);
}

pub fn deleted_interface_is_an_error_and_not_a_flood() {
    let mut device = open(Mode::Tap);
    count_lines(log::LevelFilter::Trace);
    ip("link delete test0");
    for _ in 0..1000 {
        assert!(device.receive(Instant::ZERO).is_none());
        send(&mut device, &[0; 60]);
        device.wait(SECOND).unwrap_err();
    }
    assert_eq!(device.fault(), Some(Fault::Removed));
    assert_eq!(device.statistics().sent_refused, 1000);
    assert_eq!(device.statistics().receive_errors, 1);
    assert_eq!(lines(), 1);
}

pub fn waiting_is_exact_and_watches_other_files() {
    let mut device = open(Mode::Tun);
    while device.wait(Some(Duration::from_millis(20))).unwrap() {
        if let Some((received, _)) = device.receive(Instant::ZERO) {
            received.consume(|_| ());
        }
    }
    for micros in [0, 1, 300, 999, 1_000, 20_500] {
        let start = Clock::now();
        assert!(!device.wait(Some(Duration::from_micros(micros))).unwrap());
        let elapsed = start.elapsed();
        assert!(
            elapsed.as_micros() >= micros.into(),
            "{micros} µs: {elapsed:?}"
        );
    }
    let (reader, mut writer) = io::pipe().unwrap();
    let sources = || [device.as_fd(), reader.as_fd()];
    assert_eq!(
        wait(sources(), Some(Duration::ZERO)).unwrap(),
        [false, false]
    );
    writer.write_all(b"!").unwrap();
    assert_eq!(wait(sources(), None).unwrap(), [false, true]);
    client().send(b"hello").unwrap();
    assert_eq!(wait(sources(), None).unwrap(), [true, true]);
    // The end of a file is something to read, too.
    let (reader, writer) = io::pipe().unwrap();
    drop(writer);
    assert_eq!(wait([reader.as_fd()], None).unwrap(), [true]);
}
