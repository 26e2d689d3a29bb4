//! A stack on a TAP or TUN interface, and the end of it by Ctrl-C.

use std::io::{self, Read};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;

use signal_hook::consts::{SIGINT, SIGTERM, SIGUSR1};
use signal_hook::low_level::pipe;
use smoltcp::phy::Device;
use smoltcp::time::{Duration, Instant};
use uppercase::device::reassembly::Reassembly;
use uppercase::device::tuntap::{Fault, Mode, OpenError, Options, Statistics, TunTap, wait};
use uppercase::stack::{self, PendingSyn, Service, Sockets};
use uppercase::{Context, Stack};

use super::args::{Client, Link};
use super::failure::Failure;
use super::host::{Clock, Host};
use super::setup::{self, Fragments};
use super::sides::{Sides, refuse_address_of_the_kernel};

/// Frames that are there at once, one after the other, before signals and input are looked for.
const FRAMES_AT_ONCE: u32 = 64;

/// A stack on an interface.
pub struct Interface<'a> {
    clock: Clock,
    stack: Stack<'a, Reassembly<'a, TunTap>>,
    /// Can be read after Ctrl-C.
    interrupt: UnixStream,
    /// Can be read after somebody asked for a report.
    question: UnixStream,
    /// Whether it could be read.
    is_asked: bool,
    /// How often a frame was there at once.
    at_once: u32,
    sides: Sides,
}

/// Runs a client on the interface `name`.
pub fn with_client(
    name: &str,
    mode: Mode,
    args: &Client,
    run: impl for<'a> FnOnce(&mut dyn Host<'a>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut fragments = Box::new(Fragments::new());
    let mut interface = Interface::open(name, mode, &args.link, 2, 0, &mut fragments)?;
    // One IP version is enough for a client.
    if interface.sides.reachable.is_empty() {
        interface.sides.warn();
    }
    run(&mut interface)
}

impl<'a> Interface<'a> {
    /// Attaches to the interface, or makes it, with a stack that by default has the addresses that
    /// end in `host`; so many clients can wait for a place as `backlog` says.
    pub fn open(
        name: &str,
        mode: Mode,
        link: &Link,
        host: u8,
        backlog: usize,
        fragments: &'a mut Fragments,
    ) -> Result<Self, Failure> {
        let addresses = link.addresses(host);
        for own in &addresses {
            refuse_address_of_the_kernel(own)?;
        }
        let options = match link.no_offload {
            true => Options::new().without_offload(),
            false => Options::new().gather(),
        };
        let host_addresses = link.host_addresses();
        let device = TunTap::open_with(name, mode, &host_addresses, options).map_err(explain)?;
        let sides = Sides::check(&device, link, &addresses)?;
        let clock = Clock::start();
        let device = Reassembly::new(device, fragments);
        let stack = setup::stack(device, link, host, clock.now())?;
        Ok(Self {
            stack: stack.with_backlog(vec![PendingSyn::EMPTY; backlog]),
            clock,
            interrupt: caught(&[SIGINT, SIGTERM])?,
            question: caught(&[SIGUSR1])?,
            is_asked: false,
            at_once: 0,
            sides,
        })
    }

    /// Whether somebody has asked for a report (SIGUSR1) since this was called last.
    pub fn is_asked(&mut self) -> bool {
        std::mem::take(&mut self.is_asked)
    }

    /// What there was between this host and our addresses when the interface was opened.
    pub fn sides(&self) -> &Sides {
        &self.sides
    }

    /// The time, as the stack is told it.
    pub fn now(&self) -> Instant {
        self.clock.now()
    }

    /// How many frames have come so far.
    pub fn received_frames(&self) -> u64 {
        self.stack.device().inner().statistics().received_frames
    }

    /// What the stack has counted, and the device.
    pub fn counters(&self) -> (stack::Counters, Statistics) {
        let device = self.stack.device().inner();
        (self.stack.counters(), device.statistics())
    }
}

/// Why an interface could not be opened, and which option is to be changed.
fn explain(error: OpenError) -> Failure {
    Failure::Error(match error {
        OpenError::AddressInUse { .. } | OpenError::SubnetInUse { .. } => {
            format!("{error}, with --host-ip, and --ip in its network")
        }
        OpenError::WrongMode { name, found } => {
            format!("{name} is a {found} interface: give it as --{found} {name}")
        }
        error => error.to_string(),
    })
}

impl<'a> Host<'a> for Interface<'a> {
    fn sockets(&mut self) -> &mut Sockets<'a> {
        self.stack.sockets()
    }

    fn context(&mut self) -> Context<'_, 'a> {
        self.stack.context(self.clock.now())
    }

    fn poll(&mut self, service: &mut dyn Service<'a>) -> Option<Duration> {
        let now = self.clock.now();
        self.stack.poll(now, service).delay(now)
    }

    fn wait(&mut self, delay: Option<Duration>, input: bool) -> Result<bool, Failure> {
        let now = self.now();
        let device = self.stack.device_mut().inner_mut();
        // A client on the same core has answered by now. The frame stays where it is.
        if self.at_once < FRAMES_AT_ONCE && device.receive(now).is_some() {
            self.at_once += 1;
            return Ok(false);
        }
        self.at_once = 0;
        if let Some(fault @ Fault::Removed) = device.fault() {
            return Err(Failure::of(device.name())(fault));
        }
        let (frames, stop) = (device.as_fd(), self.interrupt.as_fd());
        let question = self.question.as_fd();
        let (stop, asked, input) = if input {
            let [_, stop, asked, input] =
                wait([frames, stop, question, io::stdin().as_fd()], delay)
                    .map_err(Failure::of(device.name()))?;
            (stop, asked, input)
        } else {
            let [_, stop, asked] =
                wait([frames, stop, question], delay).map_err(Failure::of(device.name()))?;
            (stop, asked, false)
        };
        if asked {
            // Else the next wait would be none. A client has nothing to report.
            let _ = self.question.read(&mut [0; 64]);
            self.is_asked = true;
        }
        if stop {
            // The next Ctrl-C is another one.
            let _ = self.interrupt.read(&mut [0; 64]);
            return Err(Failure::Interrupted);
        }
        Ok(input)
    }
}

/// What can be read after one of these signals.
fn caught(signals: &[i32]) -> Result<UnixStream, Failure> {
    let catch = || {
        let (read, write) = UnixStream::pair()?;
        read.set_nonblocking(true)?;
        for signal in signals {
            pipe::register(*signal, write.try_clone()?)?;
        }
        Ok(read)
    };
    catch().map_err(Failure::of::<io::Error>("signals cannot be caught"))
}
