//! What runs in a lab: a shell or a command, and all that it starts.

use std::ffi::{OsStr, OsString};
use std::io;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, WaitOptions, WaitStatus, getpid, kill_process,
    set_child_subreaper, wait, waitid,
};
use signal_hook::consts::{SIGHUP, SIGQUIT, SIGTERM};
use signal_hook::flag;

use crate::command::failure::{Failure, complain};
use crate::command::output::Output;
use crate::command::serve::Purpose;

/// How long what is left over has after SIGTERM, and how long the kernel after SIGKILL.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often it is looked whether some is left.
const PAUSE: Duration = Duration::from_millis(10);

const WELCOME: &str = "\
This shell is in a network of its own, with the servers in it. To leave it: exit
";

/// A command, before it runs, while it does, and after.
pub struct Guest {
    program: OsString,
    arguments: Vec<OsString>,
    /// Whether it is the user's shell.
    is_shell: bool,
    /// How it ended.
    status: Arc<OnceLock<WaitStatus>>,
    /// How it ended by itself.
    outcome: Option<WaitStatus>,
    /// This process itself got SIGTERM.
    is_stopped: Arc<AtomicBool>,
    /// Closed when no child is left.
    children: Option<Receiver<()>>,
}

impl Guest {
    /// The command, or the user's shell if there is none.
    pub fn new(command: &[OsString]) -> Result<Self, Failure> {
        let shell = || match std::env::var_os("SHELL") {
            Some(shell) if !shell.is_empty() => shell,
            _ => "/bin/sh".into(),
        };
        let is_stopped = Arc::<AtomicBool>::default();
        let catch = |signal, flag| {
            flag::register(signal, flag).map_err(Failure::of("signals cannot be caught"))
        };
        catch(SIGTERM, is_stopped.clone())?;
        // The terminal sends these to this process, too, and SIGINT; they are for the command, which
        // does not inherit that they are caught, only that they are ignored.
        for signal in [SIGQUIT, SIGHUP] {
            if !is_ignored(signal) {
                catch(signal, Arc::default())?;
            }
        }
        Ok(Self {
            program: command.first().cloned().unwrap_or_else(shell),
            arguments: command.iter().skip(1).cloned().collect(),
            is_shell: command.is_empty(),
            status: Arc::default(),
            outcome: None,
            is_stopped,
            children: None,
        })
    }

    /// Ends all that is left of what the command started, as long as the interface is there: what
    /// records packets has them all then.
    pub fn end(&mut self) {
        let Some(children) = self.children.take() else {
            return;
        };
        self.outcome = self.status.get().copied();
        for signal in [Signal::TERM, Signal::KILL] {
            let start = Instant::now();
            let mut told = Vec::new();
            while start.elapsed() < PATIENCE {
                for child in own_children() {
                    if !told.contains(&child) {
                        told.push(child);
                        let _ = kill_process(child, signal);
                    }
                }
                if let Err(RecvTimeoutError::Disconnected) = children.recv_timeout(PAUSE) {
                    return;
                }
            }
        }
    }

    /// What the command has ended with, as a shell tells it. That of a command which had not ended
    /// is that of SIGTERM.
    pub fn result(&self) -> Result<(), Failure> {
        let signal = self
            .outcome
            .map_or(Some(SIGTERM), WaitStatus::terminating_signal);
        let exit = self.outcome.and_then(WaitStatus::exit_status);
        match exit.or(signal.map(|signal| 128 + signal)) {
            Some(0) => Ok(()),
            code => Err(Failure::Said(code.unwrap_or(1) as u8)),
        }
    }
}

impl Purpose for Guest {
    fn start(&mut self) -> Result<(), Failure> {
        if self.is_shell {
            Output::on_standard_error()?.print(WELCOME)?;
        }
        // A process becomes a child of this one when its parent ends, so that none is lost.
        set_child_subreaper(Some(getpid()))
            .map_err(io::Error::from)
            .map_err(Failure::of("the processes cannot be watched"))?;
        let child = Command::new(&self.program)
            .args(&self.arguments)
            // On Debian and Ubuntu, the prompt has it in parentheses.
            .env("debian_chroot", "lab")
            .spawn()
            .map_err(|error| not_started(&self.program, &error))?;
        let (sender, children) = channel();
        let status = self.status.clone();
        let reap = move || {
            let _open = sender;
            reap(Pid::from_child(&child), &status);
        };
        self.children = Some(children);
        let thread = thread::Builder::new().name("guest".into()).spawn(reap);
        thread
            .map(drop)
            .map_err(Failure::of("the command cannot be watched"))
    }

    fn is_stopped(&mut self) -> bool {
        let is_stopped = self.is_stopped.load(Ordering::Relaxed);
        if is_stopped {
            self.end();
        }
        is_stopped
    }

    fn is_over(&mut self) -> bool {
        let is_over = self.status.get().is_some();
        if is_over {
            self.end();
        }
        is_over
    }
}

/// Whether this process was started to ignore a signal, as `nohup` does.
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|set| u64::from_str_radix(set.trim(), 16).ok());
    ignored.is_some_and(|set| set & (1 << (signal - 1)) != 0)
}

/// Waits for all children, one after the other, and ends the servers when `child` has ended.
fn reap(child: Pid, status: &OnceLock<WaitStatus>) {
    loop {
        match wait(WaitOptions::empty()) {
            Ok(Some((pid, how))) if pid == child => {
                let _ = status.set(how);
                let _ = kill_process(getpid(), Signal::USR1);
            }
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            // There is none.
            Err(_) => return,
        }
    }
}

/// The children of this process.
fn own_children() -> Vec<Pid> {
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten();
    let lists = tasks.filter_map(|task| {
        let path = task.ok()?.path().join("children");
        std::fs::read_to_string(path).ok()
    });
    let pids = lists.flat_map(|list| {
        let pids = list.split_whitespace().map(str::parse);
        pids.filter_map(|pid| Pid::from_raw(pid.ok()?))
            .collect::<Vec<_>>()
    });
    // If /proc is that of another namespace, they may be others.
    let look = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    pids.filter(|&pid| waitid(WaitId::Pid(pid), look).is_ok())
        .collect()
}

/// Says why, with the exit code of a shell.
fn not_started(program: &OsStr, error: &io::Error) -> Failure {
    complain(format_args!(
        "{} cannot be started: {error}",
        program.display()
    ));
    Failure::Said(match error.kind() {
        io::ErrorKind::NotFound => 127,
        _ => 126,
    })
}
