//! The address of the server, which may be given by its name.

use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::task::Poll;
use std::time::Instant;

use log::info;
use smoltcp::time::Duration;
use smoltcp::wire::{IpAddress, IpEndpoint};
use uppercase::dns::Error;

use super::args::{Client, Link, Network};
use super::destination::{Destination, Location};
use super::failure::Failure;
use super::host::{Host, until};
use super::setup;

/// The options that join a client to a network.
#[cfg(all(feature = "tuntap", target_os = "linux"))]
const NETWORKS: &str = "--cable, --tap or --tun";
#[cfg(not(all(feature = "tuntap", target_os = "linux")))]
const NETWORKS: &str = "--cable";

/// Says why the server that the arguments give cannot be reached from where this client is, if that
/// is known already.
pub fn refuse_elsewhere(args: &Client) -> Result<(), Failure> {
    let server = args.host();
    let text = &server.text;
    let network = args.link.network();
    if let Some((of_host, port)) = args.two_ports() {
        return Err(Failure::Error(format!(
            "{text} has the port {of_host}, and --port is {port}: give one of them"
        )));
    }
    if let Network::Memory = network {
        // A name server that is given is asked, and does not answer: a drawing shows it.
        let is_name = matches!(server.location, Location::Name(_));
        return match server.is_loopback() || is_name && args.dns.is_empty() {
            false => Ok(()),
            true => Err(Failure::Error(format!(
                "{text} is on no network without {NETWORKS}: add one of them, or leave {text} out \
                 to ask the server in memory"
            ))),
        };
    }
    if server.is_loopback() {
        let instead: String = match &network {
            #[cfg(all(feature = "tuntap", target_os = "linux"))]
            Network::Interface(name, _) => {
                format!("give an address of this computer, as `ip addr show dev {name}` lists them")
            }
            _ => "the server on a cable is 192.168.69.1, unless it was given another --ip".into(),
        };
        return Err(Failure::Error(format!(
            "{text} is this program itself, which has a network stack of its own: {instead}"
        )));
    }
    if let Some(zone) = &server.zone {
        let own = match &network {
            #[cfg(all(feature = "tuntap", target_os = "linux"))]
            Network::Interface(name, _) => Some(name),
            _ => None,
        };
        if own != Some(zone) {
            let own = own.map_or("a cable".into(), |own| own.clone());
            return Err(Failure::Error(format!(
                "{text} is on the interface {zone}, and this client is on {own}: leave %{zone} out, \
                 or use --tap {zone}"
            )));
        }
    }
    Ok(())
}

/// A failure in memory: if another server was meant, there is none.
pub fn explain_in_memory(args: &Client, failure: Failure) -> Failure {
    let in_memory = Link::of_server_in_memory().addresses(1);
    let is_there = |address: &IpAddress| in_memory.iter().any(|own| own.address() == *address);
    match (failure, args.host().location) {
        (failure, Location::Address(address)) if is_there(&address) => failure,
        (Failure::Error(sentence), _) => Failure::Error(format!(
            "{sentence}; without {NETWORKS} there is only the server in memory, 192.168.69.1"
        )),
        (failure, _) => failure,
    }
}

/// The server that the arguments give, by its address or by a name with one address or more.
pub struct Server {
    name: Option<String>,
    endpoints: Vec<IpEndpoint>,
    timeout: Duration,
}

impl Server {
    /// The server; if it was given by a name, the name is looked up.
    pub fn find(host: &mut dyn Host<'_>, args: &Client) -> Result<Self, Failure> {
        let destination = args.host();
        let (name, addresses) = match &destination.location {
            Location::Address(address) => (None, vec![*address]),
            Location::Name(name) => {
                let found = look_up(host, name, &destination, args)?;
                (Some(name.clone()), found)
            }
        };
        let endpoints = addresses.into_iter();
        Ok(Self {
            name,
            endpoints: endpoints
                .map(|address| IpEndpoint::new(address, args.port()))
                .collect(),
            timeout: args.timeout,
        })
    }

    /// Makes the attempt with one address after the other, until it succeeds with one. Each may take
    /// its share of the time that those before it have left. What it returns if it does not succeed is
    /// why that address cannot be used.
    pub fn first_usable<T>(
        &self,
        mut attempt: impl FnMut(IpEndpoint, Duration) -> Result<Result<T, String>, Failure>,
    ) -> Result<(IpEndpoint, T), Failure> {
        let start = Instant::now();
        let mut reasons = Vec::new();
        for (number, endpoint) in self.endpoints.iter().enumerate() {
            let passed = Duration::from(start.elapsed());
            let share = share(self.timeout, passed, number, self.endpoints.len());
            match attempt(*endpoint, share)? {
                Ok(result) => return Ok((*endpoint, result)),
                Err(reason) => reasons.push(format!("{}: {reason}", shown(*endpoint))),
            }
            if let (Some(name), Some(reason)) = (&self.name, reasons.last()) {
                info!("{name}: {reason}");
            }
        }
        let reasons = reasons.join("; ");
        Err(Failure::Error(match &self.name {
            Some(name) => format!("{name}: {reasons}"),
            None => reasons,
        }))
    }
}

/// How long the attempt with address `number` of `count` may take.
fn share(timeout: Duration, passed: Duration, number: usize, count: usize) -> Duration {
    match number {
        // What it took to begin is not counted.
        0 => timeout / count as u32,
        _ => (timeout - passed.min(timeout)) / (count - number) as u32,
    }
}

/// An endpoint as users write it; smoltcp leaves the brackets around an IPv6 address out.
pub fn shown(endpoint: IpEndpoint) -> String {
    SocketAddr::new(endpoint.addr.into(), endpoint.port).to_string()
}

fn look_up(
    host: &mut dyn Host<'_>,
    name: &str,
    destination: &Destination,
    args: &Client,
) -> Result<Vec<IpAddress>, Failure> {
    // Those that are given come before those of the network.
    let given = &args.dns[..];
    let servers = match given.is_empty() {
        true => host.context().name_servers().to_vec(),
        false => given.to_vec(),
    };
    let mut resolver = setup::resolver(host.sockets(), &servers, args.timeout)?;
    let started = resolver.start(&mut host.context(), name);
    let found = until(host, &mut |context| {
        if let Err(error) = started {
            return Ok(ControlFlow::Break(Err(error)));
        }
        Ok(match resolver.poll(context) {
            Ok(Poll::Ready(addresses)) => ControlFlow::Break(Ok(addresses.to_vec())),
            Ok(Poll::Pending) => ControlFlow::Continue(resolver.deadline()),
            Err(error) => ControlFlow::Break(Err(error)),
        })
    })?;
    found.map_err(|error| {
        Failure::Error(match error {
            Error::NoServer if destination.is_of_multicast_dns() => format!(
                "{name} is a name of multicast DNS, which this program does not speak: give the \
                 address, as `getent hosts {name}` prints it"
            ),
            Error::NoServer => {
                format!("{name} is not an address, and no name server was given: add --dns ADDRESS")
            }
            Error::NoAnswer => {
                let failures = resolver.failures().iter();
                let reasons: Vec<_> = failures
                    .map(|(server, reason)| format!("{server}: {reason}"))
                    .collect();
                format!("{name}: {error}: {}", reasons.join("; "))
            }
            error => format!("{name}: {error}"),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_address_gets_its_share_of_the_time_that_those_before_it_have_left() {
        let seconds = Duration::from_secs;
        assert_eq!(share(seconds(10), seconds(0), 0, 1), seconds(10));
        assert_eq!(share(seconds(12), seconds(0), 0, 4), seconds(3));
        assert_eq!(share(seconds(12), seconds(3), 1, 4), seconds(3));
        assert_eq!(
            share(seconds(12), seconds(0), 1, 4),
            seconds(4),
            "refused at once"
        );
        assert_eq!(share(seconds(12), seconds(9), 3, 4), seconds(3));
        assert_eq!(share(seconds(12), seconds(99), 3, 4), seconds(0));
        // All of them together take no longer than the time that was given.
        let mut passed = seconds(0);
        for number in 0..8 {
            passed += share(seconds(10), passed, number, 8);
        }
        assert!(passed <= seconds(10));
    }
}
