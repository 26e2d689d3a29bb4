//! A board of the user's own, which is described by a file outside this repository: the environment
//! variable `BOARD` has its path. What is wrong in the file is answered by a sentence.

use std::env;
use std::fmt;
use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::board::{Board, Reached};
use crate::cable::Addresses;

/// The environment variable.
pub const VARIABLE: &str = "BOARD";

/// The file, key by key; docs/porting.md explains them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Description {
    name: Option<String>,
    // A board that is emulated.
    folder: Option<PathBuf>,
    target: Option<String>,
    options: Option<String>,
    emulator: Option<Vec<String>>,
    card: Option<Vec<String>>,
    ipv6: Option<String>,
    // A board that is reached over an interface.
    interface: Option<String>,
    address: Option<String>,
    host: Option<Ipv4Addr>,
    // Both.
    mtu: Option<usize>,
    pads: Option<bool>,
}

/// A board, and the options of `cargo build` that give it IPv6, if any do.
pub struct Own {
    pub board: &'static Board,
    pub ipv6: Option<&'static str>,
}

/// The user's own board, if there is one.
pub fn board() -> Option<Result<Own, Mistake>> {
    let path = env::var_os(VARIABLE)?;
    Some(read(Path::new(&path)))
}

fn read(path: &Path) -> Result<Own, Mistake> {
    let file = path.display().to_string();
    let mistake = |what: String| Mistake {
        file: file.clone(),
        what,
    };
    let text = fs::read_to_string(path).map_err(|error| {
        mistake(format!(
            "the file that {VARIABLE} names is not read: {error}"
        ))
    })?;
    let description: Description = toml::from_str(&text).map_err(|error| {
        let line = error
            .span()
            .map(|span| 1 + text[..span.start].matches('\n').count());
        let line = line.map_or(String::new(), |line| format!("line {line}: "));
        mistake(format!("{line}{}", error.message().replace('\n', " ")))
    })?;
    let directory = path.parent().unwrap_or(Path::new(""));
    let directory = directory.canonicalize().unwrap_or(directory.into());
    description.board(&directory).map_err(mistake)
}

impl Description {
    fn board(self, directory: &Path) -> Result<Own, String> {
        let name = self.name.clone().unwrap_or("own".into());
        let mtu = self.mtu.unwrap_or(1514);
        if !(590..=1514).contains(&mtu) {
            return Err(format!(
                "'mtu' is {mtu}; it is the longest frame with its header of 14 bytes, so 1514 on \
                 Ethernet, and 590 at the least"
            ));
        }
        let pads = self.pads.unwrap_or(true);
        let mut board = Board {
            name: leak(name),
            mtu,
            pads,
            ..Board::NONE
        };
        match (&self.emulator, &self.interface) {
            (Some(_), None) => self.emulated(directory, &mut board)?,
            (None, Some(_)) => self.reached(&mut board)?,
            (None, None) => {
                return Err(
                    "either 'emulator' has to say what emulates the board, or 'interface' over \
                     which interface of this host it is reached"
                        .into(),
                );
            }
            (Some(_), Some(_)) => {
                return Err("a board has an 'emulator' or an 'interface', not both".into());
            }
        }
        Ok(Own {
            board: Box::leak(Box::new(board)),
            ipv6: self.ipv6.map(leak),
        })
    }

    fn emulated(&self, directory: &Path, board: &mut Board) -> Result<(), String> {
        only(
            "emulator",
            &[
                ("address", self.address.is_some()),
                ("host", self.host.is_some()),
            ],
        )?;
        let folder = directory.join(self.folder.as_deref().unwrap_or(Path::new("")));
        for file in ["Cargo.toml", ".cargo/config.toml"] {
            if !folder.join(file).is_file() {
                return Err(format!(
                    "'folder' is where the firmware is built, and {} has no {file}",
                    folder.display()
                ));
            }
        }
        let emulator = self.emulator.clone().unwrap_or_default();
        if emulator.is_empty() {
            return Err("'emulator' is a program and its arguments, and it is empty".into());
        }
        let Some(card) = self.card.clone() else {
            return Err(
                "'card' is missing: the emulator's arguments that plug the board's card into the \
                 network with the id 'network', such as [\"-net\", \
                 \"nic,model=lan9118,netdev=network\"]"
                    .into(),
            );
        };
        if !card
            .iter()
            .any(|argument| argument.contains("netdev=network"))
        {
            return Err(
                "'card' has to contain netdev=network, the id by which the tests know the network"
                    .into(),
            );
        }
        board.folder = leak(folder.display().to_string());
        board.target = self.target.clone().map(leak);
        board.options = self.options.clone().map_or("", leak);
        board.emulator = leak_all(emulator);
        board.card = leak_all(card);
        Ok(())
    }

    fn reached(&self, board: &mut Board) -> Result<(), String> {
        only(
            "interface",
            &[
                ("folder", self.folder.is_some()),
                ("target", self.target.is_some()),
                ("options", self.options.is_some()),
                ("card", self.card.is_some()),
                ("ipv6", self.ipv6.is_some()),
            ],
        )?;
        let interface = self.interface.clone().unwrap_or_default();
        if !interfaces().contains(&interface) {
            return Err(format!(
                "'interface' is {interface}, and this host has none of that name; `ip link` shows \
                 those that it has"
            ));
        }
        let address = self.address.as_deref().unwrap_or_default();
        let (board_address, prefix) = address
            .split_once('/')
            .and_then(|(address, prefix)| Some((address.parse().ok()?, prefix.parse().ok()?)))
            .filter(|(_, prefix)| (1..=30).contains(prefix))
            .ok_or_else(|| {
                format!(
                    "'address' is \"{address}\"; it is the board's, such as \"192.168.1.50/24\""
                )
            })?;
        let Some(host) = self.host else {
            return Err(
                "'host' is missing: an address of the board's network that no host has, not even \
                 this one; the tests speak by it, with a card of their own"
                    .into(),
            );
        };
        let mask = u32::MAX << (32 - prefix);
        if (u32::from(host) ^ u32::from(board_address)) & mask != 0 || host == board_address {
            return Err(format!(
                "'host' is {host}; it has to be another address in the network of {address}"
            ));
        }
        board.reached = Some(Reached {
            interface: leak(interface),
            addresses: Addresses {
                board: board_address,
                host,
                prefix,
                ..Addresses::EMULATOR
            },
        });
        Ok(())
    }
}

/// The interfaces of this host, as this process sees them.
fn interfaces() -> Vec<String> {
    let table = fs::read_to_string("/proc/net/dev").unwrap_or_default();
    let names = table
        .lines()
        .filter_map(|line| Some(line.split_once(':')?.0));
    names.map(|name| name.trim().to_owned()).collect()
}

/// Refuses keys that say nothing about such a board.
fn only(kind: &str, others: &[(&str, bool)]) -> Result<(), String> {
    match others.iter().find(|(_, is_there)| *is_there) {
        Some((key, _)) => Err(format!(
            "'{key}' has no meaning for a board with an '{kind}'"
        )),
        None => Ok(()),
    }
}

/// The board lives as long as the test process.
fn leak(text: String) -> &'static str {
    text.leak()
}

fn leak_all(texts: Vec<String>) -> &'static [&'static str] {
    texts.into_iter().map(leak).collect::<Vec<_>>().leak()
}

/// What is wrong with the file.
#[derive(Debug)]
pub struct Mistake {
    file: String,
    what: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {} (docs/porting.md, 'The driver kit')",
            self.file, self.what
        )
    }
}
