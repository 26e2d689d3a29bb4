//! Guided scenarios: each a script, what there is to see, and a question.

use std::fmt::Write;

/// A scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// Its name in addresses.
    pub id: &'static str,
    /// What it is called.
    pub title: &'static str,
    /// What there is to see.
    pub text: &'static str,
    /// What the visitor can find out.
    pub question: &'static str,
    /// And what that is.
    pub answer: &'static str,
    /// The script.
    pub script: &'static str,
}

/// All of them, from the simple to the involved.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        id: "handshake",
        title: "Handshake",
        text: "Before a byte of text is sent, client and server agree on a connection with three \
               segments. Each side says with which number its bytes begin, and how much it has room \
               for.",
        question: "The third segment could be an ACK alone. What does the client put into it?",
        answer: "The line itself. With the server’s SYN the connection is open for the client, so its \
                 ACK travels with the text.",
        script: "do 0 client tcp hello, world",
    },
    Scenario {
        id: "lost-syn",
        title: "A lost SYN",
        text: "The first SYN is lost on the wire. The server knows nothing of it, and nothing tells \
               the client that it is lost.",
        question: "How does the client find out, and how long does that take?",
        answer: "It waits. After a second without an answer its retransmission timer expires, and it \
                 sends the SYN again. Lose that one too: now it waits for two seconds, then for four.",
        script: "do 0 client tcp hello, world\nfate client.t1.syn.1 lose",
    },
    Scenario {
        id: "lost-ack",
        title: "A lost acknowledgement",
        text: "The line has arrived. The answer, which also acknowledges the line, is lost.",
        question: "The client may send its line again. Is it then answered twice?",
        answer: "No. Each byte has a number, so the server sees that it has these bytes already, and \
                 its application is given them once. The answer is sent again as well.",
        script: "do 0 client tcp hello, world\nfate server.t1.1+13.1 lose",
    },
    Scenario {
        id: "reordering",
        title: "Reordering",
        text: "The client sends 2000 bytes in two segments. The first one is late, and the second one \
               overtakes it.",
        question: "The second segment has arrived. Why does the number in its ACK stay at 1?",
        answer: "An acknowledgement number says that all bytes before it have arrived, so it has to \
                 stay where the gap begins. The server keeps the second segment, and says so by SACK \
                 beside that number. Once the gap is filled, it acknowledges everything at once.",
        script: "do 0 client bulk 2000\nfate client.t1.1+1460.1 delay 5",
    },
    Scenario {
        id: "zero-window",
        title: "A zero window",
        text: "The server’s application does not read for eight seconds. Its receive buffer has room \
               for 1024 bytes, and the client has 4000 to send.",
        question: "The window is shut. How does the client learn that it has opened again?",
        answer: "The server tells it, with a window update. As that could be lost, the client does not \
                 rely on it: it sends one byte from time to time, a window probe, and the answer has \
                 the window of that moment.",
        script: "buffer 1024\ndo 0 server pause\ndo 0 client bulk 4000\ndo 8000 server resume",
    },
    Scenario {
        id: "simultaneous-close",
        title: "Simultaneous close",
        text: "Client and server close at the same moment: each sends its FIN before that of the other \
               one has arrived.",
        question: "Each host comes into a state that an ordinary close does not have. Which one?",
        answer: "CLOSING: the host has sent a FIN that is not acknowledged, and has received the FIN of \
                 its peer. Afterwards both wait in TIME-WAIT.",
        script: "do 0 client tcp hello\ndo 300 client finish\ndo 300 server finish",
    },
    Scenario {
        id: "half-open",
        title: "Half-open after a crash",
        text: "The server loses power and boots again. It knows nothing of the connection any more; the \
               client has not noticed anything.",
        question: "The client sends another line. What does the server say to that?",
        answer: "RST: there is no such connection. The client gives the connection up and tells its user \
                 that it was reset. Had the client nothing to send, it would only notice when it asks \
                 whether its peer is still there.",
        script: "do 0 client tcp one\ndo 300 server crash\ndo 600 server boot\ndo 1000 client tcp two",
    },
    Scenario {
        id: "time-wait",
        title: "TIME-WAIT",
        text: "Client and server have closed, but the last acknowledgement is lost.",
        question: "The client has nothing more to say. Why does it still keep the connection?",
        answer: "Because of this case: the server has no acknowledgement of its FIN and sends it again. \
                 Had the client forgotten the connection, it would answer with RST, and the server \
                 would take a connection that was closed in good order for a failed one.",
        script: "do 0 client tcp hello\ndo 300 client finish\ndo 20000 wire wait\n\
                 fate client.t1.ack8.1 lose",
    },
    Scenario {
        id: "slow-link",
        title: "Congestion on a slow link",
        text: "The wire carries 256 kbit/s, and four frames wait for it at most: what comes while the \
               queue is full is lost. The client sends 16 000 bytes, and nothing tells it how \
               fast the wire is.",
        question: "Under “The wire and the hosts”, choose “none” for congestion control. How many \
                   more segments are lost?",
        answer: "Without congestion control the client sends all that the server has room for, loses \
                 what the queue does not take, and sends it again, as fast as before. With it, the \
                 client begins with little, sends more with each acknowledgement, and less after a loss.",
        script: "rate 256\nqueue 4\nbuffer 16000\ndo 0 client bulk 16000",
    },
    Scenario {
        id: "path-mtu",
        title: "A path with a small MTU",
        text: "Between client and server there is a router that forwards no packet of more than 1300 \
               bytes. The hosts do not know that: each is on an Ethernet, which carries 1500.",
        question: "The first long segment is dropped. How does the client learn how long a packet may \
                   be?",
        answer: "The router tells it: its ICMP message “fragmentation needed” has the MTU, and the \
                 header of the packet that was dropped. The client sends the same bytes again at once, \
                 in shorter segments. Then the server finds out the same about its direction. Under \
                 “The wire and the hosts”, choose the unprotected server: it does not listen to \
                 routers, and sends the same long segment in vain.",
        script: "mtu 1300\ndo 0 client bulk 4000",
    },
    Scenario {
        id: "path-mtu-filtered",
        title: "A path that says nothing",
        text: "The same path, but a firewall drops the ICMP messages of the router. The connection \
               opens and short segments arrive; long ones vanish, and nothing says why.",
        question: "How does the client get its long segment through in the end?",
        answer: "What is behind it arrives, so the acknowledgements tell the client that it is lost. The \
                 client sends it again, in vain. What is lost twice may be too long: the third time, the \
                 client allows routers to cut it into fragments, and the server puts the two together. \
                 All segments behind it are shorter, so that their packets have 1280 bytes at most.",
        script: "mtu 1300\nicmp filtered\ndo 0 client bulk 4000",
    },
    Scenario {
        id: "flood-plain",
        title: "A SYN flood, unprotected",
        text: "Twenty SYNs come from addresses that no host has. Then a client wants to connect. The \
               server has two sockets of the TCP/IP stack smoltcp, and nothing else.",
        question: "Why is the honest client refused?",
        answer: "Each forged SYN has taken a socket, which waits for an acknowledgement that never comes. \
                 No socket listens any more, and what comes to a port without a listener is answered \
                 by RST.",
        script: "server plain\ndo 0 wire flood 20\ndo 200 client tcp let me in",
    },
    Scenario {
        id: "flood",
        title: "A SYN flood, with cookies",
        text: "The same flood, against the server of this package, which also takes two connections at a \
               time.",
        question: "The server remembers no more SYNs than the other one. How can the client get in?",
        answer: "When there is no room, the server keeps nothing of a SYN: all that it has to know \
                 is in the sequence number of its SYN ACK, the cookie. The client’s ACK \
                 brings it back, and so proves that the client is there.",
        script: "do 0 wire flood 20\ndo 200 client tcp let me in",
    },
    Scenario {
        id: "forged-plain",
        title: "A forged datagram, unprotected",
        text: "One UDP datagram comes from an address that no host has. A little later the client sends \
               a line over UDP. The server uses the TCP/IP stack smoltcp as it is.",
        question: "One datagram silences the server. What is it waiting for?",
        answer: "For the hardware address of a host that does not exist. Its answer to the forged datagram \
                 is the first in the socket’s queue, and all later answers wait behind it.",
        script: "server plain\ndo 0 wire forge\ndo 500 client udp is there anyone?",
    },
    Scenario {
        id: "forged",
        title: "A forged datagram, answered",
        text: "The same datagram, against the server of this package.",
        question: "Where does the answer to the forged datagram go?",
        answer: "To the card that the datagram came from: the link layer answers to where the question \
                 came from and asks no one for an address. So no answer waits, and the client has its \
                 own at once.",
        script: "do 0 wire forge\ndo 500 client udp is there anyone?",
    },
];

impl Scenario {
    /// The scenario of this name.
    pub fn of(id: &str) -> Option<&'static Self> {
        SCENARIOS.iter().find(|scenario| scenario.id == id)
    }

    /// The script as the address of the page has it.
    pub fn address(&self) -> String {
        let mut address = format!("scenario={}", self.id);
        for line in self.script.lines() {
            let (name, value) = line.split_once(' ').unwrap_or((line, ""));
            let _ = write!(address, "&{name}={}", encoded(value));
        }
        address
    }

    /// A link in the page, with all that is said about the scenario.
    pub fn link(&self) -> String {
        let parts = [
            ("text", self.text),
            ("question", self.question),
            ("answer", self.answer),
        ];
        let parts: String = parts
            .iter()
            .map(|(name, text)| format!(" data-{name}=\"{}\"", escaped(text)))
            .collect();
        let (address, title) = (escaped(&self.address()), escaped(self.title));
        let id = self.id;
        format!("<li><a href=\"#{address}\" data-id=\"{id}\"{parts}>{title}</a></li>\n")
    }
}

/// A value as a form encodes it (application/x-www-form-urlencoded).
fn encoded(value: &str) -> String {
    let mut encoded = String::new();
    for byte in value.bytes() {
        match byte {
            b' ' => encoded.push('+'),
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' | b'*' => {
                encoded.push(char::from(byte));
            }
            _ => {
                let _ = write!(encoded, "%{byte:02X}");
            }
        }
    }
    encoded
}

/// A text as HTML has it.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&quot;")
}
