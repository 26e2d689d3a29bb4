//! What a round trip and a short session cost while many other connections are open.

use std::net::{SocketAddr, SocketAddrV4, TcpStream};
use std::time::{Duration, Instant};

use rustix::net::{AddressFamily, SocketType, bind, connect, socket, sockopt};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::{SILENCE, median, round_trip, sessions};
use crate::network::CLIENTS;
use crate::process::{SameCore, resident_bytes};
use crate::server::{ADDRESS, Server};

/// How long opening them all may take.
const OPENING: Duration = Duration::from_secs(60);
/// Ports of one client's address, from the first on; below are those of the short sessions.
const FIRST_PORT: u16 = 12_000;
const PORTS: usize = 53_000;

pub struct Connections {
    /// Medians, in microseconds.
    pub round_trip: f64,
    pub session: f64,
    /// The server's memory divided by their number. The kernel's own is not in it.
    pub bytes_each: f64,
}

/// Opens so many connections, one after the other, and has a line answered over each; then
/// measures over one of them after the other, and over short ones beside them. Client and server
/// are on one core.
pub fn run(server: &Server, count: usize, duration: Duration) -> Result<Connections, String> {
    raise_limit(count + 64)?;
    let _same_core = SameCore::new(server.id())?;
    let mut streams = open_all(count)?;
    let memory = resident_bytes(server.id())?;
    // No order that a cache could follow: a step that has no divisor in common with the count.
    let step = (count as f64 * 0.618) as usize | 1;
    let step = (step..)
        .step_by(2)
        .find(|step| greatest_divisor(*step, count) == 1);
    let step = step.expect("a prime number larger than the count is one");
    let mut place = 0;
    let round_trip = repeat(duration, |number| {
        place = (place + step) % count;
        round_trip::one(&mut streams[place], number)
    })?;
    let session = repeat(duration / 2, sessions::one)?;
    for stream in &streams {
        // So that none of them leaves its port behind for a minute.
        let _ = sockopt::set_socket_linger(stream, Some(Duration::ZERO));
    }
    Ok(Connections {
        round_trip,
        session,
        bytes_each: memory as f64 / count as f64,
    })
}

fn open_all(count: usize) -> Result<Vec<TcpStream>, String> {
    let end = Instant::now() + OPENING;
    let mut streams = Vec::with_capacity(count);
    for place in 0..count {
        let opened = open(place).and_then(|mut stream| {
            round_trip::one(&mut stream, place as u32)?;
            Ok(stream)
        });
        let stream = opened.map_err(|error| format!("{place} opened, then: {error}"))?;
        streams.push(stream);
        if Instant::now() > end {
            return Err(format!("{} opened in {} s", place + 1, OPENING.as_secs()));
        }
    }
    Ok(streams)
}

fn open(place: usize) -> Result<TcpStream, String> {
    let open = || -> rustix::io::Result<TcpStream> {
        let stream = socket(AddressFamily::INET, SocketType::STREAM, None)?;
        sockopt::set_socket_reuseaddr(&stream, true)?;
        sockopt::set_tcp_nodelay(&stream, true)?;
        for direction in [sockopt::Timeout::Send, sockopt::Timeout::Recv] {
            sockopt::set_socket_timeout(&stream, direction, Some(SILENCE))?;
        }
        let port = FIRST_PORT + (place % PORTS) as u16;
        bind(&stream, &SocketAddrV4::new(CLIENTS[place / PORTS], port))?;
        let SocketAddr::V4(server) = ADDRESS else {
            unreachable!("the server has an IPv4 address");
        };
        connect(&stream, &server)?;
        Ok(TcpStream::from(stream))
    };
    open().map_err(|error| error.to_string())
}

/// The median of as many as fit into the time, three at least.
fn repeat(
    duration: Duration,
    mut one: impl FnMut(u32) -> Result<f64, String>,
) -> Result<f64, String> {
    let end = Instant::now() + duration;
    let mut times = Vec::new();
    while times.len() < 3 || Instant::now() < end {
        times.push(one(times.len() as u32)?);
    }
    median(times).ok_or("nothing measured".into())
}

fn greatest_divisor(a: usize, b: usize) -> usize {
    if b == 0 {
        a
    } else {
        greatest_divisor(b, a % b)
    }
}

/// Makes room for so many files; a process that is started later has it too.
pub fn raise_limit(files: usize) -> Result<(), String> {
    let limit = getrlimit(Resource::Nofile);
    let enough = |limit: Option<u64>| limit.is_none_or(|limit| limit >= files as u64);
    if enough(limit.current) {
        return Ok(());
    }
    let current = Some(files as u64);
    let maximum = if enough(limit.maximum) {
        limit.maximum
    } else {
        current
    };
    setrlimit(Resource::Nofile, Rlimit { current, maximum })
        .map_err(|error| format!("{files} open files are not allowed here: {error}"))
}
