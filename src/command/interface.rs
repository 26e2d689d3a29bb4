//! A stack on a TAP or TUN interface, and the end of it by Ctrl-C.

use std::io::{self, Read};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;

use log::{info, warn};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::low_level::pipe;
use smoltcp::time::Duration;
use smoltcp::wire::IpCidr;
use uppercase::Stack;
use uppercase::device::reassembly::Reassembly;
use uppercase::device::tuntap::{Fault, Mode, TunTap, owner, wait};
use uppercase::stack::Sockets;

use super::args::{Client, Link};
use super::failure::Failure;
use super::host::{Clock, Host, Service};
use super::setup::{self, Fragments};

/// A stack on an interface.
pub struct Interface<'a> {
    clock: Clock,
    stack: Stack<'a, Reassembly<'a, TunTap>>,
    /// Can be read after Ctrl-C.
    interrupt: UnixStream,
}

/// Runs a client on the interface `name`.
pub fn with_client(
    name: &str,
    mode: Mode,
    args: &Client,
    run: impl for<'a> FnOnce(&mut dyn Host<'a>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut fragments = Box::new(Fragments::new());
    let addresses = args.link.addresses(2);
    run(&mut Interface::open(
        name,
        mode,
        &args.link,
        &addresses,
        &mut fragments,
    )?)
}

impl<'a> Interface<'a> {
    /// Attaches to the interface, or makes it, with a stack that has these addresses.
    pub fn open(
        name: &str,
        mode: Mode,
        link: &Link,
        addresses: &[IpCidr],
        fragments: &'a mut Fragments,
    ) -> Result<Self, Failure> {
        let clashing = |host: &&IpCidr| addresses.iter().any(|own| own.address() == host.address());
        if let Some(host) = link.host_ip.iter().find(clashing) {
            return Err(Failure::Error(format!(
                "{} cannot be the address of both sides of {name}: change --ip or --host-ip",
                host.address()
            )));
        }
        for own in addresses {
            let owner = owner(own.address())
                .map_err(Failure::of("the kernel cannot be asked for its addresses"))?;
            if let Some(owner) = owner {
                return Err(Failure::Error(format!(
                    "{} is already an address of this host, on {owner}, so nothing that is sent \
                     to it would come here: choose another one with --ip",
                    own.address()
                )));
            }
        }
        let device = TunTap::open(name, mode, &link.host_ip)
            .map_err(|error| Failure::Error(error.to_string()))?;
        if device.was_created() {
            let near = |own: &IpCidr| {
                link.host_ip
                    .iter()
                    .any(|host| own.contains_addr(&host.address()))
            };
            if let Some(far) = addresses.iter().find(|own| !near(own)) {
                warn!("{name}: this host has no address in the network of {far}; give --host-ip");
            }
            info!("{name} was created, {} bytes MTU", device.mtu());
        }
        let clock = Clock::start();
        Ok(Self {
            stack: setup::stack(
                Reassembly::new(device, fragments),
                link,
                addresses,
                clock.now(),
            )?,
            clock,
            interrupt: interrupt().map_err(Failure::of("signals cannot be caught"))?,
        })
    }
}

impl<'a> Host<'a> for Interface<'a> {
    fn sockets(&mut self) -> &mut Sockets<'a> {
        self.stack.sockets()
    }

    fn poll(&mut self, service: Service<'_, 'a>) -> Option<Duration> {
        self.stack.poll(self.clock.now(), service)
    }

    fn wait(&mut self, delay: Option<Duration>, input: bool) -> Result<bool, Failure> {
        let device = self.stack.device().inner();
        if let Some(fault @ Fault::Removed) = device.fault() {
            return Err(Failure::of(device.name())(fault));
        }
        let (frames, stop) = (device.as_fd(), self.interrupt.as_fd());
        let (stop, input) = if input {
            let [_, stop, input] = wait([frames, stop, io::stdin().as_fd()], delay)
                .map_err(Failure::of(device.name()))?;
            (stop, input)
        } else {
            let [_, stop] = wait([frames, stop], delay).map_err(Failure::of(device.name()))?;
            (stop, false)
        };
        if stop {
            // The next Ctrl-C is another one.
            let _ = self.interrupt.read(&mut [0; 64]);
            return Err(Failure::Interrupted);
        }
        Ok(input)
    }
}

/// What can be read after Ctrl-C, or when somebody else asks the program to end.
fn interrupt() -> io::Result<UnixStream> {
    let (read, write) = UnixStream::pair()?;
    read.set_nonblocking(true)?;
    pipe::register(SIGINT, write.try_clone()?)?;
    pipe::register(SIGTERM, write)?;
    Ok(read)
}
