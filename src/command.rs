//! What the command does: it reads its arguments, finds a host to run on, and runs.

mod args;
mod dialogue;
mod failure;
mod host;
mod input;
#[cfg(all(feature = "tuntap", target_os = "linux"))]
mod interface;
mod logger;
mod memory;
mod progress;
#[cfg(all(feature = "tuntap", target_os = "linux"))]
mod report;
mod resolve;
#[cfg(all(feature = "tuntap", target_os = "linux"))]
mod serve;
mod setup;
mod tcp;
mod udp;

use std::process::ExitCode;

use clap::Parser;

use args::{Args, Client, Command};
use failure::Failure;
use host::Host;

pub fn main() -> ExitCode {
    let args = Args::parse();
    logger::start(args.verbose);
    match run(args.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

fn run(command: Option<Command>) -> Result<(), Failure> {
    match command {
        None => talk(Protocol::Tcp, &Client::in_memory()),
        Some(Command::Tcp(client)) => talk(Protocol::Tcp, &client),
        Some(Command::Udp(client)) => talk(Protocol::Udp, &client),
        #[cfg(all(feature = "tuntap", target_os = "linux"))]
        Some(Command::Serve(server)) => serve::run(&server),
    }
}

#[derive(Clone, Copy)]
enum Protocol {
    Tcp,
    Udp,
}

/// Runs a client where the arguments say.
fn talk(protocol: Protocol, client: &Client) -> Result<(), Failure> {
    #[cfg(all(feature = "tuntap", target_os = "linux"))]
    if let Some((name, mode)) = client.link.interface() {
        client.require_host();
        return interface::with_client(name, mode, client, |host| exchange(protocol, host, client));
    }
    if client.names_host() {
        eprintln!("uppercase: no --tap or --tun: the server in memory is asked, not the network");
    }
    memory::with_client(client, |host| exchange(protocol, host, client))
}

fn exchange<'a>(
    protocol: Protocol,
    host: &mut dyn Host<'a>,
    client: &Client,
) -> Result<(), Failure> {
    match protocol {
        Protocol::Tcp => tcp::run(host, client),
        Protocol::Udp => udp::run(host, client),
    }
}
