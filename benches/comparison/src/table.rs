//! The results as Markdown.

use std::fmt::{self, Write};

use crate::arguments::{Arguments, Kind};
use crate::measures::is_paced;
use crate::results::{Figure, Results};
use crate::tasks::{MEMORY, ROUND_TRIP, SESSION};

/// Everything, with what one has to know to read it.
pub fn table(
    results: &Results,
    arguments: &Arguments,
    command: &str,
) -> Result<String, fmt::Error> {
    let mut kinds = arguments.kinds();
    kinds.sort_by_key(|kind| !matches!(kind, Kind::Ours | Kind::Plain));
    let (curve, figures): (Vec<_>, Vec<_>) = results
        .figures()
        .into_iter()
        .partition(|figure| figure.connections.is_some());
    let mut text = format!("`{command}`\n\n");
    writeln!(
        text,
        "Medians, {} interleaved runs of {} s, and the range of all runs. In parentheses: how many \
         times as good as the best server on the kernel's stack (threads, epoll, io_uring) in the \
         same run, whether more is better or less; in bold, the best of these three. The name behind a bulk echo is the congestion control of the kernel's \
         sockets, the client's and the servers', from before they connect; the kernel paces what \
         it sends where that is said. {} {}",
        arguments.runs,
        arguments.duration.as_secs_f64(),
        default_congestion(),
        machine(),
    )?;
    if !figures.is_empty() {
        rows(&mut text, results, &kinds, &figures, |figure| {
            figure.name.clone()
        })?;
    }
    for (name, _) in [ROUND_TRIP, SESSION, MEMORY] {
        let mut figures = curve.clone();
        figures.retain(|figure| figure.name == name);
        if figures.is_empty() {
            continue;
        }
        write!(
            text,
            "\nAmong open connections, client and server on one core, {name}:\n"
        )?;
        let count = |figure: &Figure| figure.connections.unwrap_or(0).to_string();
        rows(&mut text, results, &kinds, &figures, count)?;
    }
    text.push_str(&reasons(results)?);
    Ok(text)
}

fn rows(
    text: &mut String,
    results: &Results,
    kinds: &[Kind],
    figures: &[Figure],
    name: impl Fn(&Figure) -> String,
) -> fmt::Result {
    let mut kinds = kinds.to_vec();
    kinds.retain(|kind| figures.iter().any(|figure| results.knows(figure, *kind)));
    write!(text, "\n| | unit |")?;
    for kind in &kinds {
        write!(text, " {} |", kind.title())?;
    }
    writeln!(text, "\n|---|---|{}", "---:|".repeat(kinds.len()))?;
    for figure in figures {
        write!(text, "| {} | {} |", name(figure), figure.unit)?;
        for kind in &kinds {
            write!(text, " {} |", cell(results, figure, *kind)?)?;
        }
        writeln!(text)?;
    }
    Ok(())
}

fn cell(results: &Results, figure: &Figure, kind: Kind) -> Result<String, fmt::Error> {
    let mut cell = match results.median(figure, kind) {
        Some(value) if results.is_best_reference(figure, kind) => {
            format!("**{}**", number(value))
        }
        Some(value) => number(value),
        None => "–".into(),
    };
    if let Some((least, greatest)) = results.range(figure, kind) {
        write!(cell, ", {}–{}", number(least), number(greatest))?;
    }
    // Most of the memory of the kernel's connections is the kernel's, and not seen.
    let ratio = results
        .ratio(figure, kind)
        .filter(|_| figure.name != MEMORY.0);
    if let Some(ratio) = ratio {
        write!(cell, " ({ratio:.2})")?;
    }
    for (failure, count) in results.failures(figure, kind) {
        write!(cell, ", {count} {failure}")?;
    }
    let missing = results.missing(figure, kind);
    if missing > 0 && !cell.starts_with('–') {
        write!(cell, ", failed in {missing} runs")?;
    }
    Ok(cell)
}

/// Three digits or more.
fn number(value: f64) -> String {
    match value.abs() {
        ..10.0 => format!("{value:.2}"),
        ..100.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

/// Why values are missing.
fn reasons(results: &Results) -> Result<String, fmt::Error> {
    let mut text = String::new();
    let mut known = Vec::new();
    for sample in &results.samples {
        let Err(reason) = &sample.value else {
            continue;
        };
        let task = (sample.kind, reason, sample.figure.connections);
        // The figures of one measurement fail together.
        if known.contains(&task) {
            continue;
        }
        known.push(task);
        let mut name = sample.figure.name.clone();
        if let Some(connections) = sample.figure.connections {
            write!(name, ", {connections}")?;
        }
        writeln!(text, "- {}, {name}: {reason}", sample.kind.title())?;
    }
    Ok(match text.is_empty() {
        true => text,
        false => format!("\nNot measured:\n\n{text}"),
    })
}

/// What is measured over TCP without a congestion control of its own.
fn default_congestion() -> String {
    // A new namespace has that of the host.
    let name = std::fs::read_to_string("/proc/sys/net/ipv4/tcp_congestion_control");
    let name = name.unwrap_or_default();
    let name = name.trim();
    let paced = if is_paced(name) { "paced" } else { "not paced" };
    format!("All else over TCP is measured with this host's default, {name} ({paced}).")
}

/// On what this was measured.
fn machine() -> String {
    let read = |path| std::fs::read_to_string(path).unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let cpuinfo = read("/proc/cpuinfo");
    let model = cpuinfo
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split(": ").nth(1));
    let load = read("/proc/loadavg");
    let load = load.split_whitespace().next().unwrap_or("?");
    format!(
        "Linux {}, {cores} cores ({}), load {load} at the end.",
        read("/proc/sys/kernel/osrelease").trim(),
        model.unwrap_or("unknown"),
    )
}
