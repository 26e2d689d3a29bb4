//! A board without an address of its own: the emulator's network gives it one by DHCP.

use crate::emulator::Firmware;
use crate::stock;
use crate::transcript::check;

/// The firmware has no address when it boots, so what it serves is what it was given.
pub fn serves_the_address_that_the_network_gives(firmware: &Firmware) {
    let mut emulator = firmware.boot();
    check(|request| stock::ask(emulator.server, request));
    emulator.check();
}
