//! The ports of clients (RFC 6056), and other numbers that another host must not guess.

use crate::secret::{Key, Purpose};

/// Ports of the dynamic range, and the first of them (RFC 6335).
const COUNT: u32 = 1 << BITS;
const FIRST: u16 = 0xc000;
const BITS: u32 = 14;
/// How far apart the two places of a port are at least. What is left out between them is less than
/// a third, so that 2000 other ports are drawn before one is drawn again.
const APART: u32 = 3000;
/// Rounds of the permutation. A network of four is random enough for few samples (Luby and Rackoff,
/// 1988); here there may be as many as there are ports.
const ROUNDS: u32 = 8;
const HALF: u32 = BITS / 2;
const MASK: u32 = (1 << HALF) - 1;

/// Draws ports and other numbers.
///
/// The ports come in an order that is random, but has each of them once: a keyed permutation of all,
/// another one each time that all have been drawn. So one port tells as little about the next as
/// RFC 6056, 3.3.1 asks for, and it takes long until a port comes again.
pub(super) struct Ports {
    order: Key,
    /// How many were drawn.
    drawn: u32,
    identifications: Key,
    count: u64,
}

impl Ports {
    pub(super) fn new(random_seed: u64) -> Self {
        Self {
            order: Key::new(random_seed, Purpose::Ports),
            drawn: 0,
            identifications: Key::new(random_seed, Purpose::Identifications),
            count: 0,
        }
    }

    /// See [`Context::ephemeral_port`](super::Context::ephemeral_port).
    pub(super) fn next(&mut self) -> u16 {
        loop {
            let (turn, place) = (self.drawn / COUNT, self.drawn % COUNT);
            self.drawn = self.drawn.wrapping_add(1);
            let port = self.permute(turn, place);
            // It may be one of the last of the turn before.
            let is_recent =
                turn > 0 && place < APART && place + COUNT < self.place(turn - 1, port) + APART;
            if !is_recent {
                return FIRST | port as u16;
            }
        }
    }

    /// A random number, for what another host must not guess.
    pub(super) fn random(&mut self) -> u16 {
        self.count = self.count.wrapping_add(1);
        self.identifications.hash(self.count) as u16
    }

    /// The port in this place of the order (a Feistel network).
    fn permute(&self, turn: u32, place: u32) -> u32 {
        let (mut left, mut right) = (place >> HALF, place & MASK);
        for round in 0..ROUNDS {
            (left, right) = (right, left ^ self.mix(turn, round, right));
        }
        left << HALF | right
    }

    /// The place of this port in the order.
    fn place(&self, turn: u32, port: u32) -> u32 {
        let (mut left, mut right) = (port >> HALF, port & MASK);
        for round in (0..ROUNDS).rev() {
            (left, right) = (right ^ self.mix(turn, round, left), left);
        }
        left << HALF | right
    }

    fn mix(&self, turn: u32, round: u32, half: u32) -> u32 {
        let number = u64::from(turn) << 32 | u64::from(round << 16 | half);
        self.order.hash(number) as u32 & MASK
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::vec::Vec;

    use super::*;

    #[test]
    fn each_turn_has_every_port_and_none_comes_again_soon() {
        for seed in [0, 1, u64::MAX] {
            let mut ports = Ports::new(seed);
            let mut latest = HashMap::new();
            for number in 0..50_000_u32 {
                let before = latest.insert(ports.next(), number);
                assert!(before.is_none_or(|before| number - before >= 2000));
                if number == COUNT - 1 {
                    assert_eq!(latest.len(), COUNT as usize);
                }
            }
        }
    }

    #[test]
    fn the_order_can_be_read_both_ways_and_each_turn_has_another() {
        let ports = Ports::new(7);
        for turn in 0..3 {
            assert!((0..COUNT).all(|place| ports.place(turn, ports.permute(turn, place)) == place));
        }
        let same = (0..COUNT).filter(|place| ports.permute(0, *place) == ports.permute(1, *place));
        assert!(same.count() < 10);
    }

    #[test]
    fn what_is_drawn_for_one_purpose_is_not_drawn_for_another() {
        let mut ports = Ports::new(7);
        let drawn: Vec<_> = (0..16).map(|_| ports.next()).collect();
        let random: Vec<_> = (0..16).map(|_| FIRST | ports.random()).collect();
        assert_ne!(drawn, random);
    }
}
