//! The address of the server, which may be given by its name.

use std::net::{IpAddr, SocketAddr};
use std::ops::ControlFlow;
use std::task::Poll;

use smoltcp::wire::{IpAddress, IpEndpoint};
use uppercase::dns::{Error, Resolver};

use super::args::Client;
use super::failure::Failure;
use super::host::{Host, until};

/// Where the server is that the arguments name.
pub fn server(host: &mut dyn Host<'_>, args: &Client) -> Result<IpEndpoint, Failure> {
    let name = args.host();
    let address = match name.parse::<IpAddr>() {
        Ok(address) => address.into(),
        Err(_) => look_up(host, name, args)?,
    };
    Ok(IpEndpoint::new(address, args.port))
}

/// An endpoint as users write it; smoltcp leaves the brackets around an IPv6 address out.
pub fn shown(endpoint: IpEndpoint) -> String {
    SocketAddr::new(endpoint.addr.into(), endpoint.port).to_string()
}

fn look_up(host: &mut dyn Host<'_>, name: &str, args: &Client) -> Result<IpAddress, Failure> {
    if let Ok(endpoint) = name.parse::<SocketAddr>() {
        return Err(Failure::Error(format!(
            "{name} is an address and a port: give {} and --port {}",
            endpoint.ip(),
            endpoint.port()
        )));
    }
    let because = |error| match error {
        Error::NoServer if args.dns.is_empty() => Failure::Error(format!(
            "{name} is not an address, and no name server was given: add --dns ADDRESS"
        )),
        error => Failure::Error(format!("{name}: {error}")),
    };
    let mut resolver = Resolver::new(host.sockets(), vec![], &args.dns, args.timeout)
        .map_err(Failure::of("names cannot be looked up"))?;
    let mut started = false;
    until(host, &mut |context| {
        if !started {
            started = true;
            resolver.start(context, name).map_err(because)?;
        }
        Ok(match resolver.poll(context).map_err(because)? {
            Poll::Ready(address) => ControlFlow::Break(address),
            Poll::Pending => ControlFlow::Continue(resolver.deadline()),
        })
    })
}
