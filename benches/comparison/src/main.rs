//! The service over the kernel's own network: ours beside the kernel's TCP, smoltcp's own TAP and
//! Embassy's, one client for all. `cargo bench --bench comparison` in the package above runs it;
//! `cargo bench --bench comparison -- --help` says what can be chosen.
//!
//! It starts itself again in namespaces of its own, and there each server by turns, each for one
//! measurement. Nothing of it is left at the end.

mod arguments;
mod curve;
mod measures;
mod network;
mod peers;
mod process;
mod results;
mod server;
mod table;
mod tasks;

use std::process::ExitCode;
use std::{env, fs, io};

use clap::Parser;

use arguments::{Arguments, Kind, Role};
use results::Results;

/// Tells a new process that it is in namespaces of its own.
const INSIDE: &str = "UPPERCASE_COMPARISON_INSIDE";

fn main() -> ExitCode {
    let mut arguments = Arguments::parse();
    let result = match &arguments.role {
        Some(Role::Serve {
            kind,
            places,
            congestion,
        }) => serve(*kind, *places, congestion),
        Some(Role::Hold { from, to }) => measures::connections::hold(*from..*to),
        None if env::var_os(INSIDE).is_some() => {
            arguments.shorten();
            arguments.congestion.retain(|name| {
                let allowed = measures::bulk::check_congestion(name);
                if let Err(reason) = &allowed {
                    println!("not measured: {reason}");
                }
                allowed.is_ok()
            });
            compare(&arguments)
        }
        None => isolate(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("{reason}");
            ExitCode::FAILURE
        }
    }
}

fn serve(kind: Kind, places: usize, congestion: &str) -> Result<(), String> {
    let served = match kind {
        Kind::Threads => peers::threads::serve(congestion),
        Kind::Epoll => peers::epoll::serve(congestion),
        Kind::Ring => peers::ring::serve(congestion),
        Kind::Tap => peers::tap::serve(0),
        Kind::TapCopies => peers::tap::serve(3),
        Kind::Plain => peers::plain::serve(places),
        Kind::Smoltcp => peers::smoltcp::serve(places),
        Kind::Embassy => peers::embassy::serve(places),
        Kind::Ours | Kind::Python => Err(io::Error::other("it is a program of its own")),
    };
    served.map_err(|error| error.to_string())
}

/// Starts this program again, where it cannot disturb other programs.
fn isolate() -> Result<(), String> {
    let isolation = match network::isolation() {
        Err(reason) if env::var_os("CI").is_none() => {
            println!("not compared: {reason}");
            return Ok(());
        }
        isolation => isolation?,
    };
    let this = env::current_exe().map_err(|error| error.to_string())?;
    let status = std::process::Command::new("unshare")
        .args(isolation)
        // The first process of a namespace takes no notice of Ctrl-C, so that is another one.
        .args(["sh", "-c", "\"$@\"; exit $?", "sh"])
        .arg(this)
        .args(env::args_os().skip(1))
        .env(INSIDE, "1")
        .status()
        .map_err(|error| format!("unshare: {error}"))?;
    match status.success() {
        true => Ok(()),
        false => Err(format!("the comparison was not finished: {status}")),
    }
}

fn compare(arguments: &Arguments) -> Result<(), String> {
    let writing = |error: io::Error| format!("{}: {error}", arguments.output.display());
    fs::create_dir_all(&arguments.output).map_err(writing)?;
    network::prepare()?;
    let mut results = Results::default();
    for run in 1..=arguments.runs {
        for task in tasks::all(arguments) {
            for kind in arguments
                .kinds()
                .into_iter()
                .filter(|kind| task.fits(*kind))
            {
                for sample in task.run(arguments, kind, run) {
                    print(&sample, arguments.runs);
                    results.samples.push(sample);
                }
            }
        }
    }
    let options: Vec<String> = env::args().skip(1).collect();
    let command = format!("cargo bench --bench comparison -- {}", options.join(" "));
    let table = table::table(&results, arguments, &command).map_err(|error| error.to_string())?;
    println!("\n{table}");
    let path = arguments.output.join("comparison.md");
    fs::write(&path, table).map_err(writing)?;
    println!("written: {}", path.display());
    let curve = curve::svg(&results, &arguments.kinds()).map_err(|error| error.to_string())?;
    if let Some(curve) = curve {
        let path = arguments.output.join("connections.svg");
        fs::write(&path, curve).map_err(writing)?;
        println!("written: {}", path.display());
    }
    let (measured, all) = (results.measured(None), results.samples.len());
    println!("measured: {measured} of {all} values");
    let enough = match arguments.quick {
        // The others may fail on a busy machine, ours may not.
        true => {
            let kinds = arguments.kinds().into_iter();
            let mut kinds =
                kinds.filter(|kind| tasks::all(arguments).iter().any(|task| task.fits(*kind)));
            results.has_all(Kind::Ours) && kinds.all(|kind| results.measured(Some(kind)) > 0)
        }
        false => measured > 0,
    };
    match enough {
        true => Ok(()),
        false => Err("too few values".into()),
    }
}

/// One line as soon as it is known.
fn print(sample: &results::Sample, runs: u32) {
    let figure = &sample.figure;
    let count = figure
        .connections
        .map(|count| format!(", {count}"))
        .unwrap_or_default();
    let value = match &sample.value {
        Ok(value) => format!("{value:.2} {}", figure.unit),
        Err(reason) => format!("not measured: {reason}"),
    };
    print!(
        "{}/{runs} {}, {}{count}: {value}",
        sample.run,
        sample.kind.title(),
        figure.name
    );
    for (failure, count) in sample.failures.iter().filter(|(_, count)| *count > 0) {
        print!(", {count} {failure}");
    }
    println!();
}
