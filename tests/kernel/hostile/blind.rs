//! An attacker that sees no frame of the connections that it attacks: it knows addresses and ports, and
//! guesses the rest, ten thousand times for each connection. How often it has succeeded is printed.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;

use super::hand::by_hand;
use super::honest::{connect, served_throughout};
use crate::command::{UPPERCASE, start, words};
use crate::link::{Link, PORT, bound};

/// Segments with numbers that vary. scapy makes the templates once, as ten thousand would take it long.
const GUESS: &str = r"
from scapy.layers.inet import in4_chksum
from scapy.layers.inet6 import in6_chksum
import struct
TRIES = 10000
guess = lambda: random.getrandbits(32)

def ip(source, destination):
    return (IPv6 if ':' in source else IP)(src=source, dst=destination)

def template(packet):
    return bytes(packet), packet

# Sends the same segment with these numbers.
def vary(template, seq, ack):
    made, packet = template
    frame = bytearray(made)
    at = 14 + (40 if IPv6 in packet else 20)
    frame[at + 4:at + 12] = struct.pack('!II', seq % (1 << 32), ack % (1 << 32))
    frame[at + 16:at + 18] = bytes(2)
    segment = bytes(frame[at:])
    sum = in6_chksum(6, packet[IPv6], segment) if IPv6 in packet else in4_chksum(6, packet[IP], segment)
    frame[at + 16:at + 18] = struct.pack('!H', sum)
    link.socket.send(frame)

# Fewer than the program can look at, so that the queue of the TAP has room for others.
def pause(number):
    if number % 50 == 0: time.sleep(0.001)

# What the victim expects and what it has sent, which its challenge tells the peer. The attacker does not
# see it; here it is asked for, so that every second guess hits the window.
def challenge(head, sport, dport):
    for _ in range(12):
        vary(template(head / TCP(sport=sport, dport=dport, flags='A')), guess(), guess())
        end = time.monotonic() + 1.1
        while (left := end - time.monotonic()) > 0 and select.select([link.socket], [], [], left)[0]:
            frame = Ether(link.socket.recv(65536))
            if TCP in frame and (frame.sport, frame.dport, frame[TCP].flags) == (dport, sport, 'A'):
                return frame[TCP].ack, frame[TCP].seq

# Resets, SYNs, FINs and payload, each number guessed. In the window none is at the number that is
# expected, and none acknowledges what was sent.
def attack(head, sport, dport):
    expected, sent = challenge(head, sport, dport)
    kinds = ['R', 'RA', 'S', 'SA', 'PA', 'FA']
    templates = [template(head / TCP(sport=sport, dport=dport, flags=kind, window=65535)
        / Raw(b'forged' if kind == 'PA' else b'')) for kind in kinds]
    for number in range(TRIES):
        seq = expected + random.randrange(1, 500) if number % 2 else guess()
        ack = guess()
        if ack != sent:
            vary(random.choice(templates), seq, ack)
        pause(number)
";

/// In the name of hosts that never see a packet: the server sends them no payload, as it would if a
/// connection of theirs was open.
pub fn none_of_ten_thousand_guesses_opens_a_connection() {
    served_throughout("", |_| {
        let program = r"
opened = 0
for victim, server in [('192.168.69.60', SERVER), ('fdaa::60', SERVER6)]:
    head = ether(60) / ip(victim, server)
    for number in range(TRIES):
        port = 20000 + number // 10
        # One SYN for ten acknowledgements, with payload that would be answered.
        if number % 10 == 0:
            syn = head / TCP(sport=port, dport=PORT, flags='S', options=[('MSS', 1460)])
            vary(template(syn), 7, 0)
            text = head / TCP(sport=port, dport=PORT, flags='PA', window=65535) / Raw(b'hello')
            acknowledgement = template(text)
        vary(acknowledgement, 8, guess())
        pause(number)
    for frame in link.received(1):
        opened += TCP in frame and b'HELLO' in bytes(frame[TCP].payload)
print(f'{2 * TRIES} tries: {opened} connections opened')
assert opened == 0, opened
";
        print!("{}", by_hand(&[GUESS, program].concat()).text());
    });
}

/// Honest clients are the kernel's sockets. The attacker knows their addresses and ports.
pub fn none_of_ten_thousand_guesses_ends_a_connection_of_a_server() {
    served_throughout("", |_| {
        for link in [Link::ALL[0], Link::ALL[1]] {
            let mut honest = connect(link.server());
            expect_answer(&mut honest, b"before");
            let port = honest.local_addr().expect("an address").port();
            by_hand(&attack(link, 1, port, PORT));
            expect_answer(&mut honest, b"after");
        }
    });
    println!("10000 tries for each of 2 connections: 0 reset");
}

/// The client has sent its line, and waits for an answer.
pub fn none_of_ten_thousand_guesses_ends_a_connection_of_a_client() {
    for link in [Link::ALL[0], Link::ALL[1]] {
        let listener = TcpListener::bind("[::]:12000").expect("the port is free");
        let server = link.kernel().ip();
        let options = format!("tcp {server} {} --timeout 60", link.option);
        let mut client = start(Command::new(UPPERCASE).args(words(&options)));
        let mut input = client.stdin.take().expect("a pipe");
        input.write_all(b"hello").expect("it reads");
        drop(input);
        let (mut stream, from) = listener.accept().expect("it connects");
        bound(&stream);
        let mut line = Vec::new();
        stream.read_to_end(&mut line).expect("it sends all of it");
        assert_eq!(line, b"hello");
        by_hand(&attack(link, 2, PORT, from.port()));
        stream.write_all(b"HELLO").expect("it is there");
        drop(stream);
        assert_eq!(client.end().text(), "HELLO", "{link:?}");
    }
    println!("10000 tries for each of 2 connections: 0 aborted");
}

/// The program that attacks the victim at host `to` in the name of the kernel.
fn attack(link: Link, to: u8, sport: u16, dport: u16) -> String {
    let (from, address) = (link.kernel().ip(), link.address(to));
    let call = format!(
        "kernel = ':'.join(f'{{b:02x}}' for b in link.kernel)\n\
         head = Ether(src=kernel, dst=MAC[:-2] + '{to:02x}') / ip('{from}', '{address}')\n\
         attack(head, {sport}, {dport})\n"
    );
    [GUESS, &call].concat()
}

#[track_caller]
fn expect_answer(stream: &mut TcpStream, text: &[u8]) {
    stream.write_all(text).expect("the connection is open");
    let mut answer = vec![0; text.len()];
    stream.read_exact(&mut answer).expect("an answer");
    assert_eq!(answer, text.to_ascii_uppercase());
}
