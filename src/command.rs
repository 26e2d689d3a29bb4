//! What the command does: it reads its arguments, finds a host to run on, and runs.

// These macros panic where there is no room for what they print: see `output` and `failure`.
#![deny(clippy::print_stdout, clippy::print_stderr)]

mod args;
mod cable;
#[cfg(all(feature = "tuntap", target_os = "linux"))]
mod card;
mod closed;
mod destination;
mod dialogue;
#[cfg(all(feature = "tuntap", target_os = "linux"))]
mod doctor;
mod draw;
mod drawing;
mod endpoints;
mod events;
mod failure;
mod faults;
mod faulty;
mod host;
mod input;
#[cfg(all(feature = "tuntap", target_os = "linux"))]
mod interface;
#[cfg(all(feature = "tuntap", target_os = "linux"))]
mod lab;
mod ladder;
mod live;
mod logger;
mod memory;
mod neighbor;
#[cfg(all(feature = "tuntap", target_os = "linux"))]
mod obstacle;
mod obtained;
mod output;
#[cfg(feature = "completions")]
mod packaging;
mod progress;
mod ready;
mod record;
mod recorder;
mod report;
mod reporter;
mod resolve;
mod screen;
mod serve;
mod setup;
#[cfg(all(feature = "tuntap", target_os = "linux"))]
mod sides;
mod simulated;
mod spin;
mod tcp;
mod udp;
mod values;
mod version;
mod writer;

use std::io::{self, Write};
use std::process::ExitCode;

use args::{Args, Client, Command, Network};
use failure::{Failure, complain};
use faults::Faults;
use host::Host;
use output::Output;
use recorder::Recorder;

pub fn main() -> ExitCode {
    // It asks a server for its report, and would end any other process.
    #[cfg(unix)]
    let _ = signal_hook::flag::register(
        signal_hook::consts::SIGUSR1,
        std::sync::Arc::<std::sync::atomic::AtomicBool>::default(),
    );
    let command = version::of(args::command());
    let mut args = match args::parse(command, std::env::args_os()) {
        Ok(args) => args,
        Err(error) => return explain(&error),
    };
    let is_filed = args.drawing.is_filed() || args.record.capture.is_some();
    args.drawing.ladder |= args.drawing.explain && !is_filed;
    logger::start(args.verbose);
    let result = run(&mut args);
    let replay = args.faults.replay(result.is_err());
    let code = match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    };
    if let Some(command) = replay {
        complain(format!("the same run again, with the same text: {command}"));
    }
    code
}

/// Prints the help, if it was asked for, or what is wrong with the arguments.
fn explain(error: &clap::Error) -> ExitCode {
    if error.use_stderr() {
        // If it cannot be written, only the exit code is left.
        let _ = error.print();
        return ExitCode::from(2);
    }
    let printed = Output::open().and_then(|_| {
        let printed = error.print().and_then(|()| io::stdout().flush());
        printed.map_err(Failure::output)
    });
    match printed {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

fn run(args: &mut Args) -> Result<(), Failure> {
    let mut recorder = Recorder::new(&args.record, &args.drawing);
    let result = match &mut args.command {
        None => talk(Protocol::Tcp, &Client::in_memory(), &args.faults, &recorder),
        Some(Command::Tcp(tcp)) => talk(Protocol::Tcp, tcp.client(), &args.faults, &recorder),
        Some(Command::Udp(client)) => talk(Protocol::Udp, client, &args.faults, &recorder),
        Some(Command::Serve(server)) => serve::run(server, &args.faults, &mut recorder),
        Some(Command::Ladder(file)) => return ladder::run(file, &args.drawing),
        #[cfg(all(feature = "tuntap", target_os = "linux"))]
        Some(Command::Lab(lab)) => lab::run(lab, &mut recorder),
        #[cfg(all(feature = "tuntap", target_os = "linux"))]
        Some(Command::Doctor(doctor)) => doctor::run(doctor, &recorder),
        #[cfg(feature = "completions")]
        Some(Command::Completions { shell }) => return packaging::completions(*shell),
        #[cfg(feature = "completions")]
        Some(Command::Man { command }) => return packaging::man(command.as_deref()),
    };
    // What went wrong is seen in the drawing, too, and said below it.
    result.and(recorder.draw_end()).and(recorder.finish())
}

#[derive(Clone, Copy)]
enum Protocol {
    Tcp,
    Udp,
}

/// Runs a client where the arguments say.
fn talk(
    protocol: Protocol,
    client: &Client,
    faults: &Faults,
    recorder: &Recorder<'_>,
) -> Result<(), Failure> {
    let output = &mut Output::open()?;
    resolve::refuse_elsewhere(client)?;
    match client.link.network() {
        Network::Memory => {
            let run = |host: &mut dyn Host<'_>| exchange(protocol, host, client, output);
            let result = match faults.are_wanted() {
                true => simulated::with_client(client, faults, recorder, run),
                false => memory::with_client(client, recorder, run),
            };
            result.map_err(|failure| resolve::explain_in_memory(client, failure))
        }
        Network::Cable(port) => cable::with_client(port, client, faults, recorder, |host| {
            exchange(protocol, host, client, output)
        }),
        #[cfg(all(feature = "tuntap", target_os = "linux"))]
        Network::Interface(name, mode) => {
            interface::with_client(&name, mode, client, recorder, |host| {
                exchange(protocol, host, client, output)
            })
        }
    }
}

fn exchange<'a>(
    protocol: Protocol,
    host: &mut dyn Host<'a>,
    client: &Client,
    output: &mut Output,
) -> Result<(), Failure> {
    match protocol {
        Protocol::Tcp => tcp::run(host, client, output),
        Protocol::Udp => udp::run(host, client, output),
    }
}
