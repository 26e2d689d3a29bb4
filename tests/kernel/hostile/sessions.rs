//! Honest clients that come at a fixed rate, whether those before them have been served or not.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

/// A client's thread needs no more.
const STACK: usize = 64 * 1024;

/// What has become of the clients.
#[derive(Debug, Default)]
pub struct Sessions {
    pub offered: usize,
    /// How long those took that were completed, shortest first.
    pub completed: Vec<Duration>,
    /// Those that the server refused or reset.
    pub refused: usize,
    /// Those that were not finished in time.
    pub late: usize,
}

impl Sessions {
    /// The time in which this share of those that were completed were.
    pub fn quantile(&self, share: f64) -> Duration {
        let index = (self.completed.len() as f64 * share) as usize;
        let last = self.completed.len().saturating_sub(1);
        self.completed.get(index.min(last)).copied().unwrap_or_default()
    }
}

/// Has `rate` clients a second come for `time`; each connects, sends five letters, closes its
/// side, and reads to the end. Returns when all are done, or `patience` is over for the last.
pub fn offer(server: SocketAddr, rate: u32, time: Duration, patience: Duration) -> Sessions {
    let offered = (time.as_secs_f64() * f64::from(rate)) as u32;
    let start = Instant::now();
    let mut clients = Vec::new();
    for number in 0..offered {
        thread::sleep((time * number / offered).saturating_sub(start.elapsed()));
        let client = thread::Builder::new().stack_size(STACK);
        let client = client.spawn(move || session(server, patience));
        clients.push(client.expect("a thread"));
    }
    let mut sessions = Sessions {
        offered: clients.len(),
        ..Sessions::default()
    };
    for client in clients {
        match client.join().expect("no panic") {
            Ok(time) => sessions.completed.push(time),
            Err(error) => match error.kind() {
                ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset => sessions.refused += 1,
                ErrorKind::TimedOut | ErrorKind::WouldBlock => sessions.late += 1,
                _ => panic!("{error}"),
            },
        }
    }
    sessions.completed.sort();
    sessions
}

fn session(server: SocketAddr, patience: Duration) -> io::Result<Duration> {
    let start = Instant::now();
    // A time of zero would be an error of another kind.
    let left = || (patience.saturating_sub(start.elapsed())).max(Duration::from_millis(1));
    let mut stream = TcpStream::connect_timeout(&server, left())?;
    stream.set_nodelay(true)?;
    stream.write_all(b"hello")?;
    stream.shutdown(Shutdown::Write)?;
    let (mut answer, mut length) = ([0; 6], 0);
    loop {
        stream.set_read_timeout(Some(left()))?;
        match stream.read(&mut answer[length..])? {
            0 => break,
            more => length += more,
        }
    }
    assert_eq!(&answer[..length], b"HELLO");
    Ok(start.elapsed())
}
