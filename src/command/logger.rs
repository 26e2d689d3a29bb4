//! The log, on standard error. Where two stacks share this process, each line names its own.

use std::cell::Cell;

use env_filter::Filter;
use env_logger::Logger;
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
    builder.filter_level(LevelFilter::Trace);
    if let Ok(style) = std::env::var("RUST_LOG_STYLE") {
        builder.parse_write_style(&style);
    }
    let level = filter.filter();
    let logger = Sided {
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

/// Puts the side in front of each message.
struct Sided {
    filter: Filter,
    logger: Logger,
}

impl Log for Sided {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        self.filter.enabled(metadata)
    }

    fn log(&self, record: &Record<'_>) {
        if !self.filter.matches(record) {
            return;
        }
        let Some(side) = SIDE.get() else {
            return self.logger.log(record);
        };
        self.logger.log(
            &Record::builder()
                .metadata(record.metadata().clone())
                .args(format_args!("{side}: {}", record.args()))
                .module_path(record.module_path())
                .file(record.file())
                .line(record.line())
                .build(),
        );
    }

    fn flush(&self) {
        self.logger.flush();
    }
}
