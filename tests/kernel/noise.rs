//! What no honest client sends.

use std::time::Duration;

use crate::command::wait_for;
use crate::link::{datagrams, each_served};
use crate::peers::python;
use crate::serve_tcp::assert_served;
use crate::serve_udp::ask;

/// Random bytes as the payload of IP packets: half of them as they are, half with the ports of a
/// server and a length that may be right. (The checksums are wrong, unless the kernel makes them.)
const GARBAGE: &str = "
import random, socket, sys
host = sys.argv[1]
family = socket.AF_INET6 if ':' in host else socket.AF_INET
random.seed(12000)
protocols = {
    'icmp': 58 if ':' in host else 1, 'other icmp': 1 if ':' in host else 58,
    'tcp': 6, 'udp': 17, 'fragment': 44, 'options': 0 if ':' in host else 60, 'unknown': 253,
}
sent = 0
for protocol in protocols.values():
    with socket.socket(family, socket.SOCK_RAW, protocol or 255) as raw:
        for length in list(range(100)) + [1400] * 20 + [3000] * 20:
            packet = bytearray(random.randbytes(length))
            if random.random() < 0.5:
                packet[2:4] = (12000).to_bytes(2, 'big')
                packet[4:6] = len(packet).to_bytes(2, 'big')
                packet[6:8] = bytes(2)
            try:
                sent += raw.sendto(packet, (host, 0)) == len(packet)
            except OSError:
                pass
print(sent)
";

/// SYNs of handshakes that are never completed, from addresses without a host, with checksums
/// that are right.
const SYN_FLOOD: &str = "
import socket, struct, sys
def checksum(data):
    total = sum(struct.unpack(f'!{len(data) // 2}H', data))
    while total >> 16: total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff
server = socket.inet_aton(sys.argv[1])
with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
    for i in range(1000):
        source = bytes([192, 168, 69, 101 + i % 100])
        def segment(sum):
            return struct.pack('!HHIIBBHHH', 1024 + i, 12000, i, 0, 0x50, 2, 65535, sum, 0)
        pseudo = source + server + struct.pack('!BBH', 0, 6, 20)
        tcp = segment(checksum(pseudo + segment(0)))
        ip = struct.pack('!BBHHHBBH4s4s', 0x45, 0, 40, i, 0, 64, 6, 0, source, server)
        raw.sendto(ip + tcp, (sys.argv[1], 0))
print(1000)
";

pub fn garbage_does_not_stop_the_servers() {
    each_served("", |link| {
        let sent = python(GARBAGE, &link.address(1).to_string(), "");
        let sent: u32 = sent.text().trim().parse().unwrap();
        assert!(sent > 500, "{sent} packets");
        assert_served(link.server());
        assert_eq!(ask(link.server(), b"hello"), b"HELLO");
    });
}

pub fn half_open_connections_do_not_hold_up_datagrams() {
    each_served("", |link| {
        if !link.ipv6 {
            let sent = python(SYN_FLOOD, &link.address(1).to_string(), "");
            assert_eq!(sent.text(), "1000\n");
            // What was sent at the end of the flood may be lost in the kernel's queue.
            let socket = datagrams(link.server());
            socket
                .set_read_timeout(Some(Duration::from_millis(200)))
                .unwrap();
            wait_for("an answer after the flood", || {
                socket.send(b"hello").unwrap();
                socket.recv(&mut [0; 10]).ok()
            });
            for _ in 0..20 {
                assert_eq!(ask(link.server(), b"hello"), b"HELLO");
            }
        }
    });
}
