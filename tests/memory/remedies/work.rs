//! How much a stack does in one call while frames come faster than it takes them.

use std::cell::Cell;
use std::rc::Rc;

use smoltcp::phy::{Device, RxToken};
use smoltcp::time::Instant;
use uppercase::simulation::{Network, Random};
use uppercase::stack::{Service, from_fn};
use uppercase::tcp;

use super::common::ask::parts;
use super::common::network::{Link, SERVER};
use super::forged::near_datagram;
use super::stock::Stock;
use super::world::{self, DATAGRAM, QUEUE, Server};

pub const FRAMES: usize = 100_000;

/// What one call has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Work {
    /// Frames that it took.
    pub taken: usize,
    /// How often it let the services work.
    pub served: usize,
}

/// Frames that wait in the device, which are questions to the UDP server.
fn flooded(link: Link) -> (Network, uppercase::simulation::Port) {
    let mut network = Network::new(link.medium, 1);
    let cable = network.link("server");
    let port = cable.port();
    let mut random = Random::new(1);
    for _ in 0..FRAMES {
        cable.to_host.inject(&near_datagram(link, &mut random));
    }
    (network, port)
}

fn left(port: &mut impl Device) -> usize {
    let mut left = 0;
    while let Some((frame, _)) = port.receive(Instant::ZERO) {
        frame.consume(|_| left += 1);
    }
    left
}

pub fn ours(link: Link) -> Work {
    let (_network, port) = flooded(link);
    let mut stack = world::stack(link, port, 1, SERVER.into(), &[]);
    let server = uppercase::udp::Server::from_parts(
        stack.sockets(),
        parts(DATAGRAM, QUEUE),
        tcp::Config::default().port,
    );
    let mut server = server.expect("there is room");
    let served = Rc::new(Cell::new(0));
    let count = served.clone();
    let delay = stack
        .poll(
            Instant::ZERO,
            &mut from_fn(|context| {
                count.set(count.get() + 1);
                server.poll(context)
            }),
        )
        .delay(Instant::ZERO);
    assert_eq!(
        delay.map(|delay| delay.total_micros()),
        Some(0),
        "it asks to be called again"
    );
    Work {
        taken: FRAMES - left(stack.device_mut()),
        served: served.get(),
    }
}

pub fn stock(link: Link) -> Work {
    let (_network, port) = flooded(link);
    let mut server = Stock::new(link, port, 1, SERVER.into(), 1);
    server.poll(Instant::ZERO);
    Work {
        taken: FRAMES - left(server.device()),
        served: 1,
    }
}

#[test]
fn one_call_of_plain_smoltcp_takes_every_frame_and_ours_takes_some_and_serves_them() {
    for link in Link::ALL {
        assert_eq!(stock(link).taken, FRAMES, "{link:?}");
        let ours = ours(link);
        assert!((1..=64).contains(&ours.taken), "{link:?}: {ours:?}");
        assert_eq!(ours.served, 1, "{link:?}");
    }
}
