//! A board without an address of its own: the emulator's network gives it one by DHCP.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use uppercase::trace::pcapng::Reader;

use crate::emulator::Firmware;
use crate::qmp::{Qmp, temporary};
use crate::stock::{self, PATIENCE};
use crate::transcript::check;

/// The firmware has no address when it boots, so what it serves is what it was given.
pub fn serves_the_address_that_the_network_gives(firmware: &Firmware) {
    let mut emulator = firmware.boot();
    check(|request| stock::ask(emulator.server, request));
    emulator.check();
}

/// Its server is asked whether it may go on with its address, and the link whether another host has
/// it: "when a link-state change signals that an Ethernet cable has been connected" (RFC 5227, 2.1).
pub fn asks_again_for_its_address_when_its_link_is_back(firmware: &Firmware) {
    let file = temporary("dump.pcap");
    let dump = format!("filter-dump,id=dump,netdev=network,file={}", file.display());
    let boot = |line: &[&str]| firmware.boot_with(&[line, &["-object", &dump]].concat());
    let (mut emulator, mut qmp) = Qmp::attach(boot);
    let before = Sent::read(&file);
    assert!(before.requests > 0 && before.probes > 0, "{before:?}");
    qmp.set_link(false);
    thread::sleep(Duration::from_secs(2)); // Nothing tells when the board has noticed.
    qmp.set_link(true);
    let start = Instant::now();
    loop {
        let now = Sent::read(&file);
        if now.requests > before.requests && now.probes > before.probes {
            assert_eq!(now.discovers, before.discovers, "a new address");
            break;
        }
        assert!(start.elapsed() < PATIENCE, "{before:?}, then {now:?}");
        thread::sleep(Duration::from_millis(50));
    }
    check(|request| stock::ask(emulator.server, request));
    emulator.check();
    let _ = fs::remove_file(file);
}

/// How many messages of these kinds the board has sent.
#[derive(Debug, Default)]
struct Sent {
    discovers: usize,
    requests: usize,
    probes: usize,
}

impl Sent {
    /// Counts what is in a capture file, which is still being written.
    fn read(file: &Path) -> Self {
        let mut sent = Self::default();
        let file = fs::read(file).expect("what the emulator has written");
        let Ok(packets) = Reader::new(&file[..]) else {
            return sent; // It has not begun.
        };
        for packet in packets.map_while(Result::ok) {
            let frame = &packet.bytes[..];
            match dhcp_message(frame) {
                Some(1) => sent.discovers += 1,
                Some(3) => sent.requests += 1,
                _ => sent.probes += usize::from(is_probe(frame)),
            }
        }
        sent
    }
}

/// The kind of a message to a DHCP server (RFC 2131, 2; RFC 2132, 9.6).
fn dhcp_message(frame: &[u8]) -> Option<u8> {
    let is_to_server = frame.get(12..14)? == [8, 0] && frame[23] == 17 && frame[36..38] == [0, 67];
    let options = frame.get(14 + 20 + 8 + 240..).filter(|_| is_to_server)?;
    // The client here begins with it.
    (options[..2] == [53, 1]).then(|| options[2])
}

/// A question for an address in the name of no host (RFC 5227, 1.1).
fn is_probe(frame: &[u8]) -> bool {
    frame.get(12..14) == Some(&[8, 6]) && frame[20..22] == [0, 1] && frame[28..32] == [0; 4]
}
