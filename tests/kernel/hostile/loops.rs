//! Two servers that are set on each other by one spoofed datagram (CVE-2024-2169).

use super::hand::{PYTHON, by_hand};
use super::honest::served_throughout;
use crate::command::run;
use crate::link::serve;
use crate::namespace::{ip, tool};
use crate::serve_tcp::assert_served;
use crate::serve_udp::ask;

pub fn datagram_from_the_own_port_is_not_answered() {
    served_throughout("", |_| {
        by_hand(
            r"
frames = []
for host in range(50, 60):
    frames.append(ether(host) / IP(src=f'192.168.69.{host}', dst=SERVER) / UDP(sport=PORT, dport=PORT) / Raw(b'hello'))
    frames.append(ether(host) / IPv6(src=f'fdaa::{host}', dst=SERVER6) / UDP(sport=PORT, dport=PORT) / Raw(b'hello'))
assert (many := answers(frames, not_by_itself)) == [], many
",
        );
    });
}

/// Sends packets to one server that seem to come from the other, over IPv4 and IPv6, and counts
/// what the two then send to each other.
const SPOOFED: &str = r"
import select, time
from scapy.all import *
import socket
conf.verb = 0
MACS = ['02:00:c0:a8:45:01', '02:00:c0:a8:45:02']
V4, V6 = ['192.168.69.1', '192.168.69.2'], ['fdaa::1', 'fdaa::2']
links = []
for name in ('tap0', 'tap1'):
    links.append(socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)))
    links[-1].bind((name, 0))

# What a server sends to the other is seen where it comes in.
def between(patience):
    seen, end = [], time.monotonic() + patience
    while (left := end - time.monotonic()) > 0:
        for link in select.select(links, [], [], left)[0]:
            frame, (_, _, kind, *_) = link.recvfrom(65536)
            frame = Ether(frame)
            own = MACS[links.index(link)]
            other = MACS[1 - links.index(link)]
            if kind != socket.PACKET_OUTGOING and frame.src == own and frame.dst == other:
                seen.append(frame)
    return [frame for frame in seen if ARP not in frame and ICMPv6ND_NS not in frame and ICMPv6ND_NA not in frame]

# `limit` are answered to each at most, by both.
def spoof(payload, limit, strange='02:11:11:11:11:50', patience=0.5):
    for own, other in [(0, 1), (1, 0)]:
        sent = 0
        for source in {MACS[other], strange or MACS[other]}:
            for head in (IP(src=V4[other], dst=V4[own]), IPv6(src=V6[other], dst=V6[own])):
                links[own].send(bytes(Ether(src=source, dst=MACS[own]) / head / payload))
                sent += 1
        seen = [frame.summary() for frame in between(patience)]
        assert len(seen) <= limit * sent, seen

# No answer.
spoof(UDP(sport=12000, dport=12000) / Raw(b'hello'), 0)
# An answer, and that its port is closed.
spoof(UDP(sport=7, dport=12000) / Raw(b'hello'), 2)
spoof(UDP(sport=7, dport=7) / Raw(b'hello'), 1)
# A reset.
spoof(TCP(sport=12000, dport=12000, flags='A'), 1)
spoof(TCP(sport=12000, dport=12001, flags='A'), 1)
# An acceptance and a reset, and both again where the other had to ask for its neighbor first.
spoof(TCP(sport=12000, dport=12000, flags='S'), 4, strange=None, patience=2.5)
";

pub fn two_servers_do_not_answer_each_other() {
    ip("link add br0 type bridge forward_delay 0");
    ip("addr add 192.168.69.100/24 dev br0");
    ip("addr add fdaa::100/64 dev br0 nodad");
    for tap in ["tap0", "tap1"] {
        ip(&format!("tuntap add dev {tap} mode tap"));
        ip(&format!("link set {tap} master br0 up"));
    }
    ip("link set br0 up");
    let mut servers = [
        serve("--tap tap0 --ip 192.168.69.1/24 --ip fdaa::1/64"),
        serve("--tap tap1 --ip 192.168.69.2/24 --ip fdaa::2/64"),
    ];
    let addresses = [
        "192.168.69.1:12000",
        "192.168.69.2:12000",
        "[fdaa::1]:12000",
        "[fdaa::2]:12000",
    ];
    let served = || {
        for address in addresses {
            let address = address.parse().unwrap();
            assert_served(address);
            assert_eq!(ask(address, b"hello"), b"HELLO");
        }
    };
    served();
    let outcome = run(tool(PYTHON).args(["-c", SPOOFED]), "");
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    served();
    for server in &mut servers {
        let outcome = server.interrupt();
        assert_eq!((outcome.code, &*outcome.stderr), (Some(0), ""));
    }
}
