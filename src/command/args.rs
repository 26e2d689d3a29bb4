//! The command line.

mod check;
mod client;
mod examples;
mod hidden;
#[cfg(all(feature = "tuntap", target_os = "linux"))]
mod lab;
mod link;
mod server;
mod suggestion;

use std::ffi::OsString;

use clap::{ArgAction, ArgMatches, CommandFactory, FromArgMatches, Parser, Subcommand};
use uppercase::tcp::UNSCALED_WINDOW;

use super::drawing::{Drawing, Ladder};
use super::faults::Faults;
use super::record::Record;
use check::{Refusal, check};
pub use client::{Client, TcpClient};
#[cfg(all(feature = "tuntap", target_os = "linux"))]
pub use lab::{Doctor, Lab, Patient};
pub use link::{Link, Network};
pub use server::Server;

/// The buffers of a connection, in bytes each way: with as much under way, neither side waits for the
/// other.
pub const BUFFER: usize = UNSCALED_WINDOW << 2;

/// Upper-casing servers and clients with a network stack of their own.
///
/// Without a command: the dialogue of the classic exercise, client and server in one process,
/// joined by a wire in memory. With --cable they are two programs, joined by the loopback of this
/// host. Neither needs root.
///
/// At a terminal a client asks for one sentence and prints the answer. With a pipe or a file it is
/// a filter: standard input goes to the server, exactly its answer comes out.
#[derive(Parser)]
#[command(version, after_help = examples::OF_ALL)]
pub struct Args {
    /// Log what happens on standard error; each further v logs more
    ///
    /// -v: interfaces, one line for each datagram that is served, and one for each connection that
    /// ends. -vv: also each step of a connection, each datagram that is not answered, and each packet
    /// that is refused, with the reason. -vvv: also when smoltcp sends again, or drops what does not
    /// fit. -vvvv: also every segment and datagram. In memory each line names its side, the client or
    /// the server. RUST_LOG, if set, decides instead.
    #[arg(short, long, action = ArgAction::Count, global = true)]
    pub verbose: u8,
    #[command(flatten)]
    pub record: Record,
    #[command(flatten)]
    pub drawing: Drawing,
    #[command(flatten)]
    pub faults: Faults,
    #[command(subcommand)]
    pub command: Option<Command>,
}

#[derive(Subcommand)]
pub enum Command {
    /// Serve over TCP and UDP on a cable, or on a TAP or TUN interface
    ///
    /// Ctrl-C ends it. At the end, and whenever it gets the signal USR1 (`kill -USR1`), it prints
    /// what it has answered, and what it has dropped and why, if anything; with --json, for a program
    /// to read.
    #[command(group(server::needed()), after_help = examples::OF_SERVE)]
    Serve(Server),
    /// Send a text over TCP; print the answer
    #[command(after_help = examples::OF_TCP)]
    Tcp(TcpClient),
    /// Send lines as UDP datagrams; print the answers
    #[command(after_help = examples::OF_UDP)]
    Udp(Client),
    /// Draw the packets of a capture file as a ladder diagram
    ///
    /// The states of connections are in parentheses: they follow from the segments. With --svg or
    /// --ladder-json the drawing goes into that file only, unless --ladder asks for the text as well.
    #[command(after_help = examples::OF_LADDER)]
    Ladder(Ladder),
    /// Serve on a TAP interface in a network of its own, and run a shell in it; without root
    ///
    /// The network has this interface, tap0, and a loopback, and no way to any other network. In the
    /// shell, or in COMMAND, `nc`, `ping`, Python and `tcpdump` reach the servers at 192.168.69.1 and
    /// fdaa::1. When the shell ends, the network and all programs in it end, too.
    ///
    /// Where the system does not permit this, `uppercase doctor` says what to do.
    #[cfg(all(feature = "tuntap", target_os = "linux"))]
    #[command(after_help = examples::OF_LAB)]
    Lab(Lab),
    /// Check what `lab` and `serve --tap` need, step by step, and name the command that mends the
    /// first failure
    ///
    /// Without a command: `lab`, then `serve --tap tap0`. Each step is done as those commands do it,
    /// up to a line that goes to the servers and comes back. An interface that is made for that
    /// disappears again. Exit status: 0 if no step failed, 1 if one did.
    #[cfg(all(feature = "tuntap", target_os = "linux"))]
    #[command(after_help = examples::OF_DOCTOR)]
    Doctor(Doctor),
    /// Print the script by which a shell completes the command line
    #[cfg(feature = "completions")]
    #[command(after_help = examples::OF_COMPLETIONS)]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page, in the format of man(7)
    #[cfg(feature = "completions")]
    #[command(after_help = examples::OF_MAN)]
    Man {
        /// That of this command, instead of the page of all
        command: Option<String>,
    },
}

/// The command line as `clap` knows it.
pub fn command() -> clap::Command {
    hidden::hide_what_is_refused(Args::command())
}

/// Reads a command line; its first word is the program.
///
/// # Errors
/// What `clap` says: what is wrong, with the usage of the command that was given, or the help that was
/// asked for.
pub fn parse<W>(
    mut command: clap::Command,
    words: impl IntoIterator<Item = W>,
) -> Result<Args, clap::Error>
where
    W: Into<OsString> + Clone,
{
    let matches = command
        .try_get_matches_from_mut(words)
        .map_err(|error| suggestion::name_its_commands(&command, error))?;
    let args = Args::from_arg_matches(&matches).map_err(|error| error.format(&mut command))?;
    match check(&args) {
        Ok(()) => Ok(args),
        Err(refusal) => Err(explain(&mut command, &matches, &refusal)),
    }
}

/// A refusal, as `clap` says others.
fn explain(
    mut command: &mut clap::Command,
    matches: &ArgMatches,
    refusal: &Refusal,
) -> clap::Error {
    command.build();
    let mut given = matches.subcommand();
    while let Some((name, matches)) = given {
        command = command.find_subcommand_mut(name).expect("it was given");
        given = matches.subcommand();
    }
    command.error(refusal.kind, refusal.message)
}
