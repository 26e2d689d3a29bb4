//! What the client measures: the same for all servers.

pub mod bulk;
pub mod connections;
pub mod round_trip;
pub mod sessions;
pub mod udp;

use std::io;
use std::net::TcpStream;
use std::os::fd::AsFd;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::{self, AddressFamily, SocketType, socket, sockopt};

/// How long a server may leave a client without an answer. Then that counts as a failure.
pub const SILENCE: Duration = Duration::from_secs(5);

/// A line of 32 bytes and its answer, to tell by their number from others.
pub fn line(number: u32) -> ([u8; 32], [u8; 32]) {
    let mut line = *b"a line with the number 00000000\n";
    for (place, digit) in line[23..31].iter_mut().zip(format!("{number:08x}").bytes()) {
        *place = digit;
    }
    let mut answer = line;
    answer.make_ascii_uppercase();
    (line, answer)
}

/// Connects for a dialogue, with this congestion control, or the host's default if none is named.
///
/// It is set before connecting. A connection that begins with BBR is paced, and stays so under
/// another congestion control.
pub fn connect(congestion: &str) -> io::Result<TcpStream> {
    let stream = socket(AddressFamily::INET, SocketType::STREAM, None)?;
    if !congestion.is_empty() {
        sockopt::set_tcp_congestion(&stream, congestion)?;
    }
    sockopt::set_tcp_nodelay(&stream, true)?;
    for direction in [sockopt::Timeout::Send, sockopt::Timeout::Recv] {
        sockopt::set_socket_timeout(&stream, direction, Some(SILENCE))?;
    }
    net::connect(&stream, &crate::server::ADDRESS)?;
    Ok(TcpStream::from(stream))
}

/// Whether the kernel spreads over time what it sends with a congestion control, instead of sending
/// all that the window permits. Of those in Linux, only BBR asks for it.
pub fn is_paced(congestion: &str) -> bool {
    congestion.starts_with("bbr")
}

/// Waits until one of these happens; whether it did before the time was over.
pub fn wait(fd: impl AsFd, flags: PollFlags, timeout: Duration) -> io::Result<bool> {
    let timeout = Timespec {
        tv_sec: timeout.as_secs().try_into().unwrap_or(i64::MAX),
        tv_nsec: timeout.subsec_nanos().into(),
    };
    let count = poll(&mut [PollFd::new(&fd, flags)], Some(&timeout))?;
    Ok(count > 0)
}

/// The value in the middle; `None` of nothing.
pub fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => None,
        length if length % 2 == 1 => Some(values[middle]),
        _ => Some((values[middle - 1] + values[middle]) / 2.0),
    }
}
