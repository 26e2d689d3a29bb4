//! SYNs of handshakes that are never completed, at a given rate, with a raw socket of the kernel.

use std::fs;
use std::net::SocketAddrV4;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::net::ipproto::RAW;
use rustix::net::{AddressFamily, SendFlags, SocketType, sendto, socket};

/// How often the rate is made up for.
const TICK: Duration = Duration::from_millis(1);
/// Headers of IPv4 and TCP, and one option.
const LENGTH: usize = 20 + 20 + 4;

/// A flood that goes on until it is stopped.
pub struct Flood {
    stop: Arc<AtomicBool>,
    sender: JoinHandle<Sent>,
}

/// What a flood has come to.
pub struct Sent {
    pub requests: u64,
    pub time: Duration,
}

impl Sent {
    /// Requests a second.
    pub fn rate(&self) -> f64 {
        self.requests as f64 / self.time.as_secs_f64()
    }
}

impl Flood {
    /// Sends `rate` requests a second to `server`, each with a source made up anew: some host of
    /// the server's network (a /24) that is neither the server nor `spared`, and any port.
    pub fn start(server: SocketAddrV4, spared: u8, rate: u32) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let sender = thread::spawn(move || send(server, spared, rate, &stopped));
        Self { stop, sender }
    }

    pub fn stop(self) -> Sent {
        self.stop.store(true, Ordering::Relaxed);
        self.sender.join().expect("no panic")
    }
}

fn send(server: SocketAddrV4, spared: u8, rate: u32, stop: &AtomicBool) -> Sent {
    let raw = socket(AddressFamily::INET, SocketType::RAW, Some(RAW)).expect("the right to forge");
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let (start, mut requests) = (Instant::now(), 0);
    while !stop.load(Ordering::Relaxed) {
        let due = (start.elapsed().as_secs_f64() * f64::from(rate)) as u64;
        while requests < due {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let host = (random >> 56) as u8;
            if [0, 255, spared, server.ip().octets()[3]].contains(&host) {
                continue;
            }
            // A request that finds the queue full is lost, as on any link.
            let _ = sendto(
                &raw,
                &request(server, host, random),
                SendFlags::empty(),
                &server,
            );
            requests += 1;
        }
        thread::sleep(TICK);
    }
    Sent {
        requests,
        time: start.elapsed(),
    }
}

/// A SYN with its largest segment size. The kernel adds the length and the checksum of the header
/// of IP.
fn request(server: SocketAddrV4, host: u8, random: u64) -> [u8; LENGTH] {
    let mut packet = [0; LENGTH];
    packet[0] = 0x45;
    packet[8] = 64;
    packet[9] = 6;
    let destination = server.ip().octets();
    packet[12..16].copy_from_slice(&destination);
    packet[15] = host;
    packet[16..20].copy_from_slice(&destination);
    packet[20..22].copy_from_slice(&(1024 | random as u16).to_be_bytes());
    packet[22..24].copy_from_slice(&server.port().to_be_bytes());
    packet[24..28].copy_from_slice(&((random >> 16) as u32).to_be_bytes());
    packet[32] = (24 / 4) << 4;
    packet[33] = 0x02;
    packet[34..36].copy_from_slice(&64_240_u16.to_be_bytes());
    packet[40..44].copy_from_slice(&[2, 4, 0x05, 0xb4]);
    let words = packet[12..].chunks_exact(2);
    let words = words.map(|word| u32::from(u16::from_be_bytes([word[0], word[1]])));
    // With the rest of the pseudo-header: the protocol and the length.
    let mut sum = words.sum::<u32>() + 6 + 24;
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    packet[36..38].copy_from_slice(&(!sum as u16).to_be_bytes());
    packet
}

/// What the kernel has counted at a TAP.
pub struct Frames {
    /// Those that the server has taken.
    pub taken: u64,
    /// Those for which the queue had no room.
    #[allow(dead_code, reason = "for the benchmark `syn_flood`")]
    pub lost: u64,
}

impl Frames {
    /// Of `tap0`, since it was made.
    pub fn count() -> Self {
        let table = fs::read_to_string("/proc/net/dev").expect("the kernel counts");
        let mut lines = table.lines();
        let line = lines.find_map(|line| line.trim().strip_prefix("tap0:"));
        let fields: Vec<&str> = line.expect("a TAP").split_whitespace().collect();
        let number = |index: usize| fields[index].parse().expect("a number");
        // After eight of what the kernel has received come those that it has transmitted.
        Self {
            taken: number(8 + 1),
            lost: number(8 + 3),
        }
    }
}
