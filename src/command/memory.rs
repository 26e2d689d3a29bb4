//! A client and both servers in one process, on a wire in memory.

use smoltcp::phy::Medium;
use smoltcp::time::Duration;
use uppercase::device::capture::Capture;
use uppercase::device::reassembly::Reassembly;
use uppercase::device::wire::{Port, Wire};
use uppercase::stack::{Service, Sockets, from_fn};
use uppercase::{Context, Stack, tcp};

use super::args::{Client, Link};
use super::failure::Failure;
use super::host::{Clock, Host};
use super::input::Input;
use super::logger::on_side;
use super::recorder::{CLIENT, Recorder, Recording, SERVER};
use super::setup::{self, Fragments, Servers};

const FRAMES: usize = 16;
const MTU: usize = 1514;

/// Runs a client; its server is at the other end of the wire.
pub fn with_client(
    args: &Client,
    recorder: &Recorder<'_>,
    run: impl for<'a> FnOnce(&mut dyn Host<'a>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let wire = Wire::new();
    let (client, server) = wire.ports(Medium::Ethernet);
    let mut fragments = [(); 2].map(|()| Box::new(Fragments::new()));
    let [of_client, of_server] = &mut fragments;
    let clock = Clock::start();
    let record = |end, is_filed| recorder.interface((end, end), Medium::Ethernet, &clock, is_filed);
    let client = Capture::new(client, record(CLIENT, true)?);
    let server = Capture::new(server, record(SERVER, recorder.has_both_ends())?);
    let (client, server) = (
        Reassembly::new(client, of_client),
        Reassembly::new(server, of_server),
    );
    let mut connections = setup::Connections::new(1, 0, args.buffer());
    let config = server_config(args);
    let (server, servers) = on_side("server", || {
        let mut server = setup::stack(server, &Link::of_server_in_memory(), 1, clock.now())?;
        recorder.watch(&mut server, SERVER);
        let servers = setup::servers(server.sockets(), Some(&mut connections), true, config)?;
        Ok((server, servers))
    })?;
    on_side("client", || {
        let mut client = setup::stack(client, &args.link, 2, clock.now())?;
        recorder.watch(&mut client, CLIENT);
        let mut memory = Memory {
            client,
            servers,
            server,
            wire: &wire,
            clock,
        };
        let result = run(&mut memory);
        if recorder.is_drawing() {
            memory.settle();
        }
        result
    })
}

/// The server's settings.
pub fn server_config(args: &Client) -> tcp::Config {
    tcp::Config::default()
        .with_port(args.port())
        .with_once(args.over_tcp.once)
        // Only the user keeps this server waiting, and may take any time.
        .with_idle_timeout(None)
        .with_close_timeout(None)
        .with_keep_alive(None)
        .with_silence_timeout(None)
}

type Device<'a> = Reassembly<'a, Capture<Port<'a, FRAMES, MTU>, Option<Recording>>>;

struct Memory<'a> {
    clock: Clock,
    wire: &'a Wire<FRAMES, MTU>,
    client: Stack<'a, Device<'a>>,
    server: Stack<'a, Device<'a>>,
    servers: Servers<'a>,
}

/// How often both stacks are polled until nothing is on its way.
const MOST_POLLS: usize = 100;

impl Memory<'_> {
    /// Lets everything arrive that is on its way.
    fn settle(&mut self) {
        for _ in 0..MOST_POLLS {
            let delay = self.poll(&mut from_fn(|_| None));
            if delay != Some(Duration::ZERO) {
                break;
            }
        }
    }
}

impl<'a> Host<'a> for Memory<'a> {
    fn sockets(&mut self) -> &mut Sockets<'a> {
        self.client.sockets()
    }

    fn context(&mut self) -> Context<'_, 'a> {
        self.client.context(self.clock.now())
    }

    fn poll(&mut self, service: &mut dyn Service<'a>) -> Option<Duration> {
        let now = self.clock.now();
        let client = self.client.poll(now, service).delay(now);
        // What the client has sent has been on its way for a while.
        let now = self.clock.now();
        let server = on_side("server", || self.server.poll(now, &mut self.servers));
        if self.wire.is_empty() {
            client.into_iter().chain(server.delay(now)).min()
        } else {
            Some(Duration::ZERO)
        }
    }

    /// Both stacks are here: nothing happens before the delay is over, unless there is input. That
    /// blocks, which is all right once the stacks have nothing left to do at this moment.
    fn wait(
        &mut self,
        delay: Option<Duration>,
        input: Option<&mut Input>,
    ) -> Result<bool, Failure> {
        let idle = delay != Some(Duration::ZERO);
        if idle && input.is_none() {
            std::thread::sleep(delay.unwrap_or(Duration::ZERO).into());
        }
        Ok(idle && input.is_some())
    }
}
