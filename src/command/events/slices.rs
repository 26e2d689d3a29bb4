//! Waiting where nothing waits for sockets, signals and standard input at once: for frames, a slice
//! of the time after the other.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use smoltcp::time::Duration;

use super::Happened;
use crate::command::input::Input;

/// How long it can take until a signal or input is seen.
const SLICE: Duration = Duration::from_millis(20);

/// A device that can be waited for.
pub trait Source {
    /// Sleeps until there may be a frame, for `timeout` at most; returns whether there may be one.
    fn wait(&mut self, timeout: Duration) -> io::Result<bool>;
}

/// The signals that are caught.
pub struct Events {
    interrupt: Arc<AtomicBool>,
}

impl Events {
    /// Catches signals from now on.
    pub fn catch() -> io::Result<Self> {
        let interrupt = Arc::<AtomicBool>::default();
        for signal in [SIGINT, SIGTERM] {
            flag::register(signal, interrupt.clone())?;
        }
        Ok(Self { interrupt })
    }

    /// Sleeps until something happens, the device has a frame or the delay is over.
    pub fn wait(
        &mut self,
        device: &mut impl Source,
        mut input: Option<&mut Input>,
        delay: Option<Duration>,
    ) -> io::Result<Happened> {
        let start = Instant::now();
        loop {
            let happened = Happened {
                stop: self.interrupt.swap(false, Ordering::Relaxed),
                input: input.as_deref_mut().is_some_and(Input::is_ready),
                ..Happened::default()
            };
            let passed = Duration::from(start.elapsed());
            let left = delay.map_or(SLICE, |delay| delay - delay.min(passed));
            let is_over = happened.stop || happened.input || left == Duration::ZERO;
            if device.wait(if is_over {
                Duration::ZERO
            } else {
                left.min(SLICE)
            })? || is_over
            {
                return Ok(happened);
            }
        }
    }
}
