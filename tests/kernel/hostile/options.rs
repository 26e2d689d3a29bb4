//! Options of TCP that are none.

use super::hand::by_hand;
use super::honest::served_throughout;

/// What cannot be read: lengths of 0 and 1, too long, too short for their kind, cut off.
const MALFORMED: &str = r"
malformed = [
    b'\x02\x00\x05\xb4', b'\x02\x01\x05\xb4', b'\x02\x03\x05\xb4', b'\x02\x05\x05\xb4', b'\x02\xff\x05\xb4',
    b'\x03\x00\x07\x00', b'\x03\x01\x07\x00', b'\x03\x02\x07\x00', b'\x03\x04\x07\x00',
    b'\x04\x00', b'\x04\x01', b'\x04\x03', b'\x04\xff',
    b'\x05\x00', b'\x05\x01', b'\x05\x02', b'\x05\x03', b'\x05\x09', b'\x05\x0b' + bytes(9), b'\x05\x22' + bytes(32),
    b'\x08\x00', b'\x08\x02', b'\x08\x09' + bytes(7), b'\x08\x0a' + bytes(6), b'\x08\x28' + bytes(38),
    b'\x01\x01\x01\x02', b'\x01\x01\x01\xfe', b'\xfe\x00', b'\xfe\x01', b'\xfe\xff', b'\xff' * 40,
    b'\x22\x02', b'\x22\x03a', b'\x13\x12' + bytes(16), b'\x1d\x04\x00\x00',
]
";

pub fn malformed_options_of_a_request_do_no_harm() {
    served_throughout("", |_| {
        by_hand(&format!(
            "{MALFORMED}{}",
            r"
# Without an answer, or with one that leads to a connection.
for header in malformed:
    client = Client()
    client.send('S', header=header)
    answer = client.receive(0.1)
    if answer:
        client.accept(answer)
        client.say(b'hello')
        assert client.hear(5) == b'HELLO', header
        client.leave()
# A header that is longer than its segment, or shorter than any.
for length in [0, 1, 4, 15]:
    client = Client()
    client.send('S', dataofs=length)
    assert client.receive(0.1) is None, length
"
        ));
    });
}

pub fn malformed_options_of_a_connection_lose_no_text() {
    served_throughout("", |_| {
        by_hand(&format!(
            "{MALFORMED}{}",
            r"
client = Client().open()
for number, header in enumerate(malformed):
    text = f'{number:05}'.encode()
    client.send('PA', text, header=header)
    # If it was not taken, it is sent again.
    if client.hear(5, 0.1) != text:
        client.send('PA', text)
        assert client.hear(5) == text, header
    client.seq += 5
client.leave()
"
        ));
    });
}

pub fn senseless_segment_sizes_do_no_harm() {
    served_throughout("", |_| {
        by_hand(
            r"
for size in [0, 1, 2, 7, 65535]:
    client = Client()
    client.send('S', options=[('MSS', size)])
    answer = client.receive(0.3)
    # No text fits into segments of nothing.
    assert answer or size == 0, size
    if answer:
        client.accept(answer)
        client.say(b'hello world')
        assert client.hear(11) == b'HELLO WORLD', size
        client.leave()
for scale in [14, 15, 255]:
    client = Client(window=1).open(options=[('MSS', 1460), ('WScale', scale)])
    client.say(b'hello world')
    assert client.hear(11) == b'HELLO WORLD', scale
    client.leave()
",
        );
    });
}
