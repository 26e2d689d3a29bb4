use core::fmt;
use core::task::Poll;
use std::boxed::Box;
use std::cell::RefCell;
use std::eprintln;
use std::rc::Rc;
use std::string::String;

use smoltcp::phy::Medium;
use smoltcp::time::{Duration, Instant};

use super::bus::Bus;
use super::{Event, Link, replay};

/// How often everybody is polled at one moment before they are said to be busy for ever.
const TURNS_AT_ONE_MOMENT: u32 = 100_000;

/// Hosts on a bus, and the time.
pub struct Network {
    seed: u64,
    /// Whether the seed was printed.
    is_reported: bool,
    bus: Rc<RefCell<Bus>>,
}

impl Network {
    /// A network without hosts, at time 0. Its frames are those of `medium`.
    pub fn new(medium: Medium, seed: u64) -> Self {
        let mut network = Self {
            seed,
            is_reported: false,
            bus: Rc::new(RefCell::new(Bus::new(medium, seed))),
        };
        if replay::logs() {
            network.watch(|event| eprintln!("{event}"));
        }
        network
    }

    /// Lays a cable for another host. The name is for the log.
    pub fn link(&mut self, name: impl Into<String>) -> Link {
        let index = self.bus.borrow_mut().add_link(name.into());
        Link::new(&self.bus, index)
    }

    /// Another number each time, for the random numbers of a host: it follows from the network's
    /// seed, and from how many were taken before.
    pub fn random_seed(&mut self) -> u64 {
        self.bus.borrow_mut().random.next_u64()
    }

    /// Calls `watcher` with whatever happens to a frame from now on. There may be several.
    ///
    /// It must not call the network or anything of it; that panics.
    pub fn watch(&mut self, watcher: impl FnMut(&Event) + 'static) {
        self.bus.borrow_mut().watchers.push(Box::new(watcher));
    }

    /// The time.
    pub fn now(&self) -> Instant {
        self.bus.borrow().now
    }

    /// Lets time pass while no host is polled.
    ///
    /// A test that polls its hosts by itself, and not in [`run`](Self::run), moves the clock so.
    pub fn sleep(&mut self, time: Duration) {
        let mut bus = self.bus.borrow_mut();
        bus.now += time;
        bus.deliver(None);
    }

    /// Calls `hosts`, which polls all hosts, whenever a frame arrives or a host wants to be called,
    /// until it is ready. Between two calls the clock jumps.
    ///
    /// # Errors
    /// If it is not ready within `limit`, or never would be; see [`Stuck`]. The seed is printed then,
    /// as by a panic.
    pub fn run<T>(
        &mut self,
        limit: Duration,
        hosts: impl FnMut(&mut Turn) -> Poll<T>,
    ) -> Result<T, Stuck> {
        let result = self.run_until(limit, hosts);
        if result.is_err() {
            self.report();
        }
        result
    }

    fn run_until<T>(
        &mut self,
        limit: Duration,
        mut hosts: impl FnMut(&mut Turn) -> Poll<T>,
    ) -> Result<T, Stuck> {
        let end = self.now() + limit;
        let mut turns = 0;
        loop {
            let now = self.now();
            let (result, next) = self.turn(&mut hosts);
            if let Poll::Ready(result) = result {
                return Ok(result);
            }
            let next = next.ok_or(Stuck::Idle { at: now })?;
            if next > end {
                self.bus.borrow_mut().now = end;
                return Err(Stuck::Late { limit });
            }
            turns = if next > now { 0 } else { turns + 1 };
            if turns > TURNS_AT_ONE_MOMENT {
                return Err(Stuck::Busy { at: now });
            }
            self.bus.borrow_mut().now = next;
        }
    }

    /// Calls `hosts` as [`run`](Self::run) does, for so long.
    ///
    /// # Errors
    /// [`Stuck::Busy`] only.
    pub fn run_for(
        &mut self,
        time: Duration,
        mut hosts: impl FnMut(&mut Turn),
    ) -> Result<(), Stuck> {
        let end = self.now() + time;
        let result = self.run_until(time, |turn| {
            hosts(turn);
            // The last turn is at the end.
            turn.wake_in((turn.now < end).then(|| end - turn.now));
            Poll::<()>::Pending
        });
        match result {
            Err(busy @ Stuck::Busy { .. }) => {
                self.report();
                Err(busy)
            }
            _ => Ok(()),
        }
    }

    /// Prints the seed, once.
    fn report(&mut self) {
        if !core::mem::replace(&mut self.is_reported, true) {
            let (seed, command) = (self.seed, replay::command(self.seed));
            eprintln!("the simulated network had the seed {seed}; to see every frame:\n{command}");
        }
    }

    /// Polls the hosts once, and says when that has to be done again.
    fn turn<T>(&mut self, hosts: impl FnOnce(&mut Turn) -> Poll<T>) -> (Poll<T>, Option<Instant>) {
        self.bus.borrow_mut().deliver(None);
        let mut turn = Turn {
            now: self.now(),
            next: None,
        };
        let result = hosts(&mut turn);
        let mut bus = self.bus.borrow_mut();
        let waited_for = bus.is_waited_for().then_some(turn.now);
        let (refused, next) = bus.outlook();
        // Who waits for room asks to be called at once; that is of no use before there is some.
        let wanted = turn.next.filter(|wanted| !refused || *wanted > turn.now);
        let next = wanted.into_iter().chain(waited_for).chain(next).min();
        (result, next.map(|next| next.max(turn.now)))
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.report();
        }
    }
}

/// A moment at which the hosts are polled.
#[derive(Debug)]
pub struct Turn {
    /// The time.
    pub now: Instant,
    next: Option<Instant>,
}

impl Turn {
    /// Asks for another turn after `delay`, even if no frame arrives. Each host may ask.
    pub fn wake_in(&mut self, delay: Option<Duration>) {
        let moment = delay.map(|delay| self.now + delay);
        self.next = self.next.into_iter().chain(moment).min();
    }
}

/// Why [`Network::run`] has ended before its hosts were ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stuck {
    /// It would have taken longer.
    Late {
        /// How long it was to take.
        limit: Duration,
    },
    /// Nothing was on its way, and no host wanted to be called again.
    Idle {
        /// When.
        at: Instant,
    },
    /// The hosts were busy at one moment for ever: they always wanted to be called at once.
    Busy {
        /// When.
        at: Instant,
    },
}

impl fmt::Display for Stuck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Late { limit } => write!(f, "not done after {limit} of virtual time"),
            Self::Idle { at } => write!(f, "nobody waits for anything at {at}, yet it is not done"),
            Self::Busy { at } => write!(f, "the hosts are busy for ever at {at}"),
        }
    }
}

impl core::error::Error for Stuck {}
