//! Fragments that no honest host sends.

use super::floods::goes_on;
use super::hand::{by_hand, flood_of};
use super::honest::served_throughout;
use crate::link::Link;
use crate::serve_udp::ask;
use crate::text::{mixed, upper};

/// First and middle fragments of datagrams that are never completed, over IPv4 and IPv6.
const UNFINISHED: &str = r"
ether = bytes.fromhex('0200c0a84501' '021111111150')
text = struct.pack('!HHHH', 50000, 12000, 60000, 0) + b'x' * 1192
frames = []
for i in range(20000):
    offset = (0, 150, 300)[i % 3]
    source = bytes([192, 168, 69, 2 + i % 50])
    head = struct.pack('!BBHHHBB', 0x45, 0, 1220, i & 0xffff, 0x2000 | offset, 64, 17)
    ends = source + bytes([192, 168, 69, 1])
    frames.append(ether + b'\x08\x00' + head + checksum(head + bytes(2) + ends) + ends + text)
    ends = bytes.fromhex('fdaa' + '00' * 13 + '50' + 'fdaa' + '00' * 13 + '01')
    head = struct.pack('!IHBB', 6 << 28, 1208, 44, 64) + ends
    head += struct.pack('!BBHI', 17, 0, offset << 3 | 1, i)
    frames.append(ether + b'\x86\xdd' + head + text)
flood(frames)
";

pub fn flood_of_fragments_that_never_complete_stops_no_client() {
    served_throughout("", |honest| {
        goes_on(flood_of(UNFINISHED), honest);
        // An honest datagram in fragments gets room.
        let text = mixed(20_000);
        for link in [Link::ALL[0], Link::ALL[1]] {
            assert!(ask(link.server(), &text) == upper(&text));
        }
    });
}

/// Of what overlaps, one or the other is answered, or neither (RFC 8200, 4.5): not a bit of each.
pub fn fragments_that_overlap_give_no_mixture() {
    served_throughout("", |_| {
        by_hand(
            r"
def fragment(number, offset, more, text, six):
    if six:
        head = IPv6(src='fdaa::50', dst=SERVER6)
        head /= IPv6ExtHdrFragment(nh=17, offset=offset // 8, m=more, id=number)
    else:
        head = IP(src='192.168.69.50', dst=SERVER, id=number, proto=17, frag=offset // 8, flags=more)
    return ether(50) / head / Raw(text)

def datagram(text, six):
    head = IPv6(src='fdaa::50', dst=SERVER6) if six else IP(src='192.168.69.50', dst=SERVER)
    packet = head / UDP(sport=50000, dport=PORT) / Raw(text)
    return bytes(packet.__class__(bytes(packet))[UDP])

one, other = b'a' * 56, b'b' * 56
for number, six in enumerate([False, True]):
    whole, different = datagram(one, six), datagram(other, six)
    tails = [
        # Before the end, after the beginning, within, around; the whole once more.
        [(0, 1, whole[:40]), (32, 0, different[32:])],
        [(32, 0, whole[32:]), (0, 1, different[:40])],
        [(0, 1, whole[:48]), (16, 1, different[16:32]), (48, 0, whole[48:])],
        [(16, 1, whole[16:32]), (8, 1, different[8:48]), (0, 1, whole[:8]), (48, 0, whole[48:])],
        [(0, 1, whole[:32]), (0, 1, different[:32]), (32, 0, whole[32:])],
        # Two ends, the second before the first and behind it.
        [(32, 0, whole[32:]), (16, 0, different[16:24]), (0, 1, whole[:32])],
        [(16, 0, whole[16:24]), (32, 0, different[32:]), (0, 1, whole[:16])],
    ]
    for case, parts in enumerate(tails):
        for offset, more, text in parts:
            link.send(fragment(100 * (number + 1) + case, offset, more, text, six))
        texts = [bytes(frame[UDP].payload) for frame in link.received(0.3) if UDP in frame]
        assert texts in ([], [one.upper()], [other.upper()]), (six, case, texts)
# What does not overlap is answered.
for six in [False, True]:
    whole = datagram(one, six)
    for offset, more, text in [(32, 0, whole[32:]), (0, 1, whole[:32])]:
        link.send(fragment(999, offset, more, text, six))
    texts = [bytes(frame[UDP].payload) for frame in link.received(0.3) if UDP in frame]
    assert texts == [one.upper()], (six, texts)
",
        );
    });
}

pub fn fragments_beyond_the_longest_packet_are_dropped() {
    served_throughout("", |_| {
        by_hand(
            r"
frames = []
for number in range(50):
    for protocol in (1, 6, 17):
        for offset, more, length in [(0, 1, 1400), (65528, 0, 1400), (65504, 0, 100), (65528, 1, 8)]:
            head = IP(src='192.168.69.50', dst=SERVER, id=number, proto=protocol, frag=offset // 8, flags=more)
            frames.append(ether(50) / head / Raw(bytes(length)))
            head = IPv6(src='fdaa::50', dst=SERVER6)
            head /= IPv6ExtHdrFragment(nh=protocol, offset=offset // 8, m=more, id=number)
            frames.append(ether(50) / head / Raw(bytes(length)))
# A complaint about what cannot be put together is allowed (RFC 8200, 4.5), one for each at most.
assert len(answers(frames, not_by_itself)) <= len(frames)
",
        );
    });
}

pub fn fragments_too_small_for_a_header_do_no_harm() {
    served_throughout("", |_| {
        by_hand(
            r"
# A request of which the first fragment does not tell the flags (RFC 1858), and the second does.
client = Client()
tcp = bytes(IP(bytes(IP(src=client.address, dst=SERVER) / TCP(sport=client.port, dport=PORT, flags='S')))[TCP])
for offset, more in [(0, 1), (8, 1), (16, 0)]:
    head = IP(src=client.address, dst=SERVER, id=7, proto=6, frag=offset // 8, flags=more)
    link.send(ether(50) / head / Raw(tcp[offset:offset + 8]))
# Fragments of nothing, and of one byte.
for protocol in range(256):
    for length, more in [(0, 1), (1, 1), (0, 0), (1, 0)]:
        head = IP(src=client.address, dst=SERVER, id=protocol, proto=protocol, frag=1, flags=more)
        link.send(ether(50) / head / Raw(bytes(length)))
        head = IPv6(src='fdaa::50', dst=SERVER6)
        head /= IPv6ExtHdrFragment(nh=protocol, offset=1, m=more, id=protocol)
        link.send(ether(50) / head / Raw(bytes(length)))
client = Client().open()
client.say(b'hello')
assert client.hear(5) == b'HELLO'
client.leave()
",
        );
    });
}
