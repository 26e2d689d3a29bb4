//! Much text over one connection: sent, answered and verified at the same time, by one thread.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use rustix::event::PollFlags;
use rustix::net::sockopt::set_tcp_congestion;
use rustix::net::{AddressFamily, SocketType, socket};

use super::{SILENCE, connect, wait};

/// Not a multiple of anything that a stack works with: text at a wrong place is not like that
/// which belongs there.
const PERIOD: usize = 1_000_003;
/// The most that is sent or received at a time.
const PIECE: usize = 256 * 1024;

pub struct Bulk {
    pub seconds: f64,
    pub bytes: u64,
}

/// Whether the kernel has a congestion control and lets it be used here. A namespace takes it as
/// its default only if every user of the host may use it, so it is chosen for each socket instead.
pub fn check_congestion(name: &str) -> Result<(), String> {
    socket(AddressFamily::INET, SocketType::STREAM, None)
        .and_then(|socket| set_tcp_congestion(&socket, name))
        .map_err(|error| format!("congestion control {name}: {error}"))
}

/// Sends for `duration`, then waits for the last answer. An error if a byte is wrong, missing or late.
pub fn run(congestion: &str, duration: Duration) -> Result<Bulk, String> {
    let (text, expected) = text();
    let stream = connect(congestion).map_err(|error| format!("no connection: {error}"))?;
    stream
        .set_nonblocking(true)
        .map_err(|error| error.to_string())?;
    let start = Instant::now();
    let bytes = exchange(&stream, &text, &expected, start + duration)?;
    Ok(Bulk {
        seconds: start.elapsed().as_secs_f64(),
        bytes,
    })
}

fn exchange(
    mut stream: &TcpStream,
    text: &[u8],
    expected: &[u8],
    end: Instant,
) -> Result<u64, String> {
    let mut piece = vec![0; PIECE];
    let (mut sent, mut received) = (0u64, 0u64);
    let mut sending = true;
    loop {
        let mut moved = false;
        match stream.read(&mut piece) {
            Ok(0) if sending => return Err(format!("closed after {received} bytes")),
            Ok(0) if received < sent => return Err(format!("{received} of {sent} bytes answered")),
            Ok(0) => return Ok(received),
            Ok(length) => {
                let place = (received % PERIOD as u64) as usize;
                if piece[..length] != expected[place..place + length] {
                    return Err(format!("wrong text within {length} bytes after {received}"));
                }
                received += length as u64;
                moved = true;
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(format!("after {received} bytes: {error}")),
        }
        if sending && Instant::now() >= end {
            sending = false;
            stream
                .shutdown(Shutdown::Write)
                .map_err(|error| error.to_string())?;
            continue;
        }
        if sending {
            let place = (sent % PERIOD as u64) as usize;
            match stream.write(&text[place..place + PIECE]) {
                Ok(length) => {
                    sent += length as u64;
                    moved = true;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(format!("after {sent} bytes sent: {error}")),
            }
        }
        if !moved {
            let wanted = if sending {
                PollFlags::IN | PollFlags::OUT
            } else {
                PollFlags::IN
            };
            if !wait(stream, wanted, SILENCE).map_err(|error| error.to_string())? {
                return Err(format!("stalled: {received} of {sent} bytes answered"));
            }
        }
    }
}

/// One period and a piece, so that a piece can be taken from any place of the period.
fn text() -> (Vec<u8>, Vec<u8>) {
    // Lines of letters that come out of a generator of pseudo-random numbers (xorshift).
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut text: Vec<u8> = (0..PERIOD)
        .map(|place| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            if place % 80 == 79 {
                b'\n'
            } else {
                b'a' + (state % 26) as u8
            }
        })
        .collect();
    text.extend_from_within(..PIECE);
    let expected = text.to_ascii_uppercase();
    (text, expected)
}
