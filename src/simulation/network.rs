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
use super::record::Recorder;
use super::switch::Middle;
use super::{Event, Link, Record, Segment, Step, Stuck, Turn, replay};

/// How often the hosts are polled at one moment before they count as busy without end.
const TURNS_AT_ONE_MOMENT: u32 = 100_000;

/// Hosts, what is between them, and the virtual clock.
pub struct Network {
    seed: u64,
    /// Whether the seed was printed.
    is_reported: bool,
    /// When a host wants to be polled.
    wake: Option<Instant>,
    bus: Rc<RefCell<Bus>>,
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Network")
            .field("seed", &self.seed)
            .field("wake", &self.wake)
            .finish_non_exhaustive()
    }
}

impl Network {
    /// A network without hosts, at time 0. Its frames are those of `medium`.
    ///
    /// # Panics
    /// If the variable `SIMULATION_LOG` selects frames by words that it does not have: see
    /// [the log](super#the-log).
    #[must_use]
    pub fn new(medium: Medium, seed: u64) -> Self {
        let mut network = Self {
            seed,
            is_reported: false,
            wake: Some(Instant::ZERO),
            bus: Rc::new(RefCell::new(Bus::new(medium, seed))),
        };
        if let Some(selection) = replay::logs() {
            network.log(move |record| {
                if selection.has(record) {
                    eprintln!("{record}");
                }
            });
        }
        network
    }

    /// Connects another host to the hub that each network has. The name is for the log.
    pub fn link(&mut self, name: impl Into<String>) -> Link {
        Segment::new(&self.bus, 0).link(name)
    }

    /// Another hub: it sends each frame to all links but the one that the frame came from.
    pub fn hub(&mut self) -> Segment {
        self.segment(Middle::Hub)
    }

    /// A switch: it sends a frame to the link of its destination alone, if it knows that link. It
    /// floods other frames like a hub: to a group address, to an address that it has not learned, or
    /// too short for an Ethernet header.
    ///
    /// It learns the source addresses of all frames that come to it. It forgets one that sends nothing
    /// for 300 seconds (IEEE 802.1Q), and those of a link at which the device is unplugged. When a host
    /// has moved to another link, its first frame there replaces the old link. There is no frame check
    /// sequence: it learns from a corrupted frame as well.
    ///
    /// # Panics
    /// If the medium is not Ethernet: only Ethernet's frames have the addresses that it needs.
    pub fn switch(&mut self) -> Segment {
        let medium = self.bus.borrow().medium;
        assert!(
            medium == Medium::Ethernet,
            "a switch needs Medium::Ethernet, and this network has {medium:?}: take a hub"
        );
        self.segment(Middle::Switch(Default::default()))
    }

    fn segment(&mut self, middle: Middle) -> Segment {
        let index = self.bus.borrow_mut().add_segment(middle);
        Segment::new(&self.bus, index)
    }

    /// Another number each time, for the random numbers of a host: it follows from the network's
    /// seed, and from how many were taken before.
    pub fn random_seed(&mut self) -> u64 {
        self.bus.borrow_mut().random.next_u64()
    }

    /// Calls `watcher` with each event of a frame from now on, as it happens. There may be several
    /// watchers.
    ///
    /// The watcher must not call the network, a link or a port: that panics.
    pub fn watch(&mut self, watcher: impl FnMut(&Event) + 'static) {
        self.bus.borrow_mut().watchers.push(Box::new(watcher));
    }

    /// Calls `log` once for each frame that is sent from now on, when it has ended on each link.
    /// The frames come in the order in which they were sent; when the network is dropped, those come
    /// that are still on their way. There may be several logs.
    ///
    /// The closure is also the filter: it can leave out what it does not want. It must not call the
    /// network, a link or a port: that panics.
    ///
    /// ```
    /// use smoltcp::phy::Medium;
    /// use uppercase::simulation::{Network, Protocol};
    ///
    /// let mut network = Network::new(Medium::Ethernet, 1);
    /// network.log(|record| {
    ///     if record.sent.protocol() == Protocol::Tcp && !record.is_intact() {
    ///         eprintln!("{record}");
    ///     }
    /// });
    /// ```
    pub fn log(&mut self, log: impl FnMut(&Record) + 'static) {
        self.bus.borrow_mut().recorders.push(Recorder::new(log));
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.bus.borrow().now
    }

    /// Lets time pass while no host is polled.
    ///
    /// A test that polls its hosts by itself, and neither by [`run`](Self::run) nor by
    /// [`step`](Self::step), moves the clock with it.
    pub fn sleep(&mut self, time: Duration) {
        let mut bus = self.bus.borrow_mut();
        bus.now += time;
        bus.deliver(None);
    }

    /// Calls `hosts`, which polls all hosts, whenever a frame arrives or a host wants to be polled,
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
        self.wake();
        loop {
            let now = self.now();
            let next = self.next_step_at().ok_or(Stuck::Idle { at: now })?;
            if next > end {
                self.bus.borrow_mut().now = end;
                return Err(Stuck::Late { limit });
            }
            if next > now {
                turns = 0;
            }
            match self.advance(&mut hosts) {
                Some(Poll::Ready(result)) => return Ok(result),
                Some(Poll::Pending) => turns += 1,
                None => {}
            }
            if turns > TURNS_AT_ONE_MOMENT {
                return Err(Stuck::Busy { at: now });
            }
        }
    }

    /// Calls `hosts` as [`run`](Self::run) does, for `time`.
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
            _ => {
                self.bus.borrow_mut().now = end; // also where a host waits for room without end
                Ok(())
            }
        }
    }

    /// Does what [`run`](Self::run) does, up to the next thing that happens: the clock jumps to it,
    /// and one frame comes to an end, or `hosts` is called because a frame has arrived or a host
    /// wants to be polled. Returns `None` if nothing is left to happen.
    ///
    /// Frames that arrive at the same moment are a step each, and the hosts are polled after them. A
    /// run in steps has the same events as one in one go. A frame of a host that is polled arrives in
    /// a later step, even where it takes no time.
    ///
    /// ```
    /// use smoltcp::phy::Medium;
    /// use smoltcp::wire::{IpAddress, IpCidr};
    /// use uppercase::simulation::{Host, Network};
    ///
    /// let mut network = Network::new(Medium::Ip, 1);
    /// let link = network.link("host");
    /// let mut host = Host::new(&link, IpCidr::new(IpAddress::v4(10, 0, 0, 1), 8));
    /// link.to_host.inject(b"a packet");
    /// while let Some(step) = network.step(|turn| host.poll(turn)) {
    ///     for event in &step.events {
    ///         println!("{event}");
    ///     }
    ///     // Here a debugger stops.
    /// }
    /// ```
    pub fn step<T>(&mut self, mut hosts: impl FnMut(&mut Turn) -> T) -> Option<Step<T>> {
        self.bus.borrow_mut().events = Some(Default::default());
        let mut polled = None;
        let mut events = std::vec![];
        while polled.is_none() && events.is_empty() && self.next_step_at().is_some() {
            polled = self.advance(&mut hosts);
            let mut bus = self.bus.borrow_mut();
            events = bus.events.as_mut().map(core::mem::take).unwrap_or_default();
        }
        self.bus.borrow_mut().events = None;
        (polled.is_some() || !events.is_empty()).then_some(Step { polled, events })
    }

    /// The time of the next [`step`](Self::step); `None` if nothing is left to happen.
    #[must_use]
    pub fn next_step_at(&self) -> Option<Instant> {
        let bus = self.bus.borrow();
        let wake = self.wake_at(&bus);
        let next = bus.next_arrival().into_iter().chain(wake).min();
        next.map(|next| next.max(bus.now))
    }

    /// When something happens next on the links: a frame arrives, or a device has room again that a
    /// host has found full; now, if a host has not taken a frame that has arrived. It is for a program that polls its hosts by itself, and moves the clock by
    /// [`sleep`](Self::sleep).
    pub fn next_event_at(&mut self) -> Option<Instant> {
        let mut bus = self.bus.borrow_mut();
        let (_, room) = bus.refusals();
        let waited_for = bus.is_waited_for().then_some(bus.now);
        let next = [bus.next_arrival(), room, waited_for];
        let next = next.into_iter().flatten().min();
        next.map(|next| next.max(bus.now))
    }

    /// Has the next [`step`](Self::step) poll the hosts, now. It is for an application that was told
    /// something between two steps, for instance by a user.
    pub fn wake(&mut self) {
        self.wake = Some(self.now());
    }

    /// When the hosts have to be polled.
    fn wake_at(&self, bus: &Bus) -> Option<Instant> {
        let waited_for = bus.is_waited_for().then_some(bus.now);
        self.wake.into_iter().chain(waited_for).min()
    }

    /// Polls the hosts, or lets one frame come to the end of a lane; the clock jumps to that.
    fn advance<T>(&mut self, hosts: impl FnOnce(&mut Turn) -> T) -> Option<T> {
        let mut bus = self.bus.borrow_mut();
        let wake = self.wake_at(&bus);
        let arrival = bus.next_arrival();
        if arrival.is_some_and(|arrival| wake.is_none_or(|wake| arrival <= wake.max(bus.now))) {
            bus.arrive_next();
            return None;
        }
        bus.now = wake?.max(bus.now);
        drop(bus);
        Some(self.turn(hosts))
    }

    /// Polls the hosts once, and notes when that has to be done again.
    fn turn<T>(&mut self, hosts: impl FnOnce(&mut Turn) -> T) -> T {
        let mut bus = self.bus.borrow_mut();
        bus.is_stepped = true;
        bus.deliver(None);
        let mut turn = Turn::new(bus.now);
        drop(bus);
        let result = hosts(&mut turn);
        let mut bus = self.bus.borrow_mut();
        bus.is_stepped = false;
        let (is_refused, room) = bus.refusals();
        // A host that waits for room asks to be polled at once; that is of no use before there is some.
        let wanted = turn
            .next()
            .filter(|wanted| !is_refused || *wanted > turn.now);
        self.wake = wanted.into_iter().chain(room).min();
        result
    }

    /// Prints the seed, once.
    fn report(&mut self) {
        if !core::mem::replace(&mut self.is_reported, true) {
            let (seed, command) = (self.seed, replay::command(self.seed));
            eprintln!("the simulated network had the seed {seed}; to see every frame:\n{command}");
        }
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        let mut bus = self.bus.borrow_mut();
        bus.recorders.iter_mut().for_each(Recorder::finish);
        drop(bus);
        if std::thread::panicking() {
            self.report();
        }
    }
}
