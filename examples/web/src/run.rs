//! A run: the hosts and the wire from the first moment to the last, all at once.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use bumpalo::Bump;
use smoltcp::phy::{Device, Medium, RxToken};
use smoltcp::time::{Duration, Instant};
use uppercase::simulation::{Link, Network, Port, Router, Segment, Turn};
use uppercase::trace::{Change, Ladder, Record, simulated, tell};

use crate::forgery;
use crate::host::{Client, Host, Number, Plain, Plan, Server};
use crate::log::{Kind, Log, Note};
use crate::name::Names;
use crate::sample::Sample;
use crate::script::{Action, Deed, Script};
use crate::through::{self, Frames};

/// How long a run goes on after what was done last, while something is left to do.
const MOST_TIME: Duration = Duration::from_secs(130);
/// The most frames of a run, and the most polls.
const MOST_FRAMES: usize = 1500;
const MOST_POLLS: usize = 50_000;

/// All that has happened.
#[derive(Debug)]
pub struct Run {
    /// When it was over, in microseconds.
    pub end: i64,
    /// Whether there were too many frames to go on.
    pub is_cut_short: bool,
    /// The frames and their copies, in the order in which they were sent.
    pub records: Vec<Record>,
    /// The name of each record, and which copy it is.
    pub names: Vec<(String, u32)>,
    /// The same on each single link, where there is a router.
    pub on_links: Option<Frames>,
    /// How the states of connections have changed.
    pub changes: Vec<Change>,
    /// What the hosts had to do, whenever that has changed.
    pub samples: Vec<Sample>,
    /// What applications and users have done.
    pub notes: Vec<Note>,
}

impl Run {
    /// Lets all of it happen.
    pub fn new(script: &Script) -> Self {
        let storage = Bump::new();
        let mut lab = Lab::new(&storage, script);
        for action in &script.actions {
            lab.run_until(Instant::from_micros(action.at.saturating_mul(1000) as i64));
            lab.perform(action);
        }
        lab.settle();
        lab.end()
    }

    /// The drawing of it.
    pub fn ladder(&self) -> Ladder {
        Ladder::new(&self.records, &self.changes)
    }

    /// The moment that the drawing begins with, in microseconds.
    pub fn start(&self) -> i64 {
        let frames = self.records.iter();
        let frames = frames.filter_map(|record| record.sent.or(record.arrived));
        let times = frames.chain(self.changes.iter().map(|change| change.time));
        times.min().map_or(0, |time| time.total_micros())
    }

    /// The lines of all answers.
    pub fn answers(&self) -> impl Iterator<Item = &str> {
        let notes = self.notes.iter();
        let answers = notes.filter(|note| note.kind == Kind::Answer);
        answers.map(|note| &note.text[..])
    }
}

struct Lab<'a> {
    network: Network,
    log: Rc<RefCell<Log>>,
    /// The server, and behind it the clients.
    hosts: Vec<(Arc<str>, Box<dyn Host + 'a>)>,
    wire: Link,
    /// Where what is forged comes from, if anything is.
    attacker: Option<(Link, Port)>,
    router: Option<Router>,
    mtu: Option<usize>,
    plan: Plan,
    polls: usize,
}

/// The links of the router: to the clients, and to the server.
const ROUTER: [&str; 2] = ["router", "router-b"];

impl<'a> Lab<'a> {
    fn new(storage: &'a Bump, script: &'a Script) -> Self {
        let settings = &script.settings;
        let mut network = Network::new(Medium::Ethernet, script.seed);
        let plan = settings.plan();
        let far = network.switch();
        let near = if plan.is_routed {
            network.switch()
        } else {
            far.clone()
        };
        let mut names = Names::default();
        let server: Arc<str> = "server".into();
        names.know(Number::SERVER.address(plan), &server);
        let clients: Vec<(Arc<str>, Number)> = (1..=settings.clients)
            .map(|count| {
                let name = match count {
                    1 => "client".into(),
                    _ => format!("client{count}").into(),
                };
                (name, Number(count as u8 + 1))
            })
            .collect();
        for (name, number) in &clients {
            names.know(number.address(plan), name);
        }
        let log = Rc::new(RefCell::new(Log::new(&script.fates, names)));
        let watched = log.clone();
        network.watch(move |event| watched.borrow_mut().see(event));
        let link = |segment: &Segment, name: &str| {
            let link = segment.link(name);
            let (name, log) = (name.to_owned(), log.clone());
            link.from_host
                .decide(move |_, frame| log.borrow_mut().decide(&name, frame));
            link
        };

        let wire = link(&far, &server);
        wire.set(settings.conditions());
        let seed = network.random_seed();
        let of_server: Box<dyn Host + 'a> = match settings.is_plain {
            true => Box::new(Plain::new(storage, settings, (&server, wire.clone()), seed)),
            false => {
                let place = (&server, wire.clone());
                Box::new(Server::new(storage, settings, &log, place, seed))
            }
        };
        let mut hosts = vec![(server, of_server)];
        for (name, number) in &clients {
            let (link, seed) = (link(&near, name), network.random_seed());
            let client = Client::new(storage, settings, &log, (name, *number, link), seed);
            hosts.push((name.clone(), Box::new(client)));
        }
        let mut deeds = script.actions.iter().map(|action| &action.deed);
        let is_attacked = deeds.any(|deed| matches!(deed, Deed::Flood(_) | Deed::Forge));
        let attacker = is_attacked.then(|| link(&far, "attacker"));
        let router = settings.path().map(|mtu| {
            let links = [link(&near, ROUTER[0]), link(&far, ROUTER[1])];
            links[0].set(settings.near_conditions());
            let [a, b] = plan.router();
            let mut router = Router::new([(&links[0], a), (&links[1], b)], mtu);
            router.set_filters_errors(settings.filters_errors);
            // They have met before: this is about the client and its path.
            let hardware = Number::SERVER.hardware().into();
            router.add_neighbor(1, Number::SERVER.address(plan), hardware);
            router
        });
        Self {
            network,
            log,
            hosts,
            wire,
            attacker: attacker.map(|link| (link.clone(), link.port())),
            router,
            mtu: settings.path(),
            plan,
            polls: 0,
        }
    }

    /// The network, and what is polled on it.
    fn parts(&mut self) -> (&mut Network, Poll<'_, 'a>) {
        let poll = Poll {
            log: &self.log,
            hosts: &mut self.hosts,
            attacker: &mut self.attacker,
            router: &mut self.router,
            polls: &mut self.polls,
        };
        (&mut self.network, poll)
    }

    /// Does the next thing that happens.
    fn step(&mut self) {
        let (network, mut poll) = self.parts();
        network.step(|turn| poll.run(turn));
    }

    fn is_cut_short(&self) -> bool {
        is_too_long(&self.log.borrow(), self.polls)
    }

    fn run_until(&mut self, end: Instant) {
        let now = self.network.now();
        if now < end {
            let (network, mut poll) = self.parts();
            // Hosts that never come to an end are polled no more: see `Poll`.
            let _ = network.run_for(end - now, |turn| poll.run(turn));
        }
    }

    fn perform(&mut self, Action { place, deed, .. }: &Action) {
        let now = self.network.now();
        let text = deed_text(deed);
        match deed {
            Deed::Cut => self.wire.cut(),
            Deed::Mend => self.wire.mend(),
            Deed::Flood(count) => {
                for number in 0..*count {
                    self.inject(&forgery::syn(number, self.plan));
                }
            }
            Deed::Forge => {
                self.inject(&forgery::datagram(self.plan));
            }
            Deed::Wait => return,
            deed => {
                for (name, host) in &mut self.hosts {
                    if **name == **place {
                        host.perform(deed, now);
                    }
                }
            }
        }
        let place: Arc<str> = place[..].into();
        if *deed == Deed::Crash {
            self.log.borrow_mut().lose_power(&place, now);
        }
        self.log.borrow_mut().note(now, &place, Kind::Deed, text);
        self.network.wake();
    }

    fn inject(&self, frame: &[u8]) {
        if let Some((link, _)) = &self.attacker {
            link.from_host.inject(frame);
        }
    }

    /// Goes on until nothing is left to do.
    fn settle(&mut self) {
        let last = self.network.now() + MOST_TIME;
        // The hosts hear of what was done last.
        let mut is_busy = true;
        while is_busy
            && !self.is_cut_short()
            && self.network.next_step_at().is_some_and(|next| next <= last)
        {
            self.step();
            let now = self.network.now();
            let is_due = self.network.next_step_at().is_some_and(|next| next <= now);
            let log = self.log.borrow();
            let hosts = self.hosts.iter();
            let latest = hosts.clone().filter_map(|(name, _)| {
                let mut samples = log.samples.iter().rev();
                samples.find(|sample| sample.host == *name)
            });
            is_busy = is_due
                || !log.under_way.is_empty()
                || hosts.clone().any(|(_, host)| host.is_busy())
                || latest.into_iter().any(Sample::is_busy);
        }
    }

    fn end(self) -> Run {
        let is_cut_short = self.is_cut_short();
        let end = self.network.now().total_micros();
        drop(self.hosts);
        drop(self.network);
        let log = self.log.take();
        let mut records = simulated::records(&log.events);
        tell(&mut records, &log.transmissions);
        // One record for each copy of a frame, in the same order.
        let mut copies: Vec<(u64, u32)> = Vec::new();
        for event in &log.events {
            if let Err(place) = copies.binary_search(&(event.number, event.copy)) {
                copies.insert(place, (event.number, event.copy));
            }
        }
        let name = |(number, copy): (u64, u32)| {
            let name = log.names.get(number as usize - 1).cloned();
            (name.unwrap_or_default(), copy)
        };
        let names: Vec<_> = copies.into_iter().map(name).collect();
        debug_assert_eq!(names.len(), records.len());
        let frames = Frames { records, names };
        let (frames, on_links) = match self.mtu {
            None => (frames, None),
            Some(mtu) => (through::joined(&frames, ROUTER, mtu), Some(frames)),
        };
        Run {
            end,
            is_cut_short,
            records: frames.records,
            names: frames.names,
            on_links,
            changes: log.changes,
            samples: log.samples,
            notes: log.notes,
        }
    }
}

/// What is there to be polled.
struct Poll<'l, 'a> {
    log: &'l RefCell<Log>,
    hosts: &'l mut [(Arc<str>, Box<dyn Host + 'a>)],
    attacker: &'l mut Option<(Link, Port)>,
    router: &'l mut Option<Router>,
    polls: &'l mut usize,
}

impl Poll<'_, '_> {
    fn run(&mut self, turn: &mut Turn) {
        let Self {
            log,
            hosts,
            attacker,
            router,
            polls,
        } = self;
        if is_too_long(&log.borrow(), **polls) {
            return;
        }
        **polls += 1;
        if let Some(router) = router {
            router.poll(turn);
        }
        for (_, host) in hosts.iter_mut() {
            let timer = host.poll(turn.now);
            turn.wake_in(timer.map(|timer| timer.max(turn.now) - turn.now));
            let sample = host.sample(turn.now, timer);
            log.borrow_mut().sample(sample);
        }
        // What is sent to an address that no host has is heard by none.
        while let Some((_, port)) = attacker
            && let Some((frame, _)) = port.receive(turn.now)
        {
            frame.consume(|_| ());
        }
    }
}

fn is_too_long(log: &Log, polls: usize) -> bool {
    log.names.len() > MOST_FRAMES || polls > MOST_POLLS
}

/// What was done, for a reader.
fn deed_text(deed: &Deed) -> String {
    match deed {
        Deed::Tcp(line) => format!("sends “{line}” over TCP"),
        Deed::Bulk(length) => format!("sends {length} bytes over TCP"),
        Deed::Udp(line) => format!("sends “{line}” over UDP"),
        Deed::Finish => "closes its side".into(),
        Deed::Abort => "resets the connection".into(),
        Deed::Pause => "stops reading".into(),
        Deed::Resume => "reads on".into(),
        Deed::Crash => "loses power".into(),
        Deed::Boot => "boots".into(),
        Deed::Cut => "the wire is cut".into(),
        Deed::Mend => "the wire is mended".into(),
        Deed::Flood(count) => format!("{count} forged SYNs"),
        Deed::Forge => "a forged datagram".into(),
        Deed::Wait => String::new(),
    }
}
