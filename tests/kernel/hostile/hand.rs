//! Frames made by hand, with Debian's `scapy`.

use crate::command::{Outcome, Program, run, start};
use crate::namespace::{lack, tool};

/// The Python for which Debian has it.
pub const PYTHON: &str = "/usr/bin/python3";

/// What all programs begin with: the link, and a TCP client that makes each segment by hand.
///
/// The client is a host of its own on the link, unknown to the kernel, which therefore does not
/// meddle. Nothing waits longer than 10 seconds.
const PRELUDE: &str = r"
import random, select, time
from scapy.all import *
import socket
conf.verb = 0
random.seed(12000)
SERVER, SERVER6, PORT = '192.168.69.1', 'fdaa::1', 12000
KERNEL, KERNEL6 = '192.168.69.100', 'fdaa::100'
MAC = '02:00:c0:a8:45:01'

class Link:
    def __init__(self, name):
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        # SO_RCVBUFFORCE, for which Python has no name.
        self.socket.setsockopt(socket.SOL_SOCKET, 33, 1 << 26)
        self.socket.bind((name, 0))
        self.kernel = self.socket.getsockname()[4]

    def send(self, frame):
        self.socket.send(bytes(frame))

    # What the server sends to others than the kernel, for `patience` seconds.
    def received(self, patience):
        server = mac2str(MAC)
        end = time.monotonic() + patience
        while (left := end - time.monotonic()) > 0:
            if select.select([self.socket], [], [], left)[0]:
                frame = self.socket.recv(65536)
                if frame[6:12] == server and frame[:6] != self.kernel:
                    yield Ether(frame)

def ether(host, to=MAC):
    return Ether(src=f'02:11:11:11:11:{host:02x}', dst=to)

class Client:
    next_port = 20000

    def __init__(self, host=50, window=64240):
        Client.next_port += 1
        self.host, self.address, self.window = host, f'192.168.69.{host}', window
        self.port, self.seq, self.ack = Client.next_port, random.getrandbits(32), 0
        self.ended = None

    def send(self, flags, text=b'', at=0, header=b'', **fields):
        number = (self.seq + at) % (1 << 32)
        fields = {'ack': self.ack, 'window': self.window} | fields
        if header:
            header += bytes(-len(header) % 4)
            fields = {'dataofs': 5 + len(header) // 4} | fields
        tcp = TCP(sport=self.port, dport=PORT, flags=flags, seq=number, **fields)
        link.send(ether(self.host) / IP(src=self.address, dst=SERVER) / tcp / Raw(header + text))

    # The next segment, if one comes in time.
    def receive(self, patience=10):
        for frame in link.received(patience):
            if TCP in frame and frame[IP].dst == self.address and frame.dport == self.port:
                return frame[TCP]

    def open(self, **fields):
        self.send('S', **({'options': [('MSS', 1460)]} | fields))
        self.accept(self.receive())
        return self

    def accept(self, answer):
        assert answer is not None and answer.flags == 'SA', answer
        self.seq, self.ack = answer.ack, (answer.seq + 1) % (1 << 32)
        self.send('A')

    def say(self, text, **fields):
        self.send('PA', text, **fields)
        self.seq = (self.seq + len(text)) % (1 << 32)

    # `length` bytes of the answer, each acknowledged; fewer if no more come.
    def hear(self, length, patience=10):
        text = b''
        while len(text) < length and (segment := self.receive(patience)):
            if 'R' in segment.flags:
                self.ended = segment
                break
            new = bytes(segment.payload)[(self.ack - segment.seq) % (1 << 32):]
            if new:
                text += new
                self.ack = (self.ack + len(new)) % (1 << 32)
                self.send('A')
        return text

    def leave(self):
        self.send('R')

# The answers to these frames, in words; what is answered at all is answered at once.
def answers(frames, wanted=lambda frame: True, patience=1):
    for frame in frames:
        link.send(frame)
    return [frame.summary() for frame in link.received(patience) if wanted(frame)]

# A host asks for neighbors, and reports its groups, without being asked.
def not_by_itself(frame):
    return not any(own in frame for own in (ARP, ICMPv6ND_NS, ICMPv6MLReport2))

link = Link('tap0')
";

/// Without scapy, which is too slow for a flood: the link, and how the frames of a flood are sent.
const FLOOD: &str = r"
import random, socket, struct, time
link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
link.bind(('tap0', 0))
random.seed(12000)

def checksum(data):
    total = sum(struct.unpack(f'!{len(data) // 2}H', data))
    while total >> 16: total = (total & 0xffff) + (total >> 16)
    return struct.pack('!H', ~total & 0xffff)

def flood(frames):
    print('sending', flush=True)
    while True:
        for number, frame in enumerate(frames):
            try:
                link.send(frame)
            except OSError:
                pass
            # Fewer than the server can look at, so that the queue of the TAP has room for others.
            if number % 20 == 0:
                time.sleep(0.001)
";

/// Starts a program that calls `flood` with the frames that it has made; they are being sent.
#[track_caller]
pub fn flood_of(program: &str) -> Program {
    let program = format!("{FLOOD}{program}");
    let mut flood = start(tool(PYTHON).args(["-c", &program]));
    assert_eq!(flood.line(), "sending\n");
    flood
}

/// Runs a program of such frames, to its end; what it asserts holds.
#[track_caller]
pub fn by_hand(program: &str) -> Outcome {
    let program = format!("{PRELUDE}{program}");
    let outcome = run(tool(PYTHON).args(["-c", &program]), "");
    if outcome.stderr.contains("No module named 'scapy'") {
        lack("scapy");
    }
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    outcome
}
