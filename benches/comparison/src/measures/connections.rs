//! What a round trip and a short session cost while many other connections are open.

use std::env;
use std::io::{self, BufRead, BufReader, Read};
use std::net::{SocketAddr, SocketAddrV4, TcpStream};
use std::ops::Range;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::PollFlags;
use rustix::net::{AddressFamily, SocketType, bind, connect, socket, sockopt};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::{SILENCE, median, round_trip, sessions, wait};
use crate::network::{self, CLIENTS};
use crate::peers::READY;
use crate::process::{Pinned, resident_bytes};
use crate::server::{ADDRESS, Server};

/// How long opening them all may take.
const OPENING: Duration = Duration::from_secs(60);
/// Ports of one client's address. Short sessions come from another address.
const FIRST_PORT: u16 = 12_000;
const PORTS: usize = 53_000;
/// Files that a process may need beside its connections.
const OTHER_FILES: usize = 64;

pub struct Connections {
    /// Medians, in microseconds.
    pub round_trip: f64,
    pub session: f64,
    /// The server's memory divided by their number. The kernel's own is not in it.
    pub bytes_each: f64,
}

/// Opens `count` connections, one after the other, and has a line answered over each; then
/// measures over one of them after the other, and over short ones beside them. Client and server
/// are on one core. What this process may not hold is held by others.
pub fn run(server: &Server, count: usize, duration: Duration) -> Result<Connections, String> {
    let own = count.min(raise_limit(count));
    let _same_core = Pinned::to_one_core(server.id())?;
    let end = Instant::now() + OPENING;
    let mut holders = Vec::new();
    for first in (own..count).step_by(own) {
        holders.push(Holder::start(first..count.min(first + own), end)?);
    }
    let mut streams = open_all(0..own, end)?;
    let memory = resident_bytes(server.id())?;
    // No order that a cache could follow: a step that has no divisor in common with the count.
    let step = (own as f64 * 0.618) as usize | 1;
    let step = (step..)
        .step_by(2)
        .find(|step| greatest_divisor(*step, own) == 1);
    let step = step.expect("a prime number larger than their number is one");
    let mut place = 0;
    let round_trip = repeat(duration, |number| {
        place = (place + step) % own;
        round_trip::one(&mut streams[place], number)
    })?;
    // Else the client's kernel would look for a port among those that are taken.
    network::set_ports(1024..=FIRST_PORT - 1);
    let session = repeat(duration / 2, sessions::one);
    network::set_ports(1024..=u16::MAX);
    let session = session?;
    Ok(Connections {
        round_trip,
        session,
        bytes_each: memory as f64 / count as f64,
    })
}

/// Opens the connections of these numbers and keeps them until its input ends.
pub fn hold(numbers: Range<usize>) -> Result<(), String> {
    raise_limit(numbers.len());
    let _streams = open_all(numbers, Instant::now() + OPENING)?;
    println!("{READY}");
    let _ = io::stdin().read(&mut [0]);
    Ok(())
}

/// A process that holds what is too much for one.
struct Holder(Child);

impl Holder {
    fn start(numbers: Range<usize>, end: Instant) -> Result<Self, String> {
        let child = env::current_exe().and_then(|this| {
            Command::new(this)
                .args(["hold", &numbers.start.to_string(), &numbers.end.to_string()])
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
        });
        let mut holder = Self(child.map_err(|error| error.to_string())?);
        let output = holder.0.stdout.take().expect("it is piped");
        let time = end.saturating_duration_since(Instant::now());
        match wait(&output, PollFlags::IN, time) {
            Ok(true) => {}
            _ => {
                return Err(format!(
                    "{} not opened in {} s",
                    numbers.end,
                    OPENING.as_secs()
                ));
            }
        }
        let mut line = String::new();
        let _ = BufReader::new(output).read_line(&mut line);
        if line.trim_end() == READY {
            return Ok(holder);
        }
        let mut reason = String::new();
        let mut errors = holder.0.stderr.take().expect("it is piped");
        let _ = errors.read_to_string(&mut reason);
        Err(reason.trim_end().into())
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn open_all(numbers: Range<usize>, end: Instant) -> Result<Vec<TcpStream>, String> {
    let mut streams = Vec::with_capacity(numbers.len());
    for number in numbers {
        let opened = open(number).and_then(|mut stream| {
            round_trip::one(&mut stream, number as u32)?;
            Ok(stream)
        });
        streams.push(opened.map_err(|error| format!("{number} opened, then: {error}"))?);
        if Instant::now() > end {
            return Err(format!("{} opened in {} s", number + 1, OPENING.as_secs()));
        }
    }
    Ok(streams)
}

fn open(place: usize) -> Result<TcpStream, String> {
    let open = || -> rustix::io::Result<TcpStream> {
        let stream = socket(AddressFamily::INET, SocketType::STREAM, None)?;
        sockopt::set_socket_reuseaddr(&stream, true)?;
        sockopt::set_tcp_nodelay(&stream, true)?;
        // So that none of them leaves its port behind when it is closed.
        sockopt::set_socket_linger(&stream, Some(Duration::ZERO))?;
        for direction in [sockopt::Timeout::Send, sockopt::Timeout::Recv] {
            sockopt::set_socket_timeout(&stream, direction, Some(SILENCE))?;
        }
        let port = FIRST_PORT + (place % PORTS) as u16;
        bind(
            &stream,
            &SocketAddrV4::new(CLIENTS[1 + place / PORTS], port),
        )?;
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

/// Makes room for `connections` in this process, and in those that it starts later; returns how many
/// there is room for.
pub fn raise_limit(connections: usize) -> usize {
    let files = (connections + OTHER_FILES) as u64;
    let limit = getrlimit(Resource::Nofile);
    let enough = |limit: Option<u64>| limit.is_none_or(|limit| limit >= files);
    if enough(limit.current) {
        return connections;
    }
    // More than the maximum is for those that may raise that too.
    let all = Rlimit {
        current: Some(files),
        maximum: limit.maximum.map(|most| most.max(files)),
    };
    let most = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    if setrlimit(Resource::Nofile, all).is_ok() {
        return connections;
    }
    let _ = setrlimit(Resource::Nofile, most);
    let current = getrlimit(Resource::Nofile).current.unwrap_or(files);
    (current as usize)
        .saturating_sub(OTHER_FILES)
        .clamp(1, connections)
}
