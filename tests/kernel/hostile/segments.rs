//! Segments of TCP that an honest host does not send, or not then.

use super::hand::by_hand;
use super::honest::served_throughout;

pub fn text_that_was_received_cannot_be_changed() {
    served_throughout("", |_| {
        by_hand(
            r"
client = Client().open()
client.say(b'hello')
assert client.hear(5) == b'HELLO'
# The same numbers with another text, and more.
client.send('PA', b'xxxxx world', at=-5)
client.seq += 6
assert client.hear(6) == b' WORLD'
client.send('PA', b'yyyyyyyyy', at=-9)
client.say(b'!')
assert client.hear(1) == b'!'
client.leave()
",
        );
    });
}

pub fn text_that_overlaps_comes_once() {
    served_throughout("", |_| {
        by_hand(
            r"
for _ in range(20):
    client = Client().open()
    length = 400
    # Pieces out of order that overlap, each in a letter of its own, and at last all of it.
    for number in range(20):
        start = random.randrange(1, length)
        end = random.randrange(start, length) + 1
        client.send('PA', bytes([97 + number]) * (end - start), at=start)
    client.say(b'z' * length)
    text = client.hear(length)
    assert len(text) == length and text.isupper() and text[:1] == b'Z', text
    # Nothing comes twice.
    client.say(b'done')
    assert client.hear(4) == b'DONE'
    client.leave()
",
        );
    });
}

/// It may be taken or not (RFC 9293, 3.10.7.2); the number that is acknowledged says which.
pub fn text_in_a_request_comes_once() {
    served_throughout("", |_| {
        by_hand(
            r"
client = Client()
client.send('S', b'hello')
answer = client.receive()
taken = (answer.ack - client.seq - 1) % (1 << 32)
assert taken in (0, 5), taken
client.accept(answer)
rest = b'hello world'[taken:]
client.say(rest)
assert client.hear(11) == b'HELLO WORLD'
assert client.hear(1, 0.5) == b''
client.leave()
",
        );
    });
}

pub fn request_that_is_also_a_close_takes_no_place() {
    served_throughout("--connections 2", |_| {
        by_hand(
            r"
for flags in ['SF', 'SFP', 'SFU', 'SR', 'SFR']:
    for _ in range(20):
        client = Client()
        client.send(flags)
    answer = client.receive(0.2)
    assert answer is None or 'R' in answer.flags, (flags, answer)
",
        );
    });
}

/// Inside it, RFC 5961, 3.2, wants the exact number, and smoltcp 0.14 takes any.
pub fn reset_outside_of_the_window_does_not_end_a_connection() {
    served_throughout("", |_| {
        by_hand(
            r"
client = Client().open()
for at in [-1, -2, -65536, 1 << 17, 1 << 30, 1 << 31]:
    client.send('R', at=at)
    client.send('RA', at=at)
    client.send('S', at=at)
    client.say(b'hello')
    assert client.hear(5) == b'HELLO', at
client.send('R')
client.send('PA', b'hello')
answer = client.receive()
assert 'R' in answer.flags, answer
",
        );
    });
}

/// RFC 5961, 7, and CVE-2004-0230: what is refused is not refused a thousand times.
pub fn acknowledgements_of_nothing_are_not_all_answered() {
    served_throughout("", |_| {
        by_hand(
            r"
client = Client().open()
for ack, at in [(1000, 0), (-70000, 0), (0, 1 << 20), (0, -1)]:
    segments = []
    for _ in range(300):
        client.send('A', ack=(client.ack + ack) % (1 << 32), at=at)
    many = sum(1 for frame in link.received(0.5) if TCP in frame and frame.dport == client.port)
    assert many <= 10, (ack, at, many)
client.say(b'hello')
assert client.hear(5) == b'HELLO'
client.leave()
",
        );
    });
}

pub fn every_combination_of_flags_does_no_harm() {
    served_throughout("", |_| {
        by_hand(
            r"
frames = []
for flags in range(256):
    for port in (PORT, PORT + 1):
        for text in (b'', b'x', b'x' * 1000):
            tcp = TCP(sport=30000 + flags, dport=port, flags=flags, seq=1, ack=1)
            frames.append(ether(51) / IP(src='192.168.69.51', dst=SERVER) / tcp / Raw(text))
for frame in frames:
    link.send(frame)
# In the middle of a connection: it may end, the server is still there.
for flags in range(64):
    client = Client().open()
    client.send(flags, b'x' * random.randrange(3))
    client.leave()
",
        );
    });
}
