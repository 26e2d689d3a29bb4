//! A host that is attacked, an honest one beside it, and a clock that jumps.
//!
//! What is promised for all frames that may arrive:
//! - neither host panics, and both come to rest after a bounded number of polls;
//! - a request over UDP is answered once at most, in upper case, to its sender;
//! - what an honest client receives over TCP is the beginning of its answer;
//! - when the attack has ended and the time limits have passed, every slot is free again and
//!   honest clients are served.

use smoltcp::time::{Duration, Instant};
use uppercase::device::reassembly::Reassembly;
use uppercase::stack::{PendingSyn, earliest};

use crate::common::network::{CLIENT, Link, SECOND, SERVER};
use crate::host::{Host, MOST_FRAMES, Memory, stack};
use crate::judge::Judge;
use crate::line::{End, Line};
use crate::setup::Setup;

/// Rounds of polling until nothing moves any more.
const MOST_ROUNDS: usize = 500;
/// Moments at which something happens, however long the time that passes.
const MOST_EVENTS: usize = 2_000;
/// After this all that was begun has come to its end: idle, then closing, then TIME-WAIT.
const ALL_LIMITS: Duration = Duration::from_secs(25);

const TEXT: &[u8] = "straße \u{390} \u{ff}\n, and some more".as_bytes();
/// The transform has a target of its own, so here it has little to do.
const MORE: &[u8] = b" it goes on and on, in letters that are converted fast";

pub struct House<'a> {
    pub setup: Setup,
    pub now: Instant,
    pub judge: Judge,
    /// The one that is attacked.
    host: Host<'a>,
    /// The honest one.
    peer: Host<'a>,
    flood: Vec<Vec<u8>>,
}

impl<'a> House<'a> {
    pub fn new(setup: Setup, memory: &'a mut [Memory<'a>; 2]) -> Self {
        let [for_host, for_peer] = memory;
        let end = || End::new(setup.link.medium, setup.ip_mtu());
        let whole = |fragments| Line::Whole(Reassembly::new(end(), fragments));
        let line = match setup.reassembles {
            true => whole(&mut for_host.fragments),
            false => Line::Plain(end()),
        };
        let mut host = stack(line, SERVER, setup.link);
        if setup.backlog {
            host = host.with_backlog(vec![PendingSyn::EMPTY; 2]);
        }
        let peer = stack(whole(&mut for_peer.fragments), CLIENT, setup.link);
        let mut house = Self {
            setup,
            now: Instant::ZERO,
            judge: Judge::new(setup.link),
            host: Host::new(host, &mut for_host.connections),
            peer: Host::new(peer, &mut for_peer.connections),
            flood: Vec::new(),
        };
        house.send_clients();
        house
    }

    /// The clients that talk while the host is attacked begin, if they have not yet.
    pub fn send_clients(&mut self) {
        let link = self.setup.link;
        if self.setup.is_visited {
            self.peer.begin(self.now, link.address(SERVER), TEXT);
        }
        if self.setup.visits {
            self.host.begin(self.now, link.address(CLIENT), TEXT);
        }
    }

    /// A frame that neither host has sent arrives at the host.
    pub fn forge(&mut self, frame: Vec<u8>) {
        self.judge.forged(&frame);
        self.judge.arrives(&frame, 1);
        if self.setup.is_flooded {
            self.flood.push(frame.clone());
        }
        self.host.end().incoming.push_back(frame);
    }

    /// Lets time pass.
    pub fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        for _ in 0..MOST_EVENTS {
            match self.settle() {
                Some(due) if due <= end => self.now = due,
                _ => {
                    self.now = end;
                    return;
                }
            }
        }
        panic!("there is no rest");
    }

    /// Runs both hosts until nothing is left to do at this moment; returns when there will be.
    pub fn settle(&mut self) -> Option<Instant> {
        for _ in 0..MOST_ROUNDS {
            self.poll_host();
            self.poll_peer();
            let quiet = self.host.end().incoming.is_empty();
            let due = earliest(self.host.due, self.peer.due);
            if quiet && due.is_none_or(|due| due > self.now) {
                if !self.judge.is_impersonated {
                    self.peer.clients.check();
                    self.host.clients.check();
                }
                return due;
            }
        }
        panic!("the hosts are busy for ever");
    }

    fn poll_host(&mut self) {
        for frame in self.host.poll(self.now) {
            self.judge.leaves(&frame);
            self.peer.end().incoming.push_back(frame);
        }
    }

    fn poll_peer(&mut self) {
        for frame in self.peer.poll(self.now) {
            self.judge.arrives(&frame, 1);
            self.host.end().incoming.push_back(frame);
        }
    }

    /// The fire has ceased: fails unless the house is as it was before.
    pub fn expect_everything_back(&mut self) {
        self.endure_flood();
        self.settle();
        self.peer.abort(self.now);
        self.host.abort(self.now);
        self.pass(ALL_LIMITS);
        assert_eq!(self.host.connections(), 0, "a place is lost");

        let link = self.setup.link;
        // Longer than a packet, and than a receive buffer, where fragments can be taken.
        let more = match self.setup {
            Setup {
                reassembles: false, ..
            } => 0,
            Setup {
                link: Link { ipv6: true, .. },
                ..
            } => 24,
            _ => 12,
        };
        let text = [TEXT, &MORE.repeat(more)].concat();
        self.peer.begin(self.now, link.address(SERVER), &text);
        self.host.begin(self.now, link.address(CLIENT), TEXT);
        self.pass(SECOND * 9);
        self.peer.clients.expect_answers();
        self.host.clients.expect_answers();
    }

    /// However fast frames arrive, a poll returns.
    fn endure_flood(&mut self) {
        self.settle();
        self.judge.heard.clear();
        // Fragments come together anew each time.
        self.judge.is_raw = true;
        let flood = std::mem::take(&mut self.flood);
        for frame in &flood {
            self.judge.forged(frame);
            self.judge.arrives(frame, MOST_FRAMES.div_ceil(flood.len()));
        }
        self.host.end().flood = flood;
        self.host.due = Some(self.now);
        self.poll_host();
        self.host.end().flood.clear();
        self.host.due = Some(self.now);
    }
}
