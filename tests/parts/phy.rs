//! The PHY of a board, by its registers (IEEE 802.3, clause 22).

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use smoltcp::time::{Duration, Instant};
use uppercase::firmware::phy::{Abilities, Link, Mdio, Phy};

const CONTROL: u8 = 0;
const STATUS: u8 = 1;
const IDENTIFIER: u8 = 2;
const ADVERTISEMENT: u8 = 4;
const PARTNER: u8 = 5;
const GIGABIT_CONTROL: u8 = 9;
const GIGABIT_STATUS: u8 = 10;

/// STATUS: complete and up.
const UP: u16 = 0x24;

/// The wires, with one PHY; where there is none, they are pulled up.
struct Wires {
    address: u8,
    registers: RefCell<BTreeMap<u8, u16>>,
    /// The link was down since STATUS was read last (22.2.4.2.13).
    was_down: Cell<bool>,
    reads: Cell<usize>,
}

impl Wires {
    fn new(address: u8) -> Self {
        Self {
            address,
            registers: RefCell::new(BTreeMap::from([(IDENTIFIER, 7)])),
            was_down: Cell::new(true),
            reads: Cell::new(0),
        }
    }

    fn set(&self, register: u8, value: u16) {
        self.registers.borrow_mut().insert(register, value);
    }

    fn get(&self, register: u8) -> u16 {
        let registers = self.registers.borrow();
        registers.get(&register).copied().unwrap_or_default()
    }

    /// A partner that offers this.
    fn plug_in(&self, offers: u16, gigabit: u16) {
        self.set(PARTNER, offers);
        self.set(GIGABIT_STATUS, gigabit);
        self.set(STATUS, UP);
    }

    fn pull_out(&self) {
        self.set(STATUS, 0);
        self.was_down.set(true);
    }
}

impl Mdio for &Wires {
    fn read(&self, phy: u8, register: u8) -> Option<u16> {
        self.reads.set(self.reads.get() + 1);
        if phy != self.address {
            return Some(0xffff);
        }
        if register == STATUS && self.was_down.replace(false) {
            return Some(0);
        }
        Some(self.get(register))
    }

    fn write(&self, phy: u8, register: u8, value: u16) {
        assert_eq!(phy, self.address);
        self.set(register, value);
    }
}

fn link(megabits_per_second: u32, full_duplex: bool) -> Option<Link> {
    Some(Link {
        megabits_per_second,
        full_duplex,
    })
}

#[test]
fn first_phy_that_answers_negotiates_what_the_controller_can_do() {
    let wires = Wires::new(3);
    let phy = Phy::start(&wires, 0..32, Abilities::All1000).expect("it answers");
    assert_eq!(phy.link(), None);
    assert_eq!(wires.get(ADVERTISEMENT), 0x01e1);
    assert_eq!(wires.get(GIGABIT_CONTROL), 0x0200);
    assert_eq!(wires.get(CONTROL), 0x1200);

    let wires = Wires::new(3);
    assert!(Phy::start(&wires, [3], Abilities::FullDuplex100).is_some());
    assert_eq!(wires.get(ADVERTISEMENT), 0x0141);
    assert_eq!(
        wires.get(GIGABIT_CONTROL),
        0,
        "it may have no such register"
    );
}

#[test]
fn wires_without_a_phy_have_none() {
    let wires = Wires::new(3);
    assert!(Phy::start(&wires, 4..32, Abilities::All1000).is_none());
    wires.set(IDENTIFIER, 0);
    assert!(Phy::start(&wires, 0..32, Abilities::All1000).is_none());
}

/// Clause 28B.3: the best of what both can do.
#[test]
fn link_is_the_best_that_both_can_do() {
    for (abilities, offers, gigabit, expected) in [
        (Abilities::All1000, 0x01e1, 0x0800, link(1000, true)),
        (Abilities::All1000, 0x01e1, 0, link(100, true)),
        (Abilities::All1000, 0x00e1, 0, link(100, false)),
        (Abilities::All1000, 0x0061, 0, link(10, true)),
        (Abilities::All1000, 0x0021, 0, link(10, false)),
        (Abilities::FullDuplex100, 0x01e1, 0x0800, link(100, true)),
        (Abilities::FullDuplex100, 0x0061, 0, link(10, true)),
    ] {
        let wires = Wires::new(0);
        let mut phy = Phy::start(&wires, [0], abilities).expect("it answers");
        wires.plug_in(offers, gigabit);
        assert!(phy.follow(Instant::ZERO));
        assert_eq!(
            phy.link(),
            expected,
            "{abilities:?}, {offers:#x}, {gigabit:#x}"
        );
    }
}

#[test]
fn link_is_followed_four_times_a_second() {
    let wires = Wires::new(0);
    let mut phy = Phy::start(&wires, [0], Abilities::FullDuplex100).expect("it answers");
    let mut now = Instant::ZERO;
    assert!(!phy.follow(now), "it is down, as before");
    wires.plug_in(0x01e1, 0);
    let reads = wires.reads.get();
    assert!(!phy.follow(now + Duration::from_millis(249)));
    assert_eq!(wires.reads.get(), reads, "it is not asked yet");
    now += Duration::from_millis(250);
    assert!(phy.follow(now));
    assert_eq!(phy.link(), link(100, true));
    for expected in [None, link(100, true)] {
        match expected {
            None => wires.pull_out(),
            Some(_) => wires.plug_in(0x01e1, 0),
        }
        now += Duration::from_millis(250);
        assert!(phy.follow(now));
        assert_eq!(phy.link(), expected);
    }
}
