//! Clients that take little at a time, or nothing, and text that is urgent.

use super::hand::{PYTHON, by_hand};
use super::honest::served_throughout;
use crate::command::run;
use crate::namespace::tool;
use crate::text::{mixed, upper};

pub fn window_of_one_byte_is_enough() {
    served_throughout("", |_| {
        by_hand(
            r"
client = Client(window=1).open()
text = b'the quick brown fox jumps over the lazy dog'
client.say(text)
assert client.hear(len(text)) == text.upper()
client.leave()
",
        );
    });
}

pub fn closed_window_is_probed_and_loses_nothing() {
    served_throughout("", |_| {
        by_hand(
            r"
client = Client(window=0).open()
client.say(b'hello')
probes = 0
for frame in link.received(5):
    if TCP in frame and frame.dport == client.port:
        # Nothing but a byte that is in no window, which is not taken.
        assert len(frame[TCP].payload.original or b'') <= 1, frame
        probes += len(frame[TCP].payload) > 0
        client.send('A')
# With pauses between them that grow.
assert 1 <= probes <= 10, probes
client.window = 100
client.send('A')
assert client.hear(5) == b'HELLO'
client.leave()
",
        );
    });
}

/// The kernel's own urgent text, and marks that point anywhere.
pub fn urgent_text_is_text() {
    const URGENT: &str = "
import socket, sys
with socket.create_connection((sys.argv[1], 12000), 20) as connection:
    connection.sendall(b'one')
    connection.send(b'two!', socket.MSG_OOB)
    connection.sendall(b'three')
    connection.shutdown(socket.SHUT_WR)
    answer = b''
    while text := connection.recv(100): answer += text
    assert answer == b'ONETWO!THREE', answer
";
    served_throughout("", |_| {
        for host in ["192.168.69.1", "fdaa::1"] {
            let outcome = run(tool(PYTHON).args(["-c", URGENT, host]), "");
            assert_eq!(outcome.text(), "");
        }
        by_hand(
            r"
client = Client().open()
for urgent in [0, 1, 5, 6, 1000, 65535]:
    client.send('PAU', b'hello', urgptr=urgent)
    client.seq += 5
    assert client.hear(5) == b'HELLO', urgent
client.leave()
",
        );
    });
}

pub fn smallest_segments_and_buffers_of_socat_are_enough() {
    let text = mixed(20_000);
    served_throughout("", |_| {
        for host in ["TCP4:192.168.69.1", "TCP6:[fdaa::1]"] {
            for options in ["mss=88", "rcvbuf=1", "mss=88,rcvbuf=1,sndbuf=1"] {
                let mut socat = tool("socat");
                // It waits for the answer after its input has ended.
                socat.args(["-t", "30", "-", &format!("{host}:12000,{options}")]);
                let outcome = run(&mut socat, &text);
                assert!(outcome.bytes() == upper(&text), "{host} {options}");
            }
        }
    });
}
