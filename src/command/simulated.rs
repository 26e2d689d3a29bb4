//! A client and both servers in one process, in a simulated network with faults.

use std::mem::replace;

use smoltcp::phy::Medium;
use smoltcp::time::{Duration, Instant};
use uppercase::device::capture::Capture;
use uppercase::device::reassembly::Reassembly;
use uppercase::simulation::{self, Network};
use uppercase::stack::{Next, Service, Sockets, from_fn};
use uppercase::{Context, Stack};

use super::args::{Client, Link};
use super::dialogue;
use super::failure::Failure;
use super::faults::Faults;
use super::host::{Clock, Host, choose_seed};
use super::input::Input;
use super::logger::on_side;
use super::memory;
use super::recorder::{CLIENT, Recorder, Recording, SERVER};
use super::setup::{self, Fragments, Servers};

/// How long the hosts run on after the client has its answer: longer than TIME-WAIT takes.
const AFTERWARDS: Duration = Duration::from_secs(30);
/// How often the hosts are polled before they count as busy without end.
const MOST_POLLS: u64 = 50_000_000;

type Device = Reassembly<'static, Capture<simulation::Port, Option<Recording>>>;
type Hosted = Stack<'static, Device>;

/// Runs a client, with its server at the other end of a network with faults.
pub fn with_client(
    args: &Client,
    faults: &Faults,
    recorder: &Recorder<'_>,
    run: impl for<'a> FnOnce(&mut dyn Host<'a>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let seed = faults.seed();
    choose_seed(seed);
    let mut network = Network::new(Medium::Ethernet, seed);
    network.watch(faults.watch());
    recorder.watch_network(&mut network);
    let [client, server] = [CLIENT, SERVER].map(|name| network.link(name));
    // What is between them is on the client's link.
    client.set(faults.conditions());
    server.set(faults.size());
    for link in [&client, &server] {
        faults.drop_from(&link.from_host);
    }
    let clock = Clock::start();
    let plug = |link: &simulation::Link, end, is_filed| {
        let recording = recorder.interface((end, end), Medium::Ethernet, &clock, is_filed)?;
        // Lent for as long as the program runs.
        let fragments = Box::leak(Box::new(Fragments::new()));
        let device = Reassembly::new(Capture::new(link.port(), recording), fragments);
        Ok::<Device, Failure>(device)
    };
    let client = plug(&client, CLIENT, true)?;
    let boot = |now| {
        let device = plug(&server, SERVER, recorder.has_both_ends())?;
        boot(device, args, recorder, now)
    };
    let (server, servers) = boot(Instant::ZERO)?;
    on_side("client", || {
        let mut client = setup::stack(client, &args.link, 2, Instant::ZERO)?;
        recorder.watch(&mut client, CLIENT);
        let mut simulated = Simulated {
            network,
            client,
            server,
            servers,
            crash: faults.crash().map(|time| Instant::ZERO + time),
            boot: &boot,
            faults,
            failure: None,
            polls: 0,
            has_text: false,
        };
        let result = run(&mut simulated);
        if recorder.is_drawing() {
            simulated.settle();
        }
        result
    })
}

/// A host with both servers.
fn boot(
    device: Device,
    args: &Client,
    recorder: &Recorder<'_>,
    now: Instant,
) -> Result<(Hosted, Servers<'static>), Failure> {
    on_side("server", || {
        let mut server = setup::stack(device, &Link::of_server_in_memory(), 1, now)?;
        recorder.watch(&mut server, SERVER);
        let connections = Box::leak(Box::new(setup::Connections::new(1, 0, args.buffer())));
        let config = memory::server_config(args);
        let servers = setup::servers(server.sockets(), Some(connections), true, config)?;
        Ok((server, servers))
    })
}

struct Simulated<'s> {
    network: Network,
    client: Hosted,
    server: Hosted,
    servers: Servers<'static>,
    /// When the server's host starts again.
    crash: Option<Instant>,
    boot: &'s dyn Fn(Instant) -> Result<(Hosted, Servers<'static>), Failure>,
    faults: &'s Faults,
    /// Why the server's host could not start again.
    failure: Option<Failure>,
    polls: u64,
    /// Whether the text has been read.
    has_text: bool,
}

impl Simulated<'_> {
    /// Lets everything arrive that is on its way, and connections end.
    fn settle(&mut self) {
        let end = self.network.now() + AFTERWARDS;
        while let Some(delay) = self.poll(&mut from_fn(|_| None)) {
            if self.network.now() + delay > end || self.wait(Some(delay), None).is_err() {
                break;
            }
        }
    }

    /// Starts the server's host again, if it is time.
    fn crash(&mut self, now: Instant) {
        if self.crash.take_if(|time| *time <= now).is_some() {
            self.faults.note();
            match (self.boot)(now) {
                Ok(booted) => (self.server, self.servers) = booted,
                Err(failure) => self.failure = Some(failure),
            }
        }
    }
}

impl Host<'static> for Simulated<'_> {
    fn sockets(&mut self) -> &mut Sockets<'static> {
        self.client.sockets()
    }

    fn context(&mut self) -> Context<'_, 'static> {
        self.client.context(self.network.now())
    }

    fn poll(&mut self, service: &mut dyn Service<'static>) -> Option<Duration> {
        self.polls += 1;
        let now = self.network.now();
        self.crash(now);
        // What waits for room is polled when the network has some.
        let due = |next: Next| match next {
            Next::Room => None,
            next => next.due(now),
        };
        let client = due(self.client.poll(now, service));
        let server = due(on_side("server", || {
            self.server.poll(now, &mut self.servers)
        }));
        let next = [client, server, self.network.next_event_at(), self.crash];
        let next = next.into_iter().flatten().min()?;
        Some(next.max(now) - now)
    }

    /// Time passes at once. Input takes none, however long its reader waits for it.
    fn wait(
        &mut self,
        delay: Option<Duration>,
        input: Option<&mut Input>,
    ) -> Result<bool, Failure> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        if let Some(input) = input.filter(|_| delay != Some(Duration::ZERO)) {
            // In pieces as they come, the text would be in other segments each time.
            if !dialogue::is_wanted() && !replace(&mut self.has_text, true) {
                let read = input.read_all();
                read.map_err(Failure::of("standard input cannot be read"))?;
                return Ok(false);
            }
            return Ok(true);
        }
        match delay {
            Some(delay) if self.polls < MOST_POLLS => {
                self.network.sleep(delay);
                Ok(false)
            }
            Some(_) => Err(Failure::Error("the hosts are busy without end".into())),
            None => Err(Failure::Error(
                "nothing more can happen: no frame is on its way, and no host waits for a time"
                    .into(),
            )),
        }
    }
}
