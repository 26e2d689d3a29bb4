//! Building a board's firmware, and running it.

use std::env;
use std::fs;
use std::io::Read;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use uppercase::PORT;

use crate::cable::{Addresses, Cable};
use crate::kit::{Bench, Finding, Traits};
use crate::qmp::Qmp;
use crate::shared::missing::{self, Failure, Missing};
use crate::stock;

/// The board's address, in the emulator's network and on the cable.
pub const BOARD: Ipv4Addr = Addresses::EMULATOR.board;
/// Ours, on the cable.
pub const HOST: Ipv4Addr = Addresses::EMULATOR.host;

/// A board: a folder in `examples`, and what emulates it.
pub struct Board {
    /// Ours for it.
    pub name: &'static str,
    /// The folder of its firmware.
    pub folder: &'static str,
    /// What it is compiled for, if that is not what its folder says.
    pub target: Option<&'static str>,
    /// The emulator and the machine that it emulates.
    pub emulator: &'static [&'static str],
    /// How the emulator is told to plug the network into its card.
    pub card: &'static [&'static str],
    /// The memory of its statics and its stack, as in its `memory.x`.
    pub ram: Range<u32>,
    /// The longest frame, with its header.
    pub mtu: usize,
    /// The emulator, too, fills short frames up to 60 bytes, as the controller does.
    pub pads: bool,
    /// It is no emulated board, but there already.
    pub reached: Option<Reached>,
}

/// A board that is reached over an interface of this host.
pub struct Reached {
    pub interface: &'static str,
    pub addresses: Addresses,
}

/// The boards that can be emulated.
pub const BOARDS: &[Board] = &[
    Board {
        name: "lm3s6965evb",
        folder: "lm3s6965evb",
        emulator: &["qemu-system-arm", "-machine", "lm3s6965evb"],
        card: &["-net", "nic,model=stellaris,netdev=network"],
        ram: 0x2000_0000..0x2001_0000,
        ..Board::NONE
    },
    MPS2_AN385,
    Board {
        name: "mps2-an386",
        target: Some("thumbv7em-none-eabi"),
        emulator: &["qemu-system-arm", "-machine", "mps2-an386"],
        ..MPS2_AN385
    },
    Board {
        name: "mps2-an500",
        target: Some("thumbv7em-none-eabihf"),
        emulator: &["qemu-system-arm", "-machine", "mps2-an500"],
        ..MPS2_AN385
    },
    Board {
        name: "mps2-an505",
        target: Some("thumbv8m.main-none-eabi"),
        emulator: &["qemu-system-arm", "-machine", "mps2-an505"],
        ram: 0x3800_0000..0x3840_0000,
        ..MPS2_AN385
    },
    RISCV32_VIRT,
    Board {
        name: "riscv32-virt-modern",
        emulator: &[
            "qemu-system-riscv32",
            "-machine",
            "virt",
            "-bios",
            "none",
            "-global",
            "virtio-mmio.force-legacy=false",
        ],
        ..RISCV32_VIRT
    },
    Board {
        name: "zynq-a9",
        folder: "zynq-a9",
        emulator: &["qemu-system-arm", "-machine", "xilinx-zynq-a9"],
        card: &["-net", "nic,model=cadence_gem,netdev=network"],
        ram: 0x0010_0000..0x0020_0000,
        pads: false,
        ..Board::NONE
    },
];

impl Board {
    /// What each board has, if nothing else is said.
    pub const NONE: Self = Self {
        name: "",
        folder: "",
        target: None,
        emulator: &[],
        card: &[],
        ram: 0..0,
        mtu: 1514,
        pads: true,
        reached: None,
    };

    fn traits(&self) -> Traits {
        Traits {
            mtu: self.mtu,
            pads: self.pads,
            patience: stock::PATIENCE,
            start: 3 * stock::PATIENCE,
        }
    }
}

const MPS2_AN385: Board = Board {
    name: "mps2-an385",
    folder: "mps2",
    emulator: &["qemu-system-arm", "-machine", "mps2-an385"],
    card: &["-net", "nic,model=lan9118,netdev=network"],
    ram: 0x2000_0000..0x2040_0000,
    pads: false,
    ..Board::NONE
};

/// Its network card is virtio's as it once was, if the emulator is not told otherwise.
const RISCV32_VIRT: Board = Board {
    name: "riscv32-virt",
    folder: "riscv32-virt",
    emulator: &["qemu-system-riscv32", "-machine", "virt", "-bios", "none"],
    card: &["-device", "virtio-net-device,netdev=network"],
    ram: 0x8000_0000..0x8010_0000,
    pads: false,
    ..Board::NONE
};

static BUILDING: Mutex<()> = Mutex::new(());

/// What runs on a board.
pub struct Firmware {
    board: &'static Board,
    options: &'static str,
    /// Where the package is.
    root: PathBuf,
    file: OnceLock<Result<PathBuf, Failure>>,
}

impl Firmware {
    /// The firmware of a board, built with these options of `cargo build`, separated by spaces.
    pub fn of(board: &'static Board, options: &'static str) -> Self {
        Self::of_copy(board, options, env!("CARGO_MANIFEST_DIR"))
    }

    /// The same, of a copy of the package in another folder.
    pub fn of_copy(board: &'static Board, options: &'static str, root: impl Into<PathBuf>) -> Self {
        Self {
            board,
            options,
            root: root.into(),
            file: OnceLock::new(),
        }
    }

    /// Builds it, unless it cannot be built or run here.
    pub fn build(&self) -> Result<&Path, Failure> {
        let file = self.file.get_or_init(|| {
            if self.board.reached.is_some() {
                missing::find(&["socat"])?;
                return Ok(PathBuf::new());
            }
            missing::find(&[self.board.emulator[0], "bash", "sed"])?;
            let script = Path::new(env!("CARGO_MANIFEST_DIR")).join(".ci/firmware");
            let folder = self.root.join("examples").join(self.board.folder);
            if !script.exists() || !folder.exists() {
                return Err(Failure::Missing(Missing {
                    what: "the source of the firmware".into(),
                    command: "take the repository, as the package is without it",
                    arguments: String::new(),
                    details: String::new(),
                }));
            }
            let mut build = Command::new(script);
            build.arg(folder).args(self.options.split_whitespace());
            if let Some(target) = self.board.target {
                build.env("CARGO_BUILD_TARGET", target);
            }
            // A copy of the package is built beside the package, where its dependencies are.
            let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
            let target = env::var_os("CARGO_TARGET_DIR")
                .unwrap_or_else(|| own.join(self.board.folder).join("target").into());
            build.env("CARGO_TARGET_DIR", target);
            // Each set of options is built in the same place: the firmware is copied away
            // before the next one is built.
            let _alone = BUILDING.lock().unwrap_or_else(PoisonError::into_inner);
            let built = run(&mut build)?;
            let options = self.options.replace([' ', ','], "-");
            let root = self.root.file_name().unwrap_or_default().display();
            let name = format!("{root}-{}{options}", self.board.name);
            let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
            fs::copy(&built, &file)?;
            Ok(file)
        });
        file.as_deref().map_err(Failure::clone)
    }

    /// The board that it is for.
    pub fn board(&self) -> &'static Board {
        self.board
    }

    /// Boots it. A port of this host leads to the board's port 12000, on TCP and UDP.
    pub fn boot(&self) -> Emulator {
        self.boot_with(&[])
    }

    /// Boots it with more arguments to the emulator.
    pub fn boot_with(&self, arguments: &[&str]) -> Emulator {
        if let Some(Reached { addresses, .. }) = &self.board.reached {
            return Emulator {
                process: None,
                output: None,
                errors: None,
                server: (addresses.board, PORT).into(),
            };
        }
        let address = free_address();
        let forward = |protocol: &str| format!("hostfwd={protocol}:{address}-{BOARD}:12000");
        let network = format!("user,{},{}", forward("tcp"), forward("udp"));
        let emulator = Emulator::start(self, &network, address, arguments);
        // The emulator's network would repeat what comes too early for the board after seconds.
        stock::over_udp(address, b"are you there?");
        emulator
    }

    /// Boots it with a cable to us, on which frames of any kind can be sent.
    pub fn boot_on_cable(&self) -> (Emulator, Cable) {
        self.boot_on_cable_with(&[])
    }

    /// Boots it with a cable to us and more arguments to the emulator.
    pub fn boot_on_cable_with(&self, arguments: &[&str]) -> (Emulator, Cable) {
        let ours = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a socket");
        let its = free_address();
        let here = ours.local_addr().expect("a bound socket");
        let (emulator, addresses) = match &self.board.reached {
            None => {
                let network = format!("socket,udp={here},localaddr={its}");
                let emulator = Emulator::start(self, &network, its, arguments);
                (emulator, Addresses::EMULATOR)
            }
            Some(reached) => (Emulator::bridge(reached, here, its), reached.addresses),
        };
        (emulator, Cable::new(ours, its, addresses))
    }

    /// Boots it on a cable, with a bench for scenes about its driver at the other end.
    pub fn boot_on_bench(&self) -> Result<(Emulator, Bench), Finding> {
        if self.board.reached.is_some() {
            let (bridge, cable) = self.boot_on_cable();
            return Ok((bridge, Bench::new(cable, self.board.traits())?));
        }
        let (booted, mut qmp) = Qmp::attach(|line| self.boot_on_cable_with(line));
        let (emulator, cable) = booted;
        let mut bench = Bench::new(cable, self.board.traits())?;
        bench.set_link = Some(Box::new(move |is_up| qmp.set_link(is_up)));
        Ok((emulator, bench))
    }

    /// Boots it at the first end of a cable between programs (`device::cable`), and returns the port
    /// by which that is known. The emulator sends all frames to the first client's port.
    #[cfg(feature = "command")]
    pub fn boot_at_first_end(&self) -> (Emulator, u16) {
        let (first, client) = loop {
            let first = free_address();
            let client = SocketAddr::new(first.ip(), first.port().saturating_add(1));
            if client != first && UdpSocket::bind(client).is_ok() {
                break (first, client);
            }
        };
        let end = |name, address: SocketAddr| {
            let (host, port) = (address.ip(), address.port());
            format!("{name}.type=inet,{name}.host={host},{name}.port={port}")
        };
        let network = format!("dgram,{},{}", end("local", first), end("remote", client));
        (Emulator::start(self, &network, first, &[]), first.port())
    }

    /// Runs it without a network until it ends, and returns what it has printed.
    pub fn run(&self) -> String {
        Emulator::start(self, "user,restrict=on", free_address(), &[]).finish()
    }
}

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
    fn start(firmware: &Firmware, network: &str, server: SocketAddr, arguments: &[&str]) -> Self {
        let board = firmware.board;
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

    /// Passes frames between an interface of this host and the cable.
    fn bridge(reached: &Reached, ours: SocketAddr, its: SocketAddr) -> Self {
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
    fn finish(mut self) -> String {
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

/// The script's exit code where there is no compiler for the target. It prints the target then.
const NO_COMPILER: i32 = 77;

/// Builds a firmware, and returns the name of the file.
fn run(build: &mut Command) -> Result<String, Failure> {
    let output = build.stdin(Stdio::null()).output()?;
    let printed = String::from_utf8_lossy(&output.stdout)
        .trim_end()
        .to_owned();
    match output.status.code() {
        Some(0) => Ok(printed),
        Some(NO_COMPILER) => Err(Failure::Missing(Missing {
            what: format!("the target {printed} of Rust"),
            command: "rustup target add",
            arguments: printed,
            details: String::new(),
        })),
        _ => {
            let errors = String::from_utf8_lossy(&output.stderr);
            Err(Failure::Failed(format!(
                "{build:?}: {}\n{errors}",
                output.status
            )))
        }
    }
}
