//! Honest clients of `uppercase serve` without and with a flood of connection requests.
//!
//! ```console
//! $ cargo bench --bench syn_flood                    # as many connections as by default
//! $ cargo bench --bench syn_flood -- 8 64 256 1024   # with each of these --connections
//! ```
//!
//! It takes 25 seconds for each, on a TAP in a network namespace of its own, and wants what the
//! kernel tests want. 200 clients a second come for 10 seconds, whether those before them have
//! been served or not: each connects, has five letters upper-cased and closes, within 5 seconds.
//! The same again during 50 000 requests a second from hosts that are not there; the flood begins
//! a second before the first client and ends after the last.
//!
//! All of it shares the processors of one machine: the rate of the flood is the one measured, and
//! "lost" is what the queue of the TAP had no room for, of the flood and of honest clients alike.

macro_rules! files {
    ($($path:literal $name:ident),* $(,)?) => {
        $(
            #[cfg(target_os = "linux")]
            #[path = $path]
            #[allow(dead_code, unused_imports, unused_macros, reason = "not all of it is needed")]
            mod $name;
        )*
    };
}

files! {
    "../tests/shared/mod.rs" shared,
    "../tests/kernel/namespace.rs" namespace,
    "../tests/kernel/command.rs" command,
    "../tests/kernel/link.rs" link,
    "../tests/kernel/hostile/flood.rs" flood,
    "../tests/kernel/hostile/sessions.rs" sessions,
    "shared/isolated.rs" isolated,
}

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    measure::main()
}

#[cfg(not(target_os = "linux"))]
fn main() {}

#[cfg(target_os = "linux")]
mod measure {
    use std::net::SocketAddr;
    use std::process::ExitCode;
    use std::time::Duration;
    use std::{env, thread};

    use crate::flood::{Flood, Frames};
    use crate::isolated::isolated;
    use crate::link::{Link, serve};
    use crate::namespace::ip;
    use crate::sessions::{Sessions, offer};

    /// Connection requests a second.
    const FLOOD: u32 = 50_000;
    /// Honest clients a second, for how long, and how long each may take.
    const HONEST: u32 = 200;
    const TIME: Duration = Duration::from_secs(10);
    const PATIENCE: Duration = Duration::from_secs(5);
    /// The least share of the clients without a flood that has to be served with it.
    const GOAL: f64 = 0.9;

    /// Tells the new process that it has a network of its own.
    const INSIDE: &str = "UPPERCASE_SYN_FLOOD";

    pub fn main() -> ExitCode {
        if env::var_os(INSIDE).is_none() {
            return isolated(INSIDE);
        }
        ip("link set lo up");
        let numbers = env::args()
            .skip(1)
            .filter_map(|argument| argument.parse().ok());
        let mut numbers: Vec<u32> = numbers.collect();
        if numbers.is_empty() {
            numbers.push(64);
        }
        println!(
            "{HONEST} clients a second for {} s; goal: with the flood {:.0} % of those without",
            TIME.as_secs(),
            100.0 * GOAL
        );
        println!(
            "connections | flood/s  lost | without: served  median     99 % | with: served  refused  late  median     99 % | share"
        );
        let reached = numbers
            .into_iter()
            .map(row)
            .fold(true, |all, one| all & one);
        if reached {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }

    /// Measures with that many connections; returns whether the goal is reached.
    fn row(connections: u32) -> bool {
        let mut server = serve(&format!("--tap tap0 --connections {connections}"));
        let [link, ..] = Link::ALL;
        let address = link.server();
        let SocketAddr::V4(target) = address else {
            unreachable!("the first is IPv4")
        };
        let without = offer(address, HONEST, TIME, PATIENCE);
        let before = Frames::count();
        let flood = Flood::start(target, 100, FLOOD);
        thread::sleep(Duration::from_secs(1));
        let with = offer(address, HONEST, TIME, PATIENCE);
        let sent = flood.stop();
        let lost = Frames::count().lost - before.lost;
        let share = with.completed.len() as f64 / without.completed.len().max(1) as f64;
        println!(
            "{connections:11} | {:7.0} {:4.1}% | {} | {} {:8} {:5} {} | {:4.0} %",
            sent.rate(),
            100.0 * lost as f64 / sent.requests as f64,
            format_args!(
                "{:10}/{} {}",
                without.completed.len(),
                without.offered,
                times(&without)
            ),
            format_args!("{:7}/{}", with.completed.len(), with.offered),
            with.refused,
            with.late,
            times(&with),
            100.0 * share,
        );
        let outcome = server.interrupt();
        assert_eq!((outcome.code, &*outcome.stderr), (Some(0), ""));
        share >= GOAL
    }

    fn times(sessions: &Sessions) -> String {
        let milliseconds = |share| sessions.quantile(share).as_secs_f64() * 1e3;
        format!("{:6.1} ms {:6.1} ms", milliseconds(0.5), milliseconds(0.99))
    }
}
