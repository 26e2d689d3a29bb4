//! The log, on standard error. Where two stacks share this process, each line names its own.

use std::cell::Cell;

use env_logger::{Builder, Env, Logger};
use log::{Log, Metadata, Record};

thread_local! {
    /// The stack at work, where there are two.
    static SIDE: Cell<Option<&'static str>> = const { Cell::new(None) };
}

/// Starts the log with as much detail as `-v` was given times, unless RUST_LOG asks for other.
pub fn start(verbose: u8) {
    let filter = match verbose {
        0 => "error,uppercase::command=warn,uppercase::device::tuntap=warn",
        1 => "uppercase=info,warn",
        2 => "uppercase=debug,info",
        3 => "debug",
        _ => "trace",
    };
    let logger = Builder::from_env(Env::default().default_filter_or(filter)).build();
    let filter = logger.filter();
    if log::set_logger(Box::leak(Box::new(Sided(logger)))).is_ok() {
        log::set_max_level(filter);
    }
}

/// Does the work of one of two stacks: the log says whose it is.
pub fn on_side<T>(side: &'static str, work: impl FnOnce() -> T) -> T {
    let outer = SIDE.replace(Some(side));
    let result = work();
    SIDE.set(outer);
    result
}

/// Puts the side in front of each message.
struct Sided(Logger);

impl Log for Sided {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        self.0.enabled(metadata)
    }

    fn log(&self, record: &Record<'_>) {
        let Some(side) = SIDE.get() else {
            return self.0.log(record);
        };
        self.0.log(
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
        self.0.flush();
    }
}
