//! A stack that is joined to other programs, and the end of it by Ctrl-C.

use std::io::{self, IsTerminal, Write};

use smoltcp::phy::Device;
use smoltcp::time::{Duration, Instant};
use uppercase::device::capture::Capture;
use uppercase::device::reassembly::Reassembly;
use uppercase::stack::{self, PendingSyn, Service, Sockets};
use uppercase::{Context, Stack};

use super::args::Link;
use super::events::{Events, Source};
use super::failure::Failure;
use super::host::{Clock, Host};
use super::input::Input;
use super::recorder::{CLIENT, Recorder, Recording, SERVER};
use super::report::Traffic;
use super::setup::{self, Fragments};
use super::spin::Received;

/// Frames that are there at once, one after the other, before signals and input are looked for.
const FRAMES_AT_ONCE: u32 = 64;

/// A device that joins this program to others.
pub trait Attached: Device + Source {
    /// What a user calls it.
    fn name(&self) -> String;

    /// Before each pause: sends what waits for more of its kind.
    ///
    /// # Errors
    /// No frame will ever pass.
    fn settle(&mut self) -> Result<(), Failure>;

    /// Says whether the device can be used on after it had an error instead of a frame.
    ///
    /// # Errors
    /// No frame will ever pass.
    fn survive(&self) -> Result<(), Failure>;

    /// What has come so far; the bytes count only where frames can be large.
    fn received(&self) -> Received;

    /// What has passed so far, for the report.
    fn traffic(&self) -> Traffic;

    /// Whether it has lost its link, as far as it knows.
    fn is_down(&self) -> bool {
        false
    }

    /// When the device has something to do, though no frame comes.
    fn due(&mut self) -> Option<Instant> {
        None
    }
}

/// A stack on such a device.
pub struct Live<'a, D: Attached> {
    clock: Clock,
    stack: Stack<'a, Reassembly<'a, Capture<D, Option<Recording>>>>,
    events: Events,
    /// Whether the device had lost its link when it was looked at last.
    was_down: bool,
    /// Whether a report was asked for.
    is_asked: bool,
    /// How often a frame was there at once.
    at_once: u32,
}

impl<'a, D: Attached> Live<'a, D> {
    /// A stack that by default has the addresses that end in `host`, with room for `backlog` clients
    /// that wait for a slot.
    pub fn new(
        device: D,
        link: &Link,
        host: u8,
        backlog: usize,
        fragments: &'a mut Fragments,
        recorder: &Recorder<'_>,
    ) -> Result<Self, Failure> {
        let clock = Clock::start();
        let medium = device.capabilities().medium;
        let end = if host == 1 { SERVER } else { CLIENT };
        let recording = recorder.interface((end, &device.name()), medium, &clock, true)?;
        let device = Reassembly::new(Capture::new(device, recording), fragments);
        let mut stack = setup::stack(device, link, host, clock.now())?;
        recorder.watch(&mut stack, end);
        Ok(Self {
            stack: stack.with_backlog(vec![PendingSyn::EMPTY; backlog]),
            clock,
            events: Events::catch().map_err(Failure::of("signals cannot be caught"))?,
            was_down: false,
            is_asked: false,
            at_once: 0,
        })
    }

    /// Reports the groups that this host listens to.
    #[cfg(all(feature = "tuntap", target_os = "linux"))]
    pub fn with_group_reports(self) -> Self {
        Self {
            stack: self.stack.with_group_reports(),
            ..self
        }
    }

    /// Has the next wait look for signals even where a frame is there.
    pub fn look_for_signals(&mut self) {
        self.at_once = FRAMES_AT_ONCE;
    }

    /// Whether a report was asked for (SIGUSR1) since this was called last.
    pub fn is_asked(&mut self) -> bool {
        std::mem::take(&mut self.is_asked)
    }

    /// The time, as the stack is told it.
    pub fn now(&self) -> Instant {
        self.clock.now()
    }

    /// What a user calls the device.
    pub fn name(&self) -> String {
        self.stack.device().inner().inner().name()
    }

    /// What has come so far.
    pub fn received(&self) -> Received {
        self.stack.device().inner().inner().received()
    }

    /// What the stack has counted, and the device.
    pub fn counters(&self) -> (stack::Counters, Traffic) {
        (
            self.stack.counters(),
            self.stack.device().inner().inner().traffic(),
        )
    }
}

impl<'a, D: Attached> Host<'a> for Live<'a, D> {
    fn sockets(&mut self) -> &mut Sockets<'a> {
        self.stack.sockets()
    }

    fn context(&mut self) -> Context<'_, 'a> {
        self.stack.context(self.clock.now())
    }

    fn poll(&mut self, service: &mut dyn Service<'a>) -> Option<Duration> {
        let now = self.clock.now();
        let is_down = self.stack.device().inner().inner().is_down();
        if std::mem::replace(&mut self.was_down, is_down) && !is_down {
            self.stack.context(now).link_is_back();
        }
        self.stack.poll(now, service).delay(now)
    }

    fn wait(
        &mut self,
        delay: Option<Duration>,
        input: Option<&mut Input>,
    ) -> Result<bool, Failure> {
        let now = self.now();
        let device = self.stack.device_mut().inner_mut().inner_mut();
        // A client on the same core has answered by now. The frame stays where it is.
        if self.at_once < FRAMES_AT_ONCE && device.receive(now).is_some() {
            self.at_once += 1;
            return Ok(false);
        }
        self.at_once = 0;
        device.settle()?;
        let due = device.due().map(|due| due.max(now) - now);
        let delay = delay.into_iter().chain(due).min();
        let happened = match self.events.wait(device, input, delay) {
            Ok(happened) => happened,
            Err(error) => return Err(Failure::of(device.name())(error)),
        };
        if happened.error {
            device.survive()?;
        }
        // A client has nothing to report.
        self.is_asked |= happened.question;
        if happened.stop {
            // The terminal has echoed ^C: what is printed now begins on a line of its own.
            let mut screen = io::stderr();
            if screen.is_terminal() {
                let _ = screen.write_all(b"\n");
            }
            return Err(Failure::Interrupted);
        }
        Ok(happened.input)
    }
}
