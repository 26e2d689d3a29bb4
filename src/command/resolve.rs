//! The address of the server, which may be given by its name.

use std::net::{IpAddr, SocketAddr};
use std::ops::ControlFlow;
use std::task::Poll;

use log::info;
use smoltcp::wire::{IpAddress, IpEndpoint};
use uppercase::dns::Error;

use super::args::Client;
use super::failure::Failure;
use super::host::{Host, until};
use super::setup;

/// The server that the arguments give, by its address or by a name with one address or more.
pub struct Server {
    name: Option<String>,
    endpoints: Vec<IpEndpoint>,
}

impl Server {
    /// The server; if it was given by a name, the name is looked up.
    pub fn find(host: &mut dyn Host<'_>, args: &Client) -> Result<Self, Failure> {
        let name = args.host();
        let address = name.parse::<IpAddr>();
        let addresses = match address {
            Ok(address) => vec![address.into()],
            Err(_) => look_up(host, name, args)?,
        };
        let endpoints = addresses.into_iter();
        Ok(Self {
            name: address.is_err().then(|| name.to_string()),
            endpoints: endpoints
                .map(|address| IpEndpoint::new(address, args.port))
                .collect(),
        })
    }

    /// Makes the attempt with one address after the other, until it succeeds with one. What it
    /// returns if it does not is why that address cannot be used.
    pub fn first_usable<T>(
        &self,
        mut attempt: impl FnMut(IpEndpoint) -> Result<Result<T, String>, Failure>,
    ) -> Result<(IpEndpoint, T), Failure> {
        let mut reasons = Vec::new();
        for endpoint in &self.endpoints {
            match attempt(*endpoint)? {
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

/// An endpoint as users write it; smoltcp leaves the brackets around an IPv6 address out.
pub fn shown(endpoint: IpEndpoint) -> String {
    SocketAddr::new(endpoint.addr.into(), endpoint.port).to_string()
}

fn look_up(host: &mut dyn Host<'_>, name: &str, args: &Client) -> Result<Vec<IpAddress>, Failure> {
    if let Ok(endpoint) = name.parse::<SocketAddr>() {
        return Err(Failure::Error(format!(
            "{name} is an address and a port: give {} and --port {}",
            endpoint.ip(),
            endpoint.port()
        )));
    }
    let mut resolver = setup::resolver(host.sockets(), args)?;
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
