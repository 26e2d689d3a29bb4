//! Handlers that say that they have consumed or produced more bytes than there are. A debug build says so.

use smoltcp::time::Instant;
use uppercase::tcp::{self, Handler, Pool, Progress};

use super::common::network::{Actor, Link, MINUTE, Network};
use super::common::talk::Talk;
use super::{Polled, config};

/// Says so many bytes more than there are.
#[derive(Default)]
struct Boaster<const CONSUMED: usize, const PRODUCED: usize, const FINISHED: usize>;

impl<const CONSUMED: usize, const PRODUCED: usize, const FINISHED: usize> Handler
    for Boaster<CONSUMED, PRODUCED, FINISHED>
{
    type Shared = ();

    fn exchange(&mut self, _: &mut (), _: Instant, input: &[u8], output: &mut [u8]) -> Progress {
        Progress {
            consumed: input.len() + CONSUMED,
            produced: match PRODUCED {
                0 => 0,
                more => output.len() + more,
            },
        }
    }

    fn finish(&mut self, _: &mut (), output: &mut [u8]) -> usize {
        match FINISHED {
            0 => 0,
            more => output.len() + more,
        }
    }
}

fn serve<H: Handler + 'static>() {
    let mut network = Network::new(Link::ETHERNET_V4);
    let pool = Box::leak(Box::new(Pool::<1, 512, 512, H>::new()));
    let server = tcp::Server::new(network.server.sockets(), pool, config());
    let mut server = server.expect("there is room");
    let mut talk = Talk::new(&mut network, Link::ETHERNET_V4.server(), 512, b"hello");
    let servers: &mut [&mut dyn Actor] = &mut [&mut Polled(&mut server)];
    network.run(MINUTE, servers, &mut [&mut talk]);
}

#[test]
fn handler_without_a_defect_is_served() {
    serve::<Boaster<0, 0, 0>>();
}

#[test]
#[should_panic(expected = "a handler has consumed or produced")]
fn consuming_more_than_the_input_panics() {
    serve::<Boaster<1, 0, 0>>();
}

#[test]
#[should_panic(expected = "a handler has consumed or produced")]
fn producing_more_than_the_output_panics() {
    serve::<Boaster<0, 1, 0>>();
}

#[test]
#[should_panic(expected = "a handler has consumed or produced")]
fn finishing_with_more_than_the_output_panics() {
    serve::<Boaster<0, 0, 1>>();
}
