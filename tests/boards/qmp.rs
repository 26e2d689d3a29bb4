//! The emulator's own line to its user: what no firmware can tell.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use std::{process, thread};

use crate::emulator::free_address;
use crate::stock::PATIENCE;

pub struct Qmp {
    stream: BufReader<TcpStream>,
}

impl Qmp {
    /// Boots something by a function that is given the emulator's arguments for such a line.
    pub fn attach<T>(boot: impl FnOnce(&[&str]) -> T) -> (T, Self) {
        let address = free_address();
        let line = format!("tcp:{address},server=on,wait=off");
        let booted = boot(&["-qmp", &line]);
        let stream = connect(address);
        let mut qmp = Self {
            stream: BufReader::new(stream),
        };
        qmp.ask(r#"{"execute":"qmp_capabilities"}"#);
        (booted, qmp)
    }

    /// How many instructions have been executed since the start. Needs `-icount`.
    pub fn instructions(&mut self) -> u64 {
        let answer = self.ask(r#"{"execute":"query-replay"}"#);
        let (_, count) = answer.split_once(r#""icount": "#).expect("-icount");
        let digits = count.split(|c: char| !c.is_ascii_digit()).next();
        digits
            .and_then(|digits| digits.parse().ok())
            .expect("a number")
    }

    /// What is in the board's memory.
    pub fn memory(&mut self, addresses: Range<u32>) -> Vec<u8> {
        let file = temporary("memory");
        self.ask(&format!(
            r#"{{"execute":"pmemsave","arguments":{{"val":{},"size":{},"filename":"{}"}}}}"#,
            addresses.start,
            addresses.end - addresses.start,
            file.display(),
        ));
        let memory = fs::read(&file).expect("what the emulator has saved");
        let _ = fs::remove_file(file);
        memory
    }

    /// Plugs the board's cable in, or pulls it out.
    pub fn set_link(&mut self, is_up: bool) {
        self.ask(&format!(
            r#"{{"execute":"set_link","arguments":{{"name":"network","up":{is_up}}}}}"#
        ));
    }

    /// Waits until the emulator tells of this event, for a limited time; returns whether it does.
    pub fn wait_for(&mut self, event: &str) -> bool {
        let stream = self.stream.get_mut();
        let limit = stream.set_read_timeout(Some(3 * PATIENCE));
        limit.expect("more than no time");
        let told = format!(r#""event": "{event}""#);
        let mut line = String::new();
        while !line.contains(&told) {
            line.clear();
            if !matches!(self.stream.read_line(&mut line), Ok(1..)) {
                return false;
            }
        }
        true
    }

    fn ask(&mut self, question: &str) -> String {
        writeln!(self.stream.get_mut(), "{question}").expect("a running emulator");
        loop {
            let mut line = String::new();
            self.stream
                .read_line(&mut line)
                .expect("a running emulator");
            assert!(!line.contains(r#""error""#), "{question}: {line}");
            // The others are greetings and events.
            if line.contains(r#""return""#) {
                return line;
            }
        }
    }
}

/// Waits for the emulator to listen.
fn connect(address: SocketAddr) -> TcpStream {
    let start = Instant::now();
    loop {
        match TcpStream::connect(address) {
            Err(_) if start.elapsed() < PATIENCE => thread::sleep(Duration::from_millis(10)),
            stream => return stream.expect("an emulator that listens"),
        }
    }
}

/// The name of a file that no other test has.
pub fn temporary(name: &str) -> PathBuf {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    env::temp_dir().join(format!("uppercase-{}-{count}-{name}", process::id()))
}
