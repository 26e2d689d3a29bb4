//! TCP segments of which many leave in one frame: how the kernel cuts it, and which go together.

use std::thread;
use std::time::Instant as Clock;

#[cfg(feature = "segmentation")]
use smoltcp::phy::Device;
use smoltcp::time::Instant;
use smoltcp::wire::{TcpControl, TcpPacket, TcpRepr, TcpSeqNumber};
use uppercase::device::tuntap::Mode;

use super::frames::send;
use super::packet::{PORT, bytes, frame, segment, tcp, unnumbered};
use super::refusal::refuse_writes;
use super::trouble::{count_lines, lines};
use super::wire::{Host, MODES, VERSIONS, Version, cut, options, wire};

/// What the kernel does for the sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kernel {
    /// It cuts large frames.
    Cuts,
    /// It says so, but refuses them.
    Refuses,
    /// It is not asked to.
    IsNotAsked,
}

/// The longest frame that is no large one, with the header before it.
const LONGEST: u64 = 10 + 14 + 1500;

/// One direction over a wire on which each segment is seen.
fn segments_on_a_wire(mode: Mode, version: Version, mtus: [usize; 2], kernel: Kernel) {
    const LENGTH: usize = 1 << 19;
    let [sender, receiver] = wire(mode, mtus, options(kernel != Kernel::IsNotAsked));
    if kernel == Kernel::Refuses {
        refuse_writes(&sender, LONGEST);
    }
    let mut segments = Vec::new();
    let mut receiver = Host::new(1, receiver, |frame: &[u8]| {
        segments.extend(segment(mode, frame).filter(|(_, text, _)| *text != 0));
    });
    let mut sender = Host::new(0, sender, |_: &[u8]| ());
    receiver.socket().listen(PORT).unwrap();
    sender.connect(version.address(1, 2), PORT);
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
    let case = format!("{mode} {version:?} {mtus:?} {kernel:?}");
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
    match kernel {
        Kernel::Cuts => assert!(frames < segments.len() / 3, "{case}: {frames} frames"),
        Kernel::Refuses => {
            assert!(frames >= segments.len());
            // None was lost and sent again.
            let sum: usize = segments.iter().map(|(_, text, _)| text).sum();
            assert_eq!(sum, LENGTH, "{case}");
        }
        Kernel::IsNotAsked => assert!(frames >= segments.len()),
    }
}

pub fn each_segment_on_a_wire_has_the_right_size() {
    for mode in MODES {
        for &version in VERSIONS {
            for &mtu in version.mtus() {
                segments_on_a_wire(mode, version, [mtu, mtu], Kernel::Cuts);
            }
            segments_on_a_wire(mode, version, [1500, 1500], Kernel::IsNotAsked);
        }
    }
}

pub fn segments_are_as_small_as_the_other_side_asks() {
    for mode in MODES {
        for mtus in [[1500, 576], [9000, 1280]] {
            segments_on_a_wire(mode, Version::V4, mtus, Kernel::Cuts);
        }
        if VERSIONS.contains(&Version::V6) {
            segments_on_a_wire(mode, Version::V6, [9000, 1280], Kernel::Cuts);
        }
    }
}

/// What is gathered is cut again: the other end of the wire sees the segments that were sent.
pub fn only_segments_that_follow_each_other_are_gathered() {
    for &version in VERSIONS {
        gathered_segments_on_a_wire(version, Kernel::Cuts);
    }
}

/// The first large frame is cut by the device, and there are none after it.
pub fn kernel_that_refuses_large_frames_gets_each_segment_by_itself() {
    count_lines(log::LevelFilter::Warn);
    let mut expected = 0;
    for &version in VERSIONS {
        let case = move || gathered_segments_on_a_wire(version, Kernel::Refuses);
        thread::spawn(case).join().unwrap();
        expected += 1;
        assert_eq!(lines(), expected);
        for mode in MODES {
            let case = move || segments_on_a_wire(mode, version, [1500; 2], Kernel::Refuses);
            thread::spawn(case).join().unwrap();
            expected += 1;
            assert_eq!(lines(), expected);
        }
    }
}

fn gathered_segments_on_a_wire(version: Version, kernel: Kernel) {
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
    let [mut device, mut other] = wire(Mode::Tap, [1500, 1500], options(true));
    if kernel == Kernel::Refuses {
        refuse_writes(&device, LONGEST);
    }
    let mut sequence = 1;
    let mut frames = Vec::new();
    for (jump, length, change) in segments {
        sequence += jump;
        let segment = tcp(version, 0, sequence, length, change);
        frames.push(frame(version, 0, &segment));
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
        let seen = unnumbered(&mut other, version);
        assert!(seen == *frame, "{version:?}: segment {number}");
    }
    let frames_sent = device.statistics().sent_frames as usize;
    println!("{} segments in {frames_sent} frames", frames.len());
    match kernel {
        Kernel::Refuses => {
            assert_eq!(frames_sent, frames.len());
            #[cfg(feature = "segmentation")]
            assert_eq!(device.capabilities().segmentation.tcpv4, None);
        }
        _ => assert!(frames_sent < frames.len()),
    }
    cut(Mode::Tap, [device, other]);
}
