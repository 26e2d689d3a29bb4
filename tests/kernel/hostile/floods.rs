//! More than the server can answer, or wants to.

use super::flood::{Flood, Frames};
use super::hand::flood_of;
use super::honest::{Honest, served_throughout};
use crate::command::{Program, start, wait_for};
use crate::namespace::tool;

/// How many frames a flood has at least, those of honest clients among them.
const FRAMES: u64 = 20_000;
/// How many rounds of honest clients are served after these, while it goes on.
const ROUNDS: usize = 5;

/// Lets `hping3` send with these options until enough honest clients have been served.
fn hping3(options: &str) {
    served_throughout("", |honest| {
        let mut hping3 = tool("hping3");
        hping3.args(options.split(' ')).arg("192.168.69.1");
        goes_on(start(&mut hping3), honest);
    });
}

/// Lets a flood go on until it has been one.
pub fn goes_on(mut flood: Program, honest: &Honest) {
    last(honest);
    // That is what it ends with, `hping3` or Python, unless it has ended before.
    let outcome = flood.interrupt();
    let endings = ["packets transmitted", "KeyboardInterrupt"];
    let ends = |ending: &&str| outcome.stderr.contains(*ending);
    assert!(endings.iter().any(ends), "{outcome:?}");
}

fn last(honest: &Honest) {
    let enough = Frames::count().taken + FRAMES;
    wait_for("the frames of a flood", || {
        (Frames::count().taken >= enough).then_some(())
    });
    honest.wait_for_rounds(ROUNDS);
}

pub fn flood_of_requests_from_everywhere_stops_no_client() {
    hping3("-q -i u100 -S -p 12000 --rand-source");
}

/// The kernel answers none of what comes back, as no address of its own is forged.
pub fn flood_of_requests_from_one_host_stops_no_client() {
    hping3("-q -i u100 -S -p 12000 -a 192.168.69.77");
}

/// At a rate that a server that is not optimized can take; five times as many are measured by the
/// benchmark `syn_flood`.
pub fn flood_of_requests_from_the_link_stops_no_client() {
    served_throughout("", |honest| {
        let server = "192.168.69.1:12000".parse().unwrap();
        let flood = Flood::start(server, 100, 10_000);
        last(honest);
        let sent = flood.stop();
        println!("{:.0} requests a second", sent.rate());
    });
}

pub fn flood_of_datagrams_with_forged_senders_stops_no_client() {
    hping3("-q -i u100 --udp -p 12000 -d 100 -a 192.168.69.77");
    hping3("-q -i u100 --udp -p 12000 -d 100 --rand-source");
}

pub fn flood_of_pings_stops_no_client() {
    hping3("-q -i u100 --icmp -d 1400 -a 192.168.69.77");
}

/// Unsolicited questions and answers of ARP and neighbor discovery, with senders made up. (A forged
/// sender with an honest client's address gets its frames, until that client sends again.)
const NEIGHBORS: &str = r"
server = bytes.fromhex('0200c0a84501')

def arp(mac, host, operation):
    header = b'\xff' * 6 + mac + b'\x08\x06'
    body = struct.pack('!HHBBH', 1, 0x0800, 6, 4, operation)
    return header + body + mac + bytes([192, 168, 69, host]) + server + bytes([192, 168, 69, 1])

# An unsolicited advertisement that overrides (RFC 4861, 4.4).
def advertisement(mac, host):
    source = bytes.fromhex('fdaa' + '00' * 12) + bytes([host >> 8, host & 255])
    target = bytes.fromhex('fdaa' + '00' * 13 + '01')
    body = b'\x20\x00\x00\x00' + source + b'\x02\x01' + mac
    message = b'\x88\x00' + bytes(2) + body
    pseudo = source + target + struct.pack('!II', len(message), 58)
    message = b'\x88\x00' + checksum(pseudo + message) + body
    header = struct.pack('!IHBB', 6 << 28, len(message), 58, 255)
    return server + mac + b'\x86\xdd' + header + source + target + message

frames = []
for i in range(20000):
    mac = bytes([2]) + random.randbytes(5)
    host = random.choice([host for host in range(2, 255) if host != 100])
    frames += [arp(mac, host, 1 + i % 2), advertisement(mac, random.randrange(0x101, 0xffff))]
flood(frames)
";

pub fn flood_of_forged_neighbors_stops_no_client() {
    served_throughout("", |honest| {
        goes_on(flood_of(NEIGHBORS), honest);
    });
}
