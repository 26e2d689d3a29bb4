//! A stack on a cable to other programs of this host.

use smoltcp::time::Duration;
use uppercase::device::cable::{Cable, OpenError};

use super::args::{Client, Link, Server};
#[cfg(not(unix))]
use super::events::Source;
use super::failure::Failure;
use super::faults::Faults;
use super::faulty::Faulty;
use super::host::Host;
use super::live::{Attached, Live};
use super::neighbor::neighbor;
use super::recorder::Recorder;
use super::report::{Count, Traffic};
use super::setup::Fragments;
use super::spin::Received;

/// The first end of the cable, for a server.
pub fn listen(port: u16) -> Result<Cable, Failure> {
    Cable::listen(port).map_err(explain)
}

/// Runs a client at another end of the cable.
pub fn with_client(
    port: u16,
    args: &Client,
    faults: &Faults,
    recorder: &Recorder<'_>,
    run: impl for<'a> FnOnce(&mut dyn Host<'a>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut fragments = Box::new(Fragments::new());
    let mut cable = Cable::connect(port).map_err(explain)?;
    // Mostly it is known by now that nothing listens: the user is not asked for a sentence then.
    let _ = cable.wait(Some(Duration::ZERO));
    cable.settle()?;
    // Neither cut nor wrapped: there are not that many clients.
    let host = 1 + cable.number() as u8;
    let (link, fragments) = (&args.link, &mut *fragments);
    match faults.are_wanted() {
        true => {
            let cable = Faulty::new(cable, faults);
            run(&mut Live::new(cable, link, host, 0, fragments, recorder)?)
        }
        false => run(&mut Live::new(cable, link, host, 0, fragments, recorder)?),
    }
}

/// A client that reaches this server.
pub fn example(port: u16, args: &Server) -> String {
    let protocol = if args.serves_tcp() { "tcp" } else { "udp" };
    let mut command = format!("uppercase {protocol}");
    let own = args.link.addresses(1);
    if let Some(own) = own.first() {
        command += &format!(" {} --cable {port}", own.address());
        let defaults = Link::of_server_in_memory().addresses(2);
        if !defaults
            .iter()
            .any(|client| client.contains_addr(&own.address()))
            && let Some(client) = neighbor(*own)
        {
            command += &format!(" --ip {client}");
        }
    }
    if args.port != uppercase::PORT {
        command += &format!(" --port {}", args.port);
    }
    command
}

/// Why a cable could not be opened, and which option to change.
fn explain(error: OpenError) -> Failure {
    Failure::Error(match error {
        OpenError::NoLoopback => error.to_string(),
        error => format!("{error} with --cable"),
    })
}

impl Attached for Cable {
    fn name(&self) -> String {
        format!("cable {}", self.port())
    }

    /// A server that has answered once may be away for a while.
    fn settle(&mut self) -> Result<(), Failure> {
        if self.is_refused() && self.statistics().received_frames == 0 {
            let port = self.port();
            return Err(Failure::Error(format!(
                "no server on cable {port}: start one with: uppercase serve --cable {port}"
            )));
        }
        Ok(())
    }

    /// The error is what became of a frame.
    fn survive(&self) -> Result<(), Failure> {
        Ok(())
    }

    fn received(&self) -> Received {
        Received {
            frames: self.statistics().received_frames,
            bytes: 0,
        }
    }

    fn traffic(&self) -> Traffic {
        let statistics = self.statistics();
        Traffic {
            device: "Cable",
            received_frames: statistics.received_frames,
            sent_frames: statistics.sent_frames,
            notes: vec![
                Count {
                    name: "forwarded_frames",
                    count: statistics.forwarded_frames,
                    what: "from one client to another",
                },
                Count {
                    name: "received_dropped",
                    count: statistics.received_dropped,
                    what: "dropped: no Ethernet frame of another program",
                },
                Count {
                    name: "sent_dropped",
                    count: statistics.sent_dropped,
                    what: "could not be sent",
                },
            ],
        }
    }
}

#[cfg(not(unix))]
impl Source for Cable {
    fn wait(&mut self, timeout: smoltcp::time::Duration) -> std::io::Result<bool> {
        Self::wait(self, Some(timeout))
    }
}
