//! Datagrams there and back, a given number on their way at any time.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, UdpSocket};
use std::time::{Duration, Instant};

use rustix::event::PollFlags;

use super::{line, wait};
use crate::server::ADDRESS;

pub const OUTSTANDING: usize = 64;
/// One that Linux gives to clients by default. To lower ones, which the namespace permits for the sake
/// of many connections, a server that ends reply loops leaves one request in 1000 unanswered.
const PORT: u16 = 40_000;
/// When a request or its answer counts as lost.
const LOST: Duration = Duration::from_millis(250);

pub struct Udp {
    pub per_second: f64,
    pub lost: u64,
}

struct Request {
    number: u32,
    sent: Instant,
}

pub fn run(duration: Duration) -> Result<Udp, String> {
    let socket = (|| {
        let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, PORT))?;
        socket.connect(ADDRESS)?;
        socket.set_nonblocking(true)?;
        std::io::Result::Ok(socket)
    })()
    .map_err(|error| error.to_string())?;
    let start = Instant::now();
    let (end, mut checked) = (start + duration, start);
    let (mut answered, mut lost) = (0u64, 0u64);
    // Request n is in place n modulo their number.
    let mut requests: Vec<_> = (0..OUTSTANDING as u32)
        .map(|number| Request {
            number,
            sent: start,
        })
        .collect();
    for request in &requests {
        send(&socket, request.number)?;
    }
    let mut answer = [0; 64];
    loop {
        let now = Instant::now();
        if now >= end {
            break;
        }
        match socket.recv(&mut answer) {
            Ok(length) => {
                let number = read_number(&answer[..length])?;
                let request = &mut requests[number as usize % OUTSTANDING];
                // The answer to one that counts as lost comes too late.
                if request.number == number {
                    answered += 1;
                    renew(&socket, request, now)?;
                }
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                wait(&socket, PollFlags::IN, LOST / 4).map_err(|error| error.to_string())?;
            }
            Err(error) => return Err(error.to_string()),
        }
        if now - checked > LOST / 4 {
            checked = now;
            for request in requests
                .iter_mut()
                .filter(|request| now - request.sent > LOST)
            {
                lost += 1;
                renew(&socket, request, now)?;
            }
        }
    }
    Ok(Udp {
        per_second: answered as f64 / start.elapsed().as_secs_f64(),
        lost,
    })
}

/// The next request that belongs in this place.
fn renew(socket: &UdpSocket, request: &mut Request, now: Instant) -> Result<(), String> {
    request.number = request.number.wrapping_add(OUTSTANDING as u32);
    request.sent = now;
    send(socket, request.number)
}

fn send(socket: &UdpSocket, number: u32) -> Result<(), String> {
    match socket.send(&line(number).0) {
        Ok(_) => Ok(()),
        // The queue is full: it counts as lost in due course.
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(()),
        Err(error) => Err(error.to_string()),
    }
}

/// The number of the request that this answers; an error unless it does so to the letter.
fn read_number(answer: &[u8]) -> Result<u32, String> {
    let digits = answer
        .get(23..31)
        .and_then(|digits| std::str::from_utf8(digits).ok());
    let number = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
    match number {
        Some(number) if line(number).1 == answer => Ok(number),
        _ => Err("a wrong answer".into()),
    }
}
