//! Both servers on an interface.

use std::io::{self, Write};
use std::net::SocketAddr;

use smoltcp::time::{Duration, Instant};
use smoltcp::wire::IpCidr;
use uppercase::{Servers, tcp};

use super::args::Server;
use super::failure::Failure;
use super::host::Host;
use super::interface::Interface;
use super::report::Report;
use super::setup;

/// Places for new clients while those before them are being closed.
const SPARE_PLACES: usize = 8;
/// How long clients may take to close when the command is to end.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// Serves until somebody asks it to end.
pub fn run(args: &Server) -> Result<(), Failure> {
    let Some((name, mode)) = args.link.interface() else {
        unreachable!("the arguments are not accepted without an interface");
    };
    let mut fragments = Box::new(setup::Fragments::new());
    let mut host = Interface::open(name, mode, &args.link, 1, args.backlog, &mut fragments)?;
    let config = tcp::Config {
        port: args.port,
        connections: args.connections,
        once: args.once,
        idle_timeout: Some(args.timeout),
        ..tcp::Config::default()
    };
    let places = args.serves_tcp().then_some(args.connections + SPARE_PLACES);
    let mut servers = setup::servers(host.sockets(), config, places, args.serves_udp())?;
    announce(&args.link.addresses(1), args).map_err(Failure::output)?;
    loop {
        let delay = host.poll(&mut |context| servers.poll(context));
        match host.wait(delay, false) {
            Ok(_) => {}
            Err(Failure::Interrupted) => break,
            Err(failure) => return Err(failure),
        }
        if host.is_asked() {
            report(&host, &servers)?;
        }
    }
    close(&mut host, &mut servers)?;
    match report(&host, &servers) {
        // It was to end anyway.
        Err(Failure::OutputClosed) => Ok(()),
        result => result,
    }
}

/// Says what happened since the start.
fn report(host: &Interface<'_>, servers: &Servers<'_>) -> Result<(), Failure> {
    let (stack, device) = host.counters();
    let report = Report::new(servers, stack, device);
    let mut output = io::stdout().lock();
    let written = write!(output, "{report}").and_then(|()| output.flush());
    written.map_err(Failure::output)
}

/// Closes all connections; does not wait long for clients that leave theirs open.
fn close<'a>(host: &mut dyn Host<'a>, servers: &mut Servers<'a>) -> Result<(), Failure> {
    let mut give_up: Option<Instant> = None;
    loop {
        let mut done = true;
        let delay = host.poll(&mut |context| {
            let Some(tcp) = &mut servers.tcp else {
                return None;
            };
            let end = *give_up.get_or_insert_with(|| {
                tcp.close(context);
                context.now + CLOSE_TIMEOUT
            });
            tcp.poll(context);
            done = tcp.connections() == 0 || context.now >= end;
            Some(end)
        });
        if done {
            break;
        }
        match host.wait(delay, false) {
            Ok(_) => {}
            Err(Failure::Interrupted) => break,
            Err(failure) => return Err(failure),
        }
    }
    // A client that has not taken all of its answer would wait for the rest for ever.
    host.poll(&mut |context| {
        if let Some(tcp) = &mut servers.tcp {
            tcp.abort(context);
        }
        None
    });
    Ok(())
}

/// Says where the servers can be reached, and how to try it.
fn announce(addresses: &[IpCidr], args: &Server) -> io::Result<()> {
    let mut output = io::stdout().lock();
    writeln!(output, "The server is ready to receive")?;
    let protocols = [("TCP", args.serves_tcp()), ("UDP", args.serves_udp())];
    for (protocol, _) in protocols.iter().filter(|(_, served)| *served) {
        for address in addresses {
            let endpoint = SocketAddr::new(address.address().into(), args.port);
            writeln!(output, "  {protocol} {endpoint}")?;
        }
    }
    if let Some(address) = addresses.first().map(IpCidr::address) {
        let options = if args.serves_tcp() { "-N" } else { "-u -w 1" };
        writeln!(
            output,
            "Try it: echo hello | nc {options} {address} {}",
            args.port
        )?;
    }
    output.flush()
}
