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

/// The cores of the client and of a server are chosen, those of the client until it is dropped.
pub struct Pinned {
    before: CpuSet,
}

impl Pinned {
    /// Both on the first core that there is.
    pub fn to_one_core(server: u32) -> Result<Self, String> {
        Self::to(server, |cores| {
            let core = cores.next()?;
            Some((core, core))
        })
    }

    /// Each on a core of its own.
    pub fn to_two_cores(server: u32) -> Result<Self, String> {
        Self::to(server, |cores| Some((cores.next()?, cores.next()?)))
    }

    /// Chooses the core of the client and that of the server.
    fn to(
        server: u32,
        choose: impl Fn(&mut dyn Iterator<Item = usize>) -> Option<(usize, usize)>,
    ) -> Result<Self, String> {
        let before = sched_getaffinity(None).map_err(|error| error.to_string())?;
        let cores = &mut (0..CpuSet::MAX_CPU).filter(|core| before.is_set(*core));
        let (ours, its) = choose(cores).ok_or("too few cores")?;
        let only = |core| {
            let mut set = CpuSet::new();
            set.set(core);
            set
        };
        let pin = || -> io::Result<()> {
            for thread in fs::read_dir(format!("/proc/{server}/task"))? {
                let thread = thread?.file_name().to_string_lossy().parse().ok();
                match thread
                    .and_then(Pid::from_raw)
                    .map(|id| sched_setaffinity(Some(id), &only(its)))
                {
                    // A thread of a connection that has just ended has ended too.
                    None | Some(Ok(()) | Err(Errno::SRCH)) => {}
                    Some(Err(error)) => return Err(error.into()),
                }
            }
            Ok(sched_setaffinity(None, &only(ours))?)
        };
        let pinned = Self { before };
        pin().map_err(|error| format!("cannot choose a core: {error}"))?;
        Ok(pinned)
    }
}

impl Drop for Pinned {
    fn drop(&mut self) {
        let _ = sched_setaffinity(None, &self.before);
    }
}
