//! The log, on standard error. Where two stacks share this process, each line names its own.

use std::cell::Cell;
use std::io::{self, Write};
use std::time::SystemTime;

use env_filter::Filter;
use env_logger::Logger;
use env_logger::fmt::Formatter;
use log::{LevelFilter, Log, Metadata, Record};

use super::failure::complain;

thread_local! {
    /// The stack at work, where there are two.
    static SIDE: Cell<Option<&'static str>> = const { Cell::new(None) };
}

/// Starts the log with as much detail as `-v` was given times, unless RUST_LOG asks for other.
pub fn start(verbose: u8) {
    let filter = match verbose {
        0 => "error,uppercase::command=warn,uppercase::device=warn",
        1 => "uppercase=info,warn",
        2 => "uppercase=debug,info",
        3 => "debug",
        _ => "trace",
    };
    let filter = wanted().unwrap_or_else(|| {
        let mut builder = env_filter::Builder::new();
        // Cannot fail: these are right.
        let _ = builder.try_parse(filter);
        builder.build()
    });
    let mut builder = env_logger::Builder::new();
    builder.filter_level(LevelFilter::Trace).format(write);
    if let Ok(style) = std::env::var("RUST_LOG_STYLE") {
        builder.parse_write_style(&style);
    }
    let level = filter.filter();
    let logger = Filtered {
        filter,
        logger: builder.build(),
    };
    if log::set_logger(Box::leak(Box::new(logger))).is_ok() {
        log::set_max_level(level);
    }
}

/// What RUST_LOG asks for. env_logger itself panics at one that it cannot read, if there is no room
/// for the warning.
fn wanted() -> Option<Filter> {
    let wanted = std::env::var("RUST_LOG").ok()?;
    let mut builder = env_filter::Builder::new();
    match builder.try_parse(&wanted) {
        Ok(builder) => Some(builder.build()),
        Err(error) => {
            complain(format_args!("RUST_LOG is not used: {error}"));
            None
        }
    }
}

/// Does the work of one of two stacks; the log names the side.
pub fn on_side<T>(side: &'static str, work: impl FnOnce() -> T) -> T {
    let outer = SIDE.replace(Some(side));
    let result = work();
    SIDE.set(outer);
    result
}

/// Writes a line: the time, the level, the module, and the side in front of the message.
fn write(line: &mut Formatter, record: &Record<'_>) -> io::Result<()> {
    let time = humantime::format_rfc3339_seconds(SystemTime::now());
    let (level, target) = (record.level(), record.target());
    let style = line.default_level_style(level);
    write!(line, "[{time} {style}{level:<5}{style:#} {target}] ")?;
    if let Some(side) = SIDE.get() {
        write!(line, "{side}: ")?;
    }
    writeln!(line, "{}", record.args())
}

/// Writes what the filter lets through.
struct Filtered {
    filter: Filter,
    logger: Logger,
}

impl Log for Filtered {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        self.filter.enabled(metadata)
    }

    fn log(&self, record: &Record<'_>) {
        if self.filter.matches(record) {
            self.logger.log(record);
        }
    }

    fn flush(&self) {
        self.logger.flush();
    }
}
