//! Both servers, joined to other programs.

use smoltcp::time::Duration;
use uppercase::stack::from_fn;
use uppercase::{tcp, udp};

use super::args::{Network, Server};
use super::cable;
use super::endpoints::endpoint;
use super::failure::Failure;
use super::faults::Faults;
use super::faulty::Faulty;
use super::host::Host;
#[cfg(all(feature = "tuntap", target_os = "linux"))]
use super::interface;
use super::live::{Attached, Live};
use super::obtained::Obtained;
use super::output::Output;
use super::ready::Ready;
use super::recorder::Recorder;
use super::report::Report;
use super::reporter::{Printed, Reporter};
use super::setup::{self, Servers};
use super::spin::{Look, Spin};

/// RFC 9293, 3.8.3 (SHLD-11). The probes of a client that does not read for a while come up to 60 s
/// apart.
const SHORTEST_SILENCE: Duration = Duration::from_secs(100);
/// Connections of new clients while those before them are being closed.
const SPARE: usize = 8;
/// How long clients may take to close when the command is to end.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// What servers run for.
pub trait Purpose {
    /// They are ready, so what uses them can start.
    ///
    /// # Errors
    /// It cannot start, so the servers are of no use.
    fn start(&mut self) -> Result<(), Failure>;

    /// Whether the signal that has come, of Ctrl-C or SIGTERM, ends the servers.
    fn is_stopped(&mut self) -> bool;

    /// Whether what uses them has ended: asked after SIGUSR1, which else asks for a report.
    fn is_over(&mut self) -> bool;
}

/// They run until a signal ends them.
struct UntilStopped;

impl Purpose for UntilStopped {
    fn start(&mut self) -> Result<(), Failure> {
        Ok(())
    }

    fn is_stopped(&mut self) -> bool {
        true
    }

    fn is_over(&mut self) -> bool {
        false
    }
}

/// Serves until it is asked to end.
pub fn run(args: &Server, faults: &Faults, recorder: &mut Recorder<'_>) -> Result<(), Failure> {
    let network = args.link.network();
    let output = Output::open()?;
    run_for(
        &mut UntilStopped,
        network,
        args,
        Some(faults),
        output,
        recorder,
    )
}

/// Serves for something on this network, and reports on this output. On a cable there may be faults.
pub fn run_for(
    purpose: &mut dyn Purpose,
    network: Network,
    args: &Server,
    faults: Option<&Faults>,
    output: Output,
    recorder: &mut Recorder<'_>,
) -> Result<(), Failure> {
    let addresses = args.link.addresses(1);
    let endpoints = addresses
        .iter()
        .map(|address| endpoint(address.address(), args.port));
    recorder.draw_rows(endpoints.collect());
    let recorder = &*recorder;
    let connections = || setup::Connections::new(args.connections, SPARE, args.buffer());
    let mut connections = args.serves_tcp().then(connections);
    let connections = connections.as_mut();
    let mut fragments = Box::new(setup::Fragments::new());
    match network {
        Network::Memory => unreachable!("the arguments are not accepted without a network"),
        Network::Cable(port) => {
            let cable = cable::listen(port)?;
            let example = format!("Try it in another terminal: {}", cable::example(port, args));
            let (link, backlog, fragments) = (&args.link, args.backlog, &mut *fragments);
            let example = Some(example);
            match faults.filter(|faults| faults.are_wanted()) {
                Some(faults) => {
                    let cable = Faulty::new(cable, faults);
                    let host = Live::new(cable, link, 1, backlog, fragments, recorder)?;
                    serve(purpose, host, args, connections, example, output, recorder)
                }
                None => {
                    let host = Live::new(cable, link, 1, backlog, fragments, recorder)?;
                    serve(purpose, host, args, connections, example, output, recorder)
                }
            }
        }
        #[cfg(all(feature = "tuntap", target_os = "linux"))]
        Network::Interface(name, mode) => {
            let (host, sides) = interface::open(
                &name,
                mode,
                &args.link,
                1,
                args.backlog,
                &mut fragments,
                recorder,
            )?;
            sides.warn();
            let reachable = sides.reachable.first();
            let example =
                reachable.map(|address| format!("Try it: {}", interface::example(*address, args)));
            serve(purpose, host, args, connections, example, output, recorder)
        }
    }
}

/// Serves on this host.
fn serve<'a, D: Attached>(
    purpose: &mut dyn Purpose,
    mut host: Live<'a, D>,
    args: &Server,
    connections: Option<&'a mut setup::Connections<'a>>,
    example: Option<String>,
    mut output: Output,
    recorder: &Recorder<'_>,
) -> Result<(), Failure> {
    let config = tcp::Config::default()
        .with_port(args.port)
        .with_connections(args.connections)
        .with_once(args.once)
        .with_idle_timeout(Some(args.timeout))
        .with_keep_alive(Some(keep_alive(args.connections)))
        .with_silence_timeout(Some(
            (keep_alive(args.connections) * 3).max(SHORTEST_SILENCE),
        ));
    let udp = args.serves_udp();
    let mut servers = setup::servers(host.sockets(), connections, udp, config)?;
    let ready = Ready { args, example };
    output.print(ready.printed(args.json))?;
    purpose.start()?;
    let mut reporter = Reporter::start(output, args.json)?;
    let mut obtained = args
        .link
        .asks_network()
        .then(|| Obtained::new(host.name(), args));
    let mut spin = Spin::new();
    loop {
        let mut delay = host.poll(&mut servers);
        if let Some(obtained) = &mut obtained
            && let Some(news) = obtained.news(&mut host.context())
        {
            reporter.tell(news);
        }
        if !args.no_spin {
            delay = look_for_frames(&mut spin, &mut host, &mut servers, delay);
        }
        delay = recorder.draw(host.now(), delay);
        if let Some(obtained) = &obtained {
            delay = obtained.limit(host.now(), delay);
        }
        let from = host.now();
        match host.wait(delay, None) {
            Ok(_) => spin.slept((from, host.now()), delay, host.received()),
            Err(Failure::Interrupted) if purpose.is_stopped() => break,
            Err(Failure::Interrupted) => {}
            Err(failure) => return Err(failure),
        }
        if host.is_asked() {
            if purpose.is_over() {
                break;
            }
            reporter.report(report(&host, &servers));
        }
    }
    close(&mut host, &mut servers)?;
    recorder.draw(host.now(), None);
    match reporter.finish(report(&host, &servers)) {
        // It was to end anyway.
        Err(Failure::OutputClosed) => Ok(()),
        result => result,
    }
}

/// Polls on as long as that is better than to sleep. Returns how long it can be slept then.
fn look_for_frames<'a, D: Attached>(
    spin: &mut Spin,
    host: &mut Live<'a, D>,
    servers: &mut Servers<'a>,
    mut delay: Option<Duration>,
) -> Option<Duration> {
    let Some(mut looking) = spin.begin(host.now(), host.received()) else {
        return delay;
    };
    loop {
        let is_busy = delay == Some(Duration::ZERO);
        match spin.look(&mut looking, host.now(), host.received(), is_busy) {
            Look::Again => {}
            Look::Sleep => return delay,
            Look::Signals => {
                host.look_for_signals();
                return Some(Duration::ZERO);
            }
        }
        if !is_busy {
            let from = host.now();
            std::thread::yield_now();
            if spin.yielded(from, host.now()).is_break() {
                return delay;
            }
        }
        delay = host.poll(servers);
    }
}

/// Says what happened since the start.
fn report<D: Attached>(host: &Live<'_, D>, servers: &Servers<'_>) -> Report {
    let (stack, traffic) = host.counters();
    let tcp = servers.tcp.as_ref().map(tcp::Server::counters);
    let udp = servers.udp.as_ref().map(udp::Server::counters);
    Report::new(tcp, udp, stack, traffic)
}

/// How often a silent client is asked whether it is still there: each 10 s, and of more than 20 000
/// clients 2000 a second at most, as each question and its answer take 13 us.
fn keep_alive(connections: usize) -> Duration {
    Duration::from_millis(connections as u64 / 2)
        .clamp(Duration::from_secs(10), Duration::from_secs(60))
}

/// Closes all connections; does not wait long for clients that leave theirs open.
fn close<'a, D: Attached>(
    host: &mut Live<'a, D>,
    servers: &mut Servers<'a>,
) -> Result<(), Failure> {
    let Some(tcp) = &mut servers.tcp else {
        return Ok(());
    };
    tcp.close();
    let end = host.now() + CLOSE_TIMEOUT;
    while tcp.connections() > 0 && host.now() < end {
        let left = end - host.now().min(end);
        let at_the_end = from_fn(|context| Some(context.now + left));
        let delay = host.poll(&mut (&mut *tcp, at_the_end));
        match host.wait(delay, None) {
            Ok(_) => {}
            Err(Failure::Interrupted) => break,
            Err(failure) => return Err(failure),
        }
    }
    // A client that has not taken all of its answer would wait for the rest without end.
    tcp.abort();
    host.poll(tcp);
    Ok(())
}
