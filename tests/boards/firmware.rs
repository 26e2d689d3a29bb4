//! Building a board's firmware, and booting it in one network or another.

use std::env;
use std::fs;
#[cfg(feature = "command")]
use std::net::SocketAddr;
use std::net::{Ipv4Addr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};

use uppercase::PORT;

use crate::board::{Board, Reached};
use crate::cable::{Addresses, Cable};
use crate::emulator::{BOARD, Emulator, free_address};
use crate::kit::{Bench, Finding};
use crate::qmp::Qmp;
use crate::shared::missing::{self, Failure, Missing};
use crate::stock;

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
                return Err(no_source());
            }
            let mut build = Command::new(script);
            build.arg(folder);
            build.args(self.board.options.split_whitespace());
            build.args(self.options.split_whitespace());
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
            return Emulator::elsewhere((addresses.board, PORT).into());
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

/// A package is without the boards, as cargo leaves out what is a package of its own.
pub fn no_source() -> Failure {
    Failure::Missing(Missing {
        what: "the source of the firmware".into(),
        command: "take the repository, as the package is without it",
        arguments: String::new(),
        details: String::new(),
    })
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
