//! Packets that must not be answered, lest the server be made to attack others or itself.

use super::hand::by_hand;
use super::honest::served_throughout;

/// The land attack: a packet with the receiver's own address as its sender.
pub fn packet_from_the_server_itself_is_not_answered() {
    served_throughout("", |_| {
        by_hand(
            r"
frames = []
for head in IP(src=SERVER, dst=SERVER), IPv6(src=SERVER6, dst=SERVER6):
    for source in (ether(50), Ether(src=MAC, dst=MAC)):
        for port in (PORT, PORT + 1):
            for flags in ('S', 'SA', 'A', 'F', 'R'):
                frames.append(source / head / TCP(sport=port, dport=PORT, flags=flags))
            frames.append(source / head / UDP(sport=port, dport=PORT) / Raw(b'hello'))
for source in (ether(50), Ether(src=MAC, dst=MAC)):
    frames.append(source / IP(src=SERVER, dst=SERVER) / ICMP() / Raw(b'hello'))
    frames.append(source / IPv6(src=SERVER6, dst=SERVER6) / ICMPv6EchoRequest(data=b'hello'))
assert (many := answers(frames, not_by_itself)) == [], many
",
        );
    });
}

/// RFC 1122, 4.1.3.6 and 4.2.3.10: neither datagrams nor connections.
pub fn group_of_hosts_is_not_answered() {
    served_throughout("", |_| {
        by_hand(
            r"
frames = []
for group in ['192.168.69.255', '192.168.69.0', '255.255.255.255', '224.0.0.1', '239.1.2.3']:
    for to in ['ff:ff:ff:ff:ff:ff', '01:00:5e:00:00:01', MAC]:
        head = ether(50, to) / IP(src='192.168.69.50', dst=group)
        frames += [head / UDP(sport=50000, dport=port) / Raw(b'hello') for port in (PORT, PORT + 1)]
        frames += [head / TCP(sport=50000, dport=port, flags='S') for port in (PORT, PORT + 1)]
for group in ['ff02::1', 'ff02::1:ff00:1', 'ff05::2', 'ff0e::1234']:
    for to in ['33:33:00:00:00:01', '33:33:ff:00:00:01', MAC]:
        head = ether(50, to) / IPv6(src='fdaa::50', dst=group)
        frames += [head / UDP(sport=50000, dport=port) / Raw(b'hello') for port in (PORT, PORT + 1)]
        frames += [head / TCP(sport=50000, dport=port, flags='S') for port in (PORT, PORT + 1)]
assert (many := answers(frames, not_by_itself)) == [], many
",
        );
    });
}

/// RFC 1122, 3.2.1.3.
pub fn senders_that_cannot_be_hosts_are_not_answered() {
    served_throughout("", |_| {
        by_hand(
            r"
frames = []
heads = [IP(src=source, dst=SERVER) for source in
    ['0.0.0.0', '127.0.0.1', '224.0.0.1', '239.1.2.3', '255.255.255.255', '192.168.69.255']]
heads += [IPv6(src=source, dst=SERVER6) for source in ['::', '::1', 'ff02::1', 'ff0e::1234']]
for head in heads:
    for port in (PORT, PORT + 1):
        frames.append(ether(50) / head / UDP(sport=50000, dport=port) / Raw(b'hello'))
        frames.append(ether(50) / head / TCP(sport=50000, dport=port, flags='S'))
    echo = ICMP() if head.version == 4 else ICMPv6EchoRequest()
    frames.append(ether(50) / head / echo)
for frame in frames:
    many = answers([frame], not_by_itself, 0.1)
    assert many == [], (frame.summary(), many)
",
        );
    });
}

/// The server does not wait for the hardware addresses of forged senders.
pub fn extension_headers_of_forged_senders_stop_no_client() {
    served_throughout("", |honest| {
        by_hand(
            r"
for host in range(1000, 1010):
    packet = ether(50) / IPv6(src=f'fdaa::{host}', dst=SERVER6)
    packet /= IPv6ExtHdrHopByHop(options=[PadN(optdata=bytes(4))])
    link.send(packet / UDP(sport=50000, dport=PORT) / Raw(b'hello'))
texts = [bytes(frame[UDP].payload) for frame in link.received(1) if UDP in frame]
assert texts == [b'HELLO'] * 10, texts
",
        );
        honest.wait_for_rounds(1);
    });
}

pub fn extension_headers_do_no_harm() {
    served_throughout("", |_| {
        by_hand(
            r"
hosts = iter(range(1000, 10000))

# From a host of its own, so that each answer tells which packet it is for.
def with_headers(*headers, host=None):
    packet = ether(50) / IPv6(src=f'fdaa::{host or next(hosts)}', dst=SERVER6)
    for header in headers:
        packet /= header
    return packet / UDP(sport=50000, dport=PORT) / Raw(b'hello')

pad = lambda: [PadN(optdata=bytes(4))]
harmless = [
    (),
    (IPv6ExtHdrHopByHop(options=pad()),),
]
for headers in harmless:
    link.send(with_headers(*headers, host=50))
    texts = [bytes(frame[UDP].payload) for frame in link.received(0.3) if UDP in frame]
    assert texts == [b'HELLO'], (headers, texts)
# Each is answered once at most: by the upper case, or by a complaint.
frames = [
    with_headers(IPv6ExtHdrDestOpt(options=pad())),
    with_headers(IPv6ExtHdrFragment(offset=0, m=0, id=1)),
    with_headers(IPv6ExtHdrRouting(type=0, segleft=1, addresses=['fdaa::77'])),
    with_headers(IPv6ExtHdrRouting(type=0, segleft=255, addresses=['fdaa::77'])),
    with_headers(*[IPv6ExtHdrHopByHop(options=pad()) for _ in range(2)]),
    with_headers(*[IPv6ExtHdrDestOpt(options=pad()) for _ in range(100)]),
    with_headers(*[IPv6ExtHdrFragment(offset=0, m=0, id=1) for _ in range(50)]),
    with_headers(IPv6ExtHdrDestOpt(options=pad()), IPv6ExtHdrHopByHop(options=pad())),
    with_headers(IPv6ExtHdrHopByHop(len=255)),
    with_headers(IPv6ExtHdrDestOpt(len=255)),
    with_headers(IPv6ExtHdrHopByHop(options=[Jumbo(jumboplen=100000)])),
    with_headers(IPv6ExtHdrHopByHop(options=[RouterAlert()])),
]
for kind in range(256):
    for length in (0, 1, 4, 255):
        options = IPv6ExtHdrHopByHop(options=[HBHOptUnknown(otype=kind, optlen=length, optdata=bytes(4))])
        frames.append(with_headers(options))
for next_header in range(256):
    frames.append(ether(50) / IPv6(src=f'fdaa::{next(hosts)}', dst=SERVER6, nh=next_header) / Raw(bytes(40)))
for frame in frames:
    link.send(frame)
answered = [frame[IPv6].dst for frame in link.received(2) if IPv6 in frame and not_by_itself(frame)]
assert len(answered) == len(set(answered)) > 0, answered
# Nothing is forwarded.
link.send(with_headers(IPv6ExtHdrRouting(type=0, segleft=1, addresses=['fdaa::77'])))
assert not any(IPv6 in frame and frame[IPv6].dst == 'fdaa::77' for frame in link.received(0.3))
",
        );
    });
}
