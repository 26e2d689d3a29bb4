//! What tests need and this machine does not have. Such a test counts as ignored and says what to
//! install; where the environment variable `CI` is set, it fails. One line at the end has it all.

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::{env, fmt, io};

use libtest_mimic::{Completion, Failed};

/// The programs that tests start, and the Debian packages that have them.
const PROGRAMS: &[(&str, &str)] = &[
    ("/usr/bin/python3", "python3-scapy"),
    ("arping", "iputils-arping"),
    ("bash", "bash"),
    ("dnsmasq", "dnsmasq-base"),
    ("editcap", "wireshark-common"), // comes with tshark
    ("hping3", "hping3"),
    ("ip", "iproute2"),
    ("mount", "mount"),
    ("nc", "netcat-openbsd"),
    ("ndisc6", "ndisc6"),
    ("nmap", "nmap"),
    ("nft", "nftables"),
    ("nsenter", "util-linux"),
    ("ping", "iputils-ping"),
    ("python3", "python3"),
    ("qemu-system-arm", "qemu-system-arm"),
    ("qemu-system-riscv32", "qemu-system-misc"),
    ("scapy", "python3-scapy"), // a module of Python's
    ("sed", "sed"),
    ("setpriv", "util-linux"),
    ("setsid", "util-linux"),
    ("sh", "dash"),
    ("socat", "socat"),
    ("stty", "coreutils"),
    ("sysctl", "procps"),
    ("tcpdump", "tcpdump"),
    ("tshark", "tshark"),
    ("unshare", "util-linux"),
];

/// Something that a test needs and that is not here.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Missing {
    pub what: String,
    /// The command that gets it, without its last arguments.
    pub command: &'static str,
    pub arguments: String,
    /// How that was found out, if it is not obvious.
    pub details: String,
}

impl Missing {
    /// Some of [`PROGRAMS`].
    pub fn programs(names: &[&str]) -> Self {
        let package = |name: &&str| {
            let mut programs = PROGRAMS.iter();
            let row = programs.find(|(program, _)| program == name);
            row.map_or_else(|| panic!("which Debian package has {name}?"), |row| row.1)
        };
        let packages: Vec<_> = names.iter().map(package).collect();
        Self {
            what: match names {
                [names @ .., last] if !names.is_empty() => {
                    format!("{} and {last}", names.join(", "))
                }
                _ => names.concat(),
            },
            command: "apt-get install",
            arguments: packages.join(" "),
            details: String::new(),
        }
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is missing", self.what)?;
        if !self.details.is_empty() {
            write!(f, " ({})", self.details)?;
        }
        let command = format!("{} {}", self.command, self.arguments);
        write!(f, ": {}", command.trim_end())
    }
}

/// Looks for some of [`PROGRAMS`] where the system does that starts them.
pub fn find(programs: &[&str]) -> Result<(), Missing> {
    let programs = programs.iter().filter(|program| !is_there(program));
    let missing: Vec<_> = programs.copied().collect();
    match missing.is_empty() {
        true => Ok(()),
        false => Err(Missing::programs(&missing)),
    }
}

fn is_there(program: &str) -> bool {
    if program == "nc" {
        // There are others of this name, with other options.
        let help = Command::new(program).arg("-h").output();
        return help.is_ok_and(|help| {
            let text = [help.stdout, help.stderr].concat();
            String::from_utf8_lossy(&text).contains("OpenBSD")
        });
    }
    // Joined to a directory, an absolute path stays as it is.
    let directories = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&directories).any(|directory| directory.join(program).is_file())
}

/// Why a test did not succeed.
#[derive(Clone, Debug)]
pub enum Failure {
    /// It cannot be run on this machine.
    Missing(Missing),
    /// What it says does not hold.
    Failed(String),
}

impl From<Missing> for Failure {
    fn from(missing: Missing) -> Self {
        Self::Missing(missing)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

static IGNORED: Mutex<BTreeMap<Missing, usize>> = Mutex::new(BTreeMap::new());

/// What becomes of a test.
pub fn completion(result: Result<(), Failure>) -> Result<Completion, Failed> {
    match result {
        Ok(()) => Ok(Completion::Completed),
        Err(Failure::Missing(missing)) if env::var_os("CI").is_none() => {
            let reason = missing.to_string();
            let mut ignored = IGNORED.lock().unwrap_or_else(PoisonError::into_inner);
            *ignored.entry(missing).or_default() += 1;
            Ok(Completion::ignored_with(reason))
        }
        Err(Failure::Missing(missing)) => Err(missing.to_string().into()),
        Err(Failure::Failed(reason)) => Err(reason.into()),
    }
}

/// Says what was ignored and how to get it, if anything was. It comes after the result of the tests.
pub fn print() {
    let ignored = IGNORED.lock().unwrap_or_else(PoisonError::into_inner);
    if ignored.is_empty() {
        return;
    }
    let mut ignored: Vec<_> = ignored.iter().collect();
    ignored.sort_by_key(|(_, tests)| usize::MAX - *tests);
    let mut needs = Vec::new();
    let mut commands = BTreeMap::<&str, Vec<&str>>::new();
    for (missing, tests) in ignored {
        let noun = match (needs.is_empty(), tests) {
            (true, 1) => " test",
            (true, _) => " tests",
            (false, _) => "",
        };
        let verb = if *tests == 1 { "needs" } else { "need" };
        needs.push(format!("{tests}{noun} {verb} {}", missing.what));
        let arguments = commands.entry(missing.command).or_default();
        for argument in missing.arguments.split_whitespace() {
            if !arguments.contains(&argument) {
                arguments.push(argument);
            }
        }
    }
    let commands = commands.iter().map(|(command, arguments)| {
        let command = format!("{command} {}", arguments.join(" "));
        command.trim_end().to_owned()
    });
    let commands: Vec<_> = commands.collect();
    println!("ignored: {}: {}\n", needs.join(", "), commands.join("; "));
}
