//! Running a board's firmware.

use std::io::Read;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::process::{Child, Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use uppercase::PORT;

use crate::board::Reached;
pub use crate::board::{BOARDS, Board};
use crate::cable::Addresses;
pub use crate::firmware::Firmware;
use crate::stock;

/// The board's address, in the emulator's network and on the cable.
pub const BOARD: Ipv4Addr = Addresses::EMULATOR.board;
/// Ours, on the cable.
pub const HOST: Ipv4Addr = Addresses::EMULATOR.host;

/// A running emulator. It ends when this value is dropped, also by a panic.
pub struct Emulator {
    process: Option<Child>,
    /// What the board sends over its serial line.
    output: Option<JoinHandle<Vec<u8>>>,
    /// What the emulator itself has to say.
    errors: Option<JoinHandle<Vec<u8>>>,
    /// Where the board's service is.
    pub server: SocketAddr,
}

impl Emulator {
    /// Starts the emulator of a firmware's board with this network, in which its server is there.
    pub fn start(
        firmware: &Firmware,
        network: &str,
        server: SocketAddr,
        arguments: &[&str],
    ) -> Self {
        let board = firmware.board();
        let file = firmware.build().expect("built before");
        let mut process = Command::new(board.emulator[0])
            .args(&board.emulator[1..])
            .args(["-display", "none", "-monitor", "none", "-serial", "stdio"])
            // A board that starts anew after a panic ends.
            .args(["-semihosting", "-no-reboot"])
            .args(arguments)
            .args(["-netdev", &format!("{network},id=network")])
            .args(board.card)
            .arg("-kernel")
            .arg(file)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the emulator starts");
        let output = read(process.stdout.take().expect("a pipe"));
        let errors = read(process.stderr.take().expect("a pipe"));
        Self {
            process: Some(process),
            output: Some(output),
            errors: Some(errors),
            server,
        }
    }

    /// A board that runs already, and is reached by this host's own sockets.
    pub fn elsewhere(server: SocketAddr) -> Self {
        Self {
            process: None,
            output: None,
            errors: None,
            server,
        }
    }

    /// Passes frames between an interface of this host and the cable.
    pub fn bridge(reached: &Reached, ours: SocketAddr, its: SocketAddr) -> Self {
        let mut process = Command::new("socat")
            .arg(format!("UDP4-DATAGRAM:{ours},bind={its}"))
            .arg(format!("INTERFACE:{}", reached.interface))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("socat starts");
        let errors = read(process.stderr.take().expect("a pipe"));
        let mut bridge = Self {
            process: Some(process),
            output: None,
            errors: Some(errors),
            server: (reached.addresses.board, PORT).into(),
        };
        while UdpSocket::bind(its).is_ok() {
            let interface = reached.interface;
            assert!(!bridge.has_ended(), "socat has no access to {interface}");
            thread::sleep(Duration::from_millis(10));
        }
        bridge
    }

    fn has_ended(&mut self) -> bool {
        let process = self.process.as_mut();
        process.is_some_and(|process| process.try_wait().expect("its own process").is_some())
    }

    /// Fails if the firmware has ended, as it does after a panic.
    pub fn check(&mut self) {
        assert!(!self.has_ended(), "the emulator has ended");
    }

    /// Waits for a limited time until the firmware ends by itself; returns what was printed.
    pub fn finish(mut self) -> String {
        let start = Instant::now();
        while !self.has_ended() {
            assert!(start.elapsed() < stock::PATIENCE, "it does not end");
            thread::sleep(Duration::from_millis(10));
        }
        String::from_utf8_lossy(&self.output()).into_owned()
    }

    /// Switches it off; returns what it has sent over its serial line.
    pub fn switch_off(mut self) -> Vec<u8> {
        self.check();
        self.end();
        self.output()
    }

    fn end(&mut self) {
        if let Some(process) = &mut self.process {
            let _ = process.kill();
            let _ = process.wait();
        }
    }

    /// Of a process that has ended.
    fn output(&mut self) -> Vec<u8> {
        let output = self.output.take().expect("it is taken once");
        output.join().expect("no panic")
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.end();
        let all = [self.output.take(), self.errors.take()];
        if thread::panicking() {
            let all = all.into_iter().flatten();
            let all: Vec<_> = all.filter_map(|reader| reader.join().ok()).collect();
            let text = String::from_utf8_lossy(&all.concat()).into_owned();
            eprintln!("the emulator printed: {text}");
        }
    }
}

/// Reads to the end, beside the test.
fn read(mut pipe: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut output = Vec::new();
        let _ = pipe.read_to_end(&mut output);
        output
    })
}

/// An address on the loopback with a port that is free, for TCP and UDP.
pub fn free_address() -> SocketAddr {
    loop {
        let tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a socket");
        let address = tcp.local_addr().expect("a bound socket");
        if UdpSocket::bind(address).is_ok() {
            return address;
        }
    }
}
