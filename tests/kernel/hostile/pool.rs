//! More clients at once than there are slots.

use std::sync::Barrier;
use std::thread;

use super::honest::connect;
use crate::link::{Link, serve};
use crate::serve_tcp::exchange;

fn served_by_a_pool_of_two(clients: usize) {
    for link in [Link::ALL[0], Link::ALL[1]] {
        let mut server = serve("--tap tap0 --connections 2");
        let together = Barrier::new(clients);
        thread::scope(|scope| {
            for _ in 0..clients {
                scope.spawn(|| {
                    together.wait();
                    let answer = exchange(connect(link.server()), b"me too", &[2]);
                    assert_eq!(answer, b"ME TOO");
                });
            }
        });
        let outcome = server.interrupt();
        assert_eq!((outcome.code, &*outcome.stderr), (Some(0), ""));
    }
}

pub fn sixty_four_clients_at_once_are_served_by_a_pool_of_two() {
    served_by_a_pool_of_two(64);
}

pub fn two_hundred_and_fifty_six_clients_at_once_are_served_by_a_pool_of_two() {
    served_by_a_pool_of_two(256);
}
