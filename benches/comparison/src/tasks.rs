//! What is done with one server from its start to its end, and the figures that come of it.

use crate::arguments::{Arguments, Kind, Measure};
use crate::measures::{bulk, connections, is_paced, round_trip, sessions, udp};
use crate::process::{Pinned, cpu_seconds};
use crate::results::{Better, Figure, Sample};
use crate::server::Server;

#[derive(Clone)]
pub enum Task {
    Bulk(String),
    RoundTrip,
    Sessions(usize),
    Udp,
    Connections(usize),
}

/// Places for short sessions beside the connections that are open.
const SPARE_PLACES: usize = 8;

/// Figures among open connections, and their units.
pub const ROUND_TRIP: (&str, &str) = ("round trip", "µs");
pub const SESSION: (&str, &str) = ("short session", "µs");
pub const MEMORY: (&str, &str) = ("server's memory divided by the connections", "kB");

type Outcome = (Result<f64, String>, Vec<(&'static str, u64)>);

/// All that the arguments ask for.
pub fn all(arguments: &Arguments) -> Vec<Task> {
    let mut tasks = Vec::new();
    if arguments.measures(Measure::Bulk) {
        tasks.extend(arguments.congestion.iter().cloned().map(Task::Bulk));
    }
    if arguments.measures(Measure::RoundTrip) {
        tasks.push(Task::RoundTrip);
    }
    if arguments.measures(Measure::Sessions) {
        tasks.extend(arguments.sessions.iter().copied().map(Task::Sessions));
    }
    if arguments.measures(Measure::Udp) {
        tasks.push(Task::Udp);
    }
    if arguments.measures(Measure::Connections) {
        tasks.extend(arguments.connections.iter().copied().map(Task::Connections));
    }
    tasks
}

impl Task {
    /// Whether this is anything for that server: the exercise's takes one client after the other, and
    /// the plain pool differs among many connections only.
    pub fn fits(&self, kind: Kind) -> bool {
        match kind {
            Kind::Python => !matches!(self, Self::Connections(_)),
            Kind::Plain => matches!(self, Self::Connections(_)),
            Kind::Tap | Kind::TapCopies => matches!(self, Self::Bulk(_)),
            _ => true,
        }
    }

    /// With a server of its own, from its start to its end.
    pub fn run(&self, arguments: &Arguments, kind: Kind, run: u32) -> Vec<Sample> {
        let outcomes = self.outcomes(arguments, kind);
        let figures = self.figures();
        let outcomes = outcomes.unwrap_or_else(|reason| {
            figures
                .iter()
                .map(|_| (Err(reason.clone()), Vec::new()))
                .collect()
        });
        let samples = figures.into_iter().zip(outcomes);
        samples
            .map(|(figure, (value, failures))| Sample {
                figure,
                kind,
                run,
                value,
                failures,
            })
            .collect()
    }

    fn figures(&self) -> Vec<Figure> {
        let figure = |name: String, unit, better| Figure {
            name,
            unit,
            better,
            connections: None,
        };
        match self {
            Self::Bulk(congestion) => {
                let paced = if is_paced(congestion) { " (paced)" } else { "" };
                let name = |what| format!("{what}, {congestion}{paced}");
                vec![
                    figure(name("bulk echo"), "Gbit/s", Better::More),
                    figure(name("server's processor"), "s/GB", Better::Less),
                ]
            }
            Self::RoundTrip => vec![
                figure("round trip, one core".into(), "µs", Better::Less),
                figure("round trip, two cores".into(), "µs", Better::Less),
                figure("round trip, any core".into(), "µs", Better::Less),
            ],
            Self::Sessions(at_once) => {
                vec![figure(
                    format!("sessions, {at_once} at once"),
                    "/s",
                    Better::More,
                )]
            }
            Self::Udp => vec![figure(
                format!("UDP, {} outstanding", udp::OUTSTANDING),
                "/s",
                Better::More,
            )],
            Self::Connections(count) => {
                let figure = |(name, unit): (&str, _)| Figure {
                    name: name.into(),
                    unit,
                    better: Better::Less,
                    connections: Some(*count),
                };
                let mut figures: Vec<_> = [ROUND_TRIP, SESSION].map(figure).into();
                // Of few connections it would be that of the program.
                figures.extend((*count >= 1000).then(|| figure(MEMORY)));
                figures
            }
        }
    }

    fn outcomes(&self, arguments: &Arguments, kind: Kind) -> Result<Vec<Outcome>, String> {
        let duration = arguments.duration;
        let good = |value| (Ok(value), Vec::new());
        let (connections, congestion) = match self {
            Self::Connections(1..10) => (Some(10), ""),
            Self::Connections(20_000..) if kind == Kind::Threads => {
                return Err("not tried, it would take a thread for each".into());
            }
            Self::Connections(20_000..) if matches!(kind, Kind::Smoltcp | Kind::Plain) => {
                return Err("not tried, it would take 131 kB and a longer scan for each".into());
            }
            Self::Connections(count) => (Some(count + SPARE_PLACES), ""),
            Self::Bulk(congestion) => (None, congestion.as_str()),
            _ => (None, ""),
        };
        if let Self::Connections(count) = self
            && connections::raise_limit(*count) < *count
            && kind.is_reference()
        {
            return Err(format!("it is not allowed {count} open files here"));
        }
        let server = Server::start(arguments, kind, connections, congestion)?;
        Ok(match self {
            Self::Bulk(congestion) => {
                let before = cpu_seconds(server.id())?;
                let bulk = bulk::run(congestion, duration)?;
                let seconds = cpu_seconds(server.id())? - before;
                vec![
                    good(bulk.bytes as f64 * 8e-9 / bulk.seconds),
                    good(seconds / (bulk.bytes as f64 * 1e-9)),
                ]
            }
            Self::RoundTrip => {
                let any_core = good(round_trip::run(duration)?);
                let on = |pinned: Result<Pinned, String>| {
                    (
                        pinned.and_then(|_pinned| round_trip::run(duration)),
                        Vec::new(),
                    )
                };
                let two_cores = on(Pinned::to_two_cores(server.id()));
                let one_core = on(Pinned::to_one_core(server.id()));
                vec![one_core, two_cores, any_core]
            }
            Self::Sessions(at_once) => {
                let sessions = sessions::run(*at_once, duration)?;
                let failures = vec![
                    ("refused", sessions.refused),
                    ("reset", sessions.reset),
                    ("timed out", sessions.timed_out),
                    ("wrong", sessions.wrong),
                ];
                vec![(Ok(sessions.per_second), failures)]
            }
            Self::Udp => {
                let udp = udp::run(duration)?;
                vec![(Ok(udp.per_second), vec![("lost", udp.lost)])]
            }
            Self::Connections(count) => {
                let result = connections::run(&server, *count, duration)?;
                vec![
                    good(result.round_trip),
                    good(result.session),
                    good(result.bytes_each / 1000.0),
                ]
            }
        })
    }
}
