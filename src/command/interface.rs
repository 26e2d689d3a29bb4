//! A stack on a TAP or TUN interface.

use std::ops::ControlFlow;

use smoltcp::time::Duration;
use smoltcp::wire::{IpAddress, IpVersion};
use uppercase::device::tuntap::{Fault, Mode, OpenError, Options, TunTap};

use super::args::{Client, Link, Server};
use super::failure::{Failure, complain};
use super::host::{Host, until};
use super::live::{Attached, Live};
use super::obstacle::program;
use super::obtained;
use super::recorder::Recorder;
use super::report::{Count, Traffic};
use super::setup::Fragments;
use super::sides::{Sides, refuse_address_of_the_kernel};
use super::spin::Received;

/// How the addresses of a server end.
const SERVER: u8 = 1;

/// Runs a client on the interface `name`.
pub fn with_client(
    name: &str,
    mode: Mode,
    args: &Client,
    recorder: &Recorder<'_>,
    run: impl for<'a> FnOnce(&mut dyn Host<'a>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut fragments = Box::new(Fragments::new());
    let (mut host, sides) = open(name, mode, &args.link, 2, 0, &mut fragments, recorder)?;
    // One IP version is enough for a client.
    if sides.reachable.is_empty() {
        sides.warn();
    }
    if args.link.asks_network() {
        obtain(&mut host, name, &args.link, args.timeout)?;
    }
    run(&mut host)
}

/// Waits until the network has given an address of each version that is asked for; at the end of the
/// time, one is enough.
fn obtain(
    host: &mut dyn Host<'_>,
    name: &str,
    link: &Link,
    timeout: Duration,
) -> Result<(), Failure> {
    let versions = [
        (link.asks_dhcp(), IpVersion::Ipv4),
        (link.asks_routers(), IpVersion::Ipv6),
    ];
    let asked = versions.iter().filter(|(is_asked, _)| *is_asked);
    let end = host.context().now + timeout;
    let has_address = until(host, &mut |context| {
        let count = |version: &&(bool, IpVersion)| obtained::has_version(context, version.1);
        let (found, all) = (asked.clone().filter(count).count(), asked.clone().count());
        Ok(match found < all && context.now < end {
            true => ControlFlow::Continue(Some(end)),
            false => ControlFlow::Break(found > 0),
        })
    })?;
    let (sources, options) = match (link.asks_dhcp(), link.asks_routers()) {
        (true, true) => ("no DHCP server and no router", "--dhcp and --slaac"),
        (_, true) => ("no router", "--slaac"),
        _ => ("no DHCP server", "--dhcp"),
    };
    match has_address {
        true => Ok(()),
        false => Err(Failure::Error(format!(
            "{name}: {sources} has given an address within {} s: put {name} into a network with one, for \
             instance with `sudo ip link set {name} master br0`, or give --ip instead of {options}",
            timeout.secs()
        ))),
    }
}

/// Attaches to the interface, or makes it, with a stack that by default has the addresses that end
/// in `host`; `backlog` clients can wait for a slot. Also returns what there was
/// between this host and those addresses.
pub fn open<'a>(
    name: &str,
    mode: Mode,
    link: &Link,
    host: u8,
    backlog: usize,
    fragments: &'a mut Fragments,
    recorder: &Recorder<'_>,
) -> Result<(Live<'a, TunTap>, Sides), Failure> {
    let addresses = link.addresses(host);
    for own in &addresses {
        refuse_address_of_the_kernel(own)?;
    }
    let options = options(link, recorder);
    if recorder.is_on() && !link.no_offload {
        let option = recorder.option();
        complain(format!(
            "{option} implies --no-offload: each segment passes by itself and complete, as on a wire"
        ));
    }
    let host_addresses = link.host_addresses();
    let device = TunTap::open_with(name, mode, &host_addresses, options);
    let device = device.map_err(|error| explain(error, host == SERVER))?;
    let sides = Sides::check(&device, link, &addresses)?;
    let is_server = host == SERVER;
    let host = Live::new(device, link, host, backlog, fragments, recorder)?;
    // A bridge that snoops forwards no solicitation to a server without reports.
    Ok(match is_server {
        true => (host.with_group_reports(), sides),
        false => (host, sides),
    })
}

/// How the interface is opened.
pub fn options(link: &Link, recorder: &Recorder<'_>) -> Options {
    match link.no_offload || recorder.is_on() {
        true => Options::new().without_offload(),
        false => Options::new().gather(),
    }
}

/// A command, for another client, that reaches this server.
pub fn example(address: IpAddress, args: &Server) -> String {
    let options = if args.serves_tcp() { "-N" } else { "-u -w 1" };
    format!("echo hello | nc {options} {address} {}", args.port)
}

/// Why an interface could not be opened, and which option the user has to change.
fn explain(error: OpenError, is_server: bool) -> Failure {
    Failure::Error(match error {
        OpenError::AddressInUse { .. } | OpenError::SubnetInUse { .. } => {
            format!("{error}, with --host-ip, and --ip in its network")
        }
        OpenError::WrongMode { name, found } => {
            format!("{name} is a {found} interface: give it as --{found} {name}")
        }
        // A lab has the servers.
        OpenError::Permission { exists: false, .. } if is_server => {
            format!("{error}. Without root: `{} lab`", program())
        }
        OpenError::NoDriver(_) | OpenError::DriverPermission(_) => {
            format!("{error}. What else may be missing: `{} doctor`", program())
        }
        error => error.to_string(),
    })
}

impl Attached for TunTap {
    fn name(&self) -> String {
        self.name().into()
    }

    fn settle(&mut self) -> Result<(), Failure> {
        self.flush();
        match self.fault() {
            Some(fault @ Fault::Removed) => Err(Failure::of(self.name())(fault)),
            _ => Ok(()),
        }
    }

    fn is_down(&self) -> bool {
        self.fault() == Some(Fault::Down)
    }

    fn survive(&self) -> Result<(), Failure> {
        Err(Failure::of(self.name())(Fault::Removed))
    }

    fn received(&self) -> Received {
        let statistics = self.statistics();
        Received {
            frames: statistics.received_frames,
            bytes: statistics.received_bytes,
        }
    }

    fn traffic(&self) -> Traffic {
        let statistics = self.statistics();
        let unsent = statistics.sent_oversize + statistics.sent_refused;
        Traffic {
            device: "Interface",
            received_frames: statistics.received_frames,
            sent_frames: statistics.sent_frames,
            notes: vec![
                Count {
                    name: "received_oversize",
                    count: statistics.received_oversize,
                    what: "dropped: longer than the MTU",
                },
                Count {
                    name: "received_corrupt",
                    count: statistics.received_corrupt,
                    what: "dropped: a wrong TCP checksum",
                },
                Count {
                    name: "received_partial",
                    count: statistics.received_partial,
                    what: "dropped: part of a TCP segment",
                },
                Count {
                    name: "sent_dropped",
                    count: unsent,
                    what: "could not be sent",
                },
            ],
        }
    }
}
