//! What the kernel says about a process, and where that process may run.

use std::fs;
use std::io;

use rustix::io::Errno;
use rustix::process::Pid;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// The processor time of a process with all its threads and ended children, in seconds.
pub fn cpu_seconds(process: u32) -> Result<f64, String> {
    let stat =
        fs::read_to_string(format!("/proc/{process}/stat")).map_err(|error| error.to_string())?;
    // The name of the program is in parentheses and may contain anything. Behind it come the
    // state and ten numbers, then the time of the process and that of its children, user and
    // system each (proc_pid_stat(5)).
    let numbers = stat
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split_whitespace();
    let ticks: u64 = numbers
        .skip(11)
        .take(4)
        .filter_map(|number| number.parse::<u64>().ok())
        .sum();
    Ok(ticks as f64 / rustix::param::clock_ticks_per_second() as f64)
}

/// The memory of a process that is in use, in bytes.
pub fn resident_bytes(process: u32) -> Result<u64, String> {
    let status =
        fs::read_to_string(format!("/proc/{process}/status")).map_err(|error| error.to_string())?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    Ok(kilobytes.ok_or("the kernel does not say how much memory it uses")? * 1024)
}

/// The client and a server on one core, until it is dropped.
pub struct SameCore {
    before: CpuSet,
}

impl SameCore {
    pub fn new(server: u32) -> Result<Self, String> {
        let before = sched_getaffinity(None).map_err(|error| error.to_string())?;
        let core = (0..CpuSet::MAX_CPU)
            .find(|core| before.is_set(*core))
            .ok_or("no core")?;
        let mut one = CpuSet::new();
        one.set(core);
        let pin = || -> io::Result<()> {
            for thread in fs::read_dir(format!("/proc/{server}/task"))? {
                let thread = thread?.file_name().to_string_lossy().parse().ok();
                match thread
                    .and_then(Pid::from_raw)
                    .map(|id| sched_setaffinity(Some(id), &one))
                {
                    // A thread of a connection that has just ended has ended too.
                    None | Some(Ok(()) | Err(Errno::SRCH)) => {}
                    Some(Err(error)) => return Err(error.into()),
                }
            }
            Ok(sched_setaffinity(None, &one)?)
        };
        let same_core = Self { before };
        pin().map_err(|error| format!("cannot choose a core: {error}"))?;
        Ok(same_core)
    }
}

impl Drop for SameCore {
    fn drop(&mut self) {
        let _ = sched_setaffinity(None, &self.before);
    }
}
