//! What can be asked for.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, Subcommand, ValueEnum};

/// The upper-casing service over the kernel's own network: ours beside others, the same client for
/// all. Makes network namespaces of its own, and nothing outside of them. Needs Linux, `unshare`,
/// `nsenter` and `ip`, and root or a kernel that permits user namespaces.
#[derive(Parser, Clone)]
#[command(name = "cargo bench --bench comparison --", max_term_width = 100)]
pub struct Arguments {
    /// Measure only these
    #[arg(long, value_delimiter = ',', value_name = "MEASURE,...")]
    pub only: Vec<Measure>,
    /// Compare only these
    #[arg(long, value_delimiter = ',', value_name = "SERVER,...")]
    pub servers: Vec<Kind>,
    /// How often each is measured; the median counts
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub runs: u32,
    /// How many seconds one measurement takes
    #[arg(long, default_value = "1", value_parser = seconds, value_name = "SECONDS")]
    pub duration: Duration,
    /// Only see that it works: one run, a fraction of a second each, few connections
    #[arg(long)]
    pub quick: bool,
    /// Congestion control of the kernel's side, one bulk measurement for each
    #[arg(long, value_delimiter = ',', default_values = ["bbr", "cubic"], value_name = "NAME,...")]
    pub congestion: Vec<String>,
    /// How many short sessions at once
    #[arg(long, value_delimiter = ',', default_values = ["32", "128", "512"], value_name = "N,...",
          value_parser = count())]
    pub sessions: Vec<usize>,
    /// How many open connections
    #[arg(long, value_delimiter = ',', value_name = "N,...", value_parser = count(),
          default_values = ["1", "10", "100", "1000", "10000", "100000"])]
    pub connections: Vec<usize>,
    /// Connections that the others with stacks of their own have room for, but where connections
    /// are counted: each costs them time
    #[arg(long, default_value_t = 64, value_name = "N", value_parser = count())]
    pub places: usize,
    /// The command `uppercase` to compare
    #[arg(long, value_name = "FILE", env = "UPPERCASE_COMPARISON_OURS")]
    pub ours: Option<PathBuf>,
    /// More arguments for `uppercase serve`, separated by spaces
    #[arg(
        long,
        default_value = "",
        value_name = "ARGUMENTS",
        allow_hyphen_values = true
    )]
    pub serve_options: String,
    /// Where the table and the curve are written
    #[arg(
        long,
        value_name = "DIRECTORY",
        env = "UPPERCASE_COMPARISON_OUTPUT",
        default_value = "target/comparison"
    )]
    pub output: PathBuf,
    #[command(subcommand)]
    pub role: Option<Role>,
}

/// What this program is when it starts itself again.
#[derive(Subcommand, Clone)]
pub enum Role {
    /// One of the servers
    #[command(hide = true)]
    Serve {
        kind: Kind,
        places: usize,
        #[arg(default_value = "")]
        congestion: String,
    },
    /// The client of the connections from one number to another
    #[command(hide = true)]
    Hold { from: usize, to: usize },
}

/// In the order in which they are measured: ours between the two it has to be compared with.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Kind {
    /// The kernel's TCP, a thread for each connection
    Threads,
    /// `uppercase serve --tap`
    #[value(name = "uppercase", alias = "ours")]
    Ours,
    /// The pool of the small boards with a host's buffers, all its sockets in one set
    Plain,
    /// The kernel's TCP, one thread with epoll
    Epoll,
    /// The kernel's TCP, one thread with io_uring
    #[value(name = "io-uring")]
    Ring,
    /// The kernel's TCP, the exercise in Python
    Python,
    /// smoltcp with its TunTapInterface
    Smoltcp,
    /// embassy-net with embassy-net-tuntap
    Embassy,
    /// Each segment echoed from where it came, without a stack: what a TAP can carry
    Tap,
    /// The same with the three copies of a stack with buffers
    TapCopies,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Measure {
    /// Much text over one connection, and the processor time of the server
    Bulk,
    /// A line there and back: both programs on one core, on two, and where the kernel puts them
    RoundTrip,
    /// Connect, a line there and back, close
    Sessions,
    /// Datagrams there and back, 64 at a time
    Udp,
    /// A round trip and a session among many open connections
    Connections,
}

impl Arguments {
    /// Takes from everything what a first try does not need.
    pub fn shorten(&mut self) {
        if self.quick {
            self.runs = 1;
            self.duration = Duration::from_millis(150);
            self.sessions.truncate(1);
            self.connections.retain(|connections| *connections <= 100);
        }
    }

    pub fn measures(&self, measure: Measure) -> bool {
        self.only.is_empty() || self.only.contains(&measure)
    }

    pub fn kinds(&self) -> Vec<Kind> {
        let mut kinds = Kind::value_variants().to_vec();
        kinds.retain(|kind| self.servers.is_empty() || self.servers.contains(kind));
        kinds
    }
}

impl Kind {
    /// As a column is headed.
    pub fn title(self) -> &'static str {
        match self {
            Self::Threads => "kernel, threads",
            Self::Ours => "uppercase",
            Self::Plain => "uppercase, plain pool",
            Self::Epoll => "kernel, epoll",
            Self::Ring => "kernel, io_uring",
            Self::Python => "kernel, Python",
            Self::Smoltcp => "smoltcp",
            Self::Embassy => "embassy-net",
            Self::Tap => "the TAP itself",
            Self::TapCopies => "the TAP itself, three copies",
        }
    }

    /// What every other is compared with.
    pub fn is_reference(self) -> bool {
        matches!(self, Self::Threads | Self::Epoll | Self::Ring)
    }
}

fn count() -> impl clap::builder::TypedValueParser<Value = usize> {
    use clap::builder::TypedValueParser;
    clap::value_parser!(u32)
        .range(1..=100_000)
        .map(|count| count as usize)
}

fn seconds(text: &str) -> Result<Duration, String> {
    match text.parse::<f64>() {
        Ok(seconds) if (0.01..=3600.0).contains(&seconds) => Ok(Duration::from_secs_f64(seconds)),
        _ => Err("a number of seconds is needed, 0.01 to 3600".into()),
    }
}
