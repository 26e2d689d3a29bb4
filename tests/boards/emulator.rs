//! Building a board's firmware, and running it.

use std::io::{self, Read};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// The board's address, in the emulator's network and on the cable.
pub const BOARD: Ipv4Addr = Ipv4Addr::new(10, 0, 2, 15);
/// Ours, on the cable.
pub const HOST: Ipv4Addr = Ipv4Addr::new(10, 0, 2, 2);

/// A board: a folder in `examples`, and what emulates it.
pub struct Board {
    /// The folder of its firmware.
    pub folder: &'static str,
    /// The emulator and which machine it is to be.
    pub emulator: &'static [&'static str],
    /// How the emulator calls its network card.
    pub card: &'static str,
}

/// What runs on a board.
pub struct Firmware {
    board: &'static Board,
    file: OnceLock<Result<PathBuf, String>>,
}

impl Firmware {
    pub fn of(board: &'static Board) -> Self {
        Self {
            board,
            file: OnceLock::new(),
        }
    }

    /// Builds it, or says why it cannot be built or run here.
    pub fn build(&self) -> Result<(), String> {
        let file = self.file.get_or_init(|| {
            let emulator = self.board.emulator[0];
            run(Command::new(emulator).arg("--version")).map_err(|reason| {
                format!("{reason} (Debian: apt install qemu-system-arm qemu-system-misc)")
            })?;
            let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
            let mut build = Command::new(root.join(".ci/firmware"));
            build.arg(root.join("examples").join(self.board.folder));
            // What cargo sets for its tests is about another package.
            for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CARGO_PKG")) {
                build.env_remove(name);
            }
            Ok(run(&mut build)?.trim_end().into())
        });
        file.as_ref().map(|_| ()).map_err(String::clone)
    }

    /// Boots it. A port of this host leads to the board's port 12000, on TCP and UDP.
    pub fn boot(&self) -> Emulator {
        let address = free_address();
        let forward = |protocol: &str| format!("hostfwd={protocol}:{address}-{BOARD}:12000");
        let network = format!("user,{},{}", forward("tcp"), forward("udp"));
        Emulator::start(self, &network, address)
    }

    /// Boots it with a cable to us, on which frames of any kind can be sent.
    pub fn boot_on_cable(&self) -> (Emulator, Cable) {
        let ours = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a socket");
        let its = free_address();
        let here = ours.local_addr().expect("a bound socket");
        ours.connect(its).expect("an address on the loopback");
        let network = format!("socket,udp={here},localaddr={its}");
        (Emulator::start(self, &network, its), Cable(ours))
    }
}

/// A running emulator. It ends with this value, whatever happens.
pub struct Emulator {
    process: Child,
    output: Option<JoinHandle<String>>,
    /// Where the board's service is.
    pub server: SocketAddr,
}

impl Emulator {
    fn start(firmware: &Firmware, network: &str, server: SocketAddr) -> Self {
        let (board, file) = (firmware.board, firmware.file.get());
        let file = file.and_then(|file| file.as_ref().ok()).expect("built");
        let (mut reader, writer) = io::pipe().expect("a pipe");
        let process = Command::new(board.emulator[0])
            .args(&board.emulator[1..])
            .args(["-display", "none", "-monitor", "none", "-serial", "stdio"])
            // A board that starts anew after a panic ends.
            .args(["-semihosting", "-no-reboot"])
            .args(["-nic", &format!("{network},{}", board.card), "-kernel"])
            .arg(file)
            .stdin(Stdio::null())
            .stdout(writer.try_clone().expect("a pipe"))
            .stderr(writer)
            .spawn()
            .expect("the emulator starts");
        let output = thread::spawn(move || {
            let mut output = Vec::new();
            let _ = reader.read_to_end(&mut output);
            String::from_utf8_lossy(&output).into_owned()
        });
        Self {
            process,
            output: Some(output),
            server,
        }
    }

    /// Fails if the firmware has ended, as it does after a panic.
    pub fn check(&mut self) {
        let ended = self.process.try_wait().expect("its own process");
        assert_eq!(ended, None, "the emulator has ended");
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let output = self.output.take().map(JoinHandle::join);
        if thread::panicking() {
            eprintln!(
                "the emulator printed: {}",
                output.and_then(Result::ok).unwrap_or_default()
            );
        }
    }
}

/// The other end of the board's Ethernet cable.
pub struct Cable(UdpSocket);

impl Cable {
    /// Sends a frame, without its checksum.
    pub fn send(&self, frame: &[u8]) {
        // Nobody listens before the emulator has started.
        let _ = self.0.send(frame);
    }

    /// The next frame, if there is one before long.
    pub fn receive(&self) -> Option<Vec<u8>> {
        let mut frame = [0; 4096];
        self.0
            .set_read_timeout(Some(Duration::from_millis(200)))
            .expect("more than no time");
        match self.0.recv(&mut frame) {
            Ok(length) => Some(frame[..length].to_vec()),
            Err(error) => {
                // Refused: the emulator has not plugged it in yet.
                if error.kind() == io::ErrorKind::ConnectionRefused {
                    thread::sleep(Duration::from_millis(10));
                }
                None
            }
        }
    }
}

/// An address on the loopback whose port nobody has, on TCP and UDP.
fn free_address() -> SocketAddr {
    loop {
        let tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a socket");
        let address = tcp.local_addr().expect("a bound socket");
        if UdpSocket::bind(address).is_ok() {
            return address;
        }
    }
}

/// What a program prints, or why it failed.
fn run(command: &mut Command) -> Result<String, String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("{program}: {error}"))?;
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{program}: {}\n{errors}", output.status));
    }
    String::from_utf8(output.stdout).map_err(|error| format!("{program}: {error}"))
}
