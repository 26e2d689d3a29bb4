//! Short sessions, several at once: connect, a line, its answer, close on both sides.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use rustix::event::Timespec;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, connect, socket_with, sockopt};

use super::line;
use crate::server::ADDRESS;

/// How long a session may take. In this time a client sends its first segment three times.
const LIMIT: Duration = Duration::from_secs(4);

#[derive(Default)]
pub struct Sessions {
    pub per_second: f64,
    pub refused: u64,
    pub reset: u64,
    pub timed_out: u64,
    /// Closed before the whole answer, or with another one.
    pub wrong: u64,
}

enum End {
    Good,
    Refused,
    Reset,
    TimedOut,
    Wrong,
}

struct Session {
    stream: TcpStream,
    start: Instant,
    number: u32,
    connected: bool,
    answer: Vec<u8>,
}

/// Starts a session for each that ends, for `duration`; then waits for the last.
pub fn run(at_once: usize, duration: Duration) -> Result<Sessions, String> {
    let epoll = epoll::create(CreateFlags::CLOEXEC).map_err(|error| error.to_string())?;
    let mut sessions: Vec<Option<Session>> = (0..at_once).map(|_| None).collect();
    let mut result = Sessions::default();
    let (mut good, mut number) = (0u64, 0);
    let start = Instant::now();
    let mut swept = start;
    let mut events: Vec<Event> = Vec::with_capacity(at_once);
    loop {
        let running = start.elapsed() < duration;
        for (place, session) in sessions.iter_mut().enumerate() {
            if running && session.is_none() {
                number += 1;
                match Session::begin(&epoll, place, number) {
                    Ok(begun) => *session = Some(begun),
                    Err(Errno::CONNREFUSED) => result.refused += 1,
                    Err(error) => return Err(format!("the client cannot connect: {error}")),
                }
            }
        }
        if !running && sessions.iter().all(Option::is_none) {
            break;
        }
        events.clear();
        let timeout = Timespec {
            tv_sec: 0,
            tv_nsec: 50_000_000,
        };
        match epoll::wait(
            &epoll,
            rustix::buffer::spare_capacity(&mut events),
            Some(&timeout),
        ) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.to_string()),
        }
        for event in &events {
            let place = &mut sessions[event.data.u64() as usize];
            let Some(end) = place.as_mut().and_then(Session::go_on) else {
                continue;
            };
            *place = None;
            match end {
                // What ends later is no part of the rate.
                End::Good if start.elapsed() < duration => good += 1,
                End::Good => {}
                End::Refused => result.refused += 1,
                End::Reset => result.reset += 1,
                End::TimedOut => result.timed_out += 1,
                End::Wrong => result.wrong += 1,
            }
        }
        if swept.elapsed() > LIMIT / 10 {
            swept = Instant::now();
            for place in &mut sessions {
                let late = |session: &Session| session.start.elapsed() > LIMIT;
                if let Some(session) = place.take_if(|session| late(session)) {
                    result.timed_out += 1;
                    // Or the kernel would go on with it for minutes.
                    let _ = sockopt::set_socket_linger(&session.stream, Some(Duration::ZERO));
                }
            }
        }
    }
    result.per_second = good as f64 / duration.as_secs_f64();
    Ok(result)
}

/// One session by itself, in microseconds.
pub fn one(number: u32) -> Result<f64, String> {
    let start = Instant::now();
    let session = (|| {
        let mut stream = super::connect("")?;
        let (line, expected) = line(number);
        stream.write_all(&line)?;
        let mut answer = [0; 32];
        stream.read_exact(&mut answer)?;
        stream.shutdown(Shutdown::Write)?;
        let rest = stream.read(&mut [0])?;
        io::Result::Ok(answer == expected && rest == 0)
    })();
    match session {
        Ok(true) => Ok(start.elapsed().as_secs_f64() * 1e6),
        Ok(false) => Err("a wrong answer".into()),
        Err(error) => Err(format!("no session: {error}")),
    }
}

impl Session {
    fn begin(epoll: &impl std::os::fd::AsFd, place: usize, number: u32) -> Result<Self, Errno> {
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        let socket = socket_with(AddressFamily::INET, SocketType::STREAM, flags, None)?;
        sockopt::set_tcp_nodelay(&socket, true)?;
        let SocketAddr::V4(server) = ADDRESS else {
            unreachable!("the server has an IPv4 address");
        };
        match connect(&socket, &server) {
            Ok(()) | Err(Errno::INPROGRESS) => {}
            Err(error) => return Err(error),
        }
        let flags = EventFlags::IN | EventFlags::OUT | EventFlags::RDHUP | EventFlags::ET;
        epoll::add(epoll, &socket, EventData::new_u64(place as u64), flags)?;
        Ok(Self {
            stream: TcpStream::from(socket),
            start: Instant::now(),
            number,
            connected: false,
            answer: Vec::with_capacity(32),
        })
    }

    /// All that can be done at this moment; how the session ended, if it did.
    fn go_on(&mut self) -> Option<End> {
        match self.try_go_on() {
            Ok(false) => None,
            Ok(true) => Some(End::Good),
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock | ErrorKind::NotConnected => None,
                ErrorKind::ConnectionRefused => Some(End::Refused),
                ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => Some(End::Reset),
                // The kernel's search for the hardware address has failed, after seconds.
                ErrorKind::HostUnreachable => Some(End::TimedOut),
                _ => Some(End::Wrong),
            },
        }
    }

    fn try_go_on(&mut self) -> io::Result<bool> {
        let (line, expected) = line(self.number);
        if !self.connected {
            // An error if the connection could not be made; nothing is sent before it is.
            if let Some(error) = self.stream.take_error()? {
                return Err(error);
            }
            self.stream.write_all(&line)?;
            self.connected = true;
        }
        loop {
            let mut text = [0; 64];
            let length = self.stream.read(&mut text)?;
            let complete = self.answer == expected;
            match length {
                0 if complete => return Ok(true),
                0 => return Err(ErrorKind::UnexpectedEof.into()),
                _ if complete => return Err(ErrorKind::InvalidData.into()),
                _ => self.answer.extend_from_slice(&text[..length]),
            }
            if !expected.starts_with(&self.answer) {
                return Err(ErrorKind::InvalidData.into());
            }
            if self.answer == expected {
                self.stream.shutdown(Shutdown::Write)?;
            }
        }
    }
}
