//! A megabyte to and fro between a stack of ours and the kernel.

use std::io::{Read, Write};
use std::net::{IpAddr, Shutdown, TcpStream};
use std::thread;
use std::time::Instant as Clock;

use smoltcp::socket::tcp::State;
use smoltcp::time::{Duration, Instant};
use uppercase::device::tuntap::{Mode, TunTap};

use super::packet::{PORT, bytes, segment};
use super::wire::{Host, MODES, VERSIONS, Version, interface, options};
use crate::namespace::ip;

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
        let address = version.address(0, 2).into();
        let client = thread::spawn(move || {
            let mut stream = TcpStream::connect::<(IpAddr, u16)>((address, PORT)).unwrap();
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
            for &mtu in version.mtus() {
                echo_to_the_kernel(mode, version, mtu, &|| {});
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
