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
               segments: SYN, SYN ACK, ACK. Each side tells the other with which number its bytes \
               begin, and how much it has room for.",
        question: "The third segment could be an ACK alone. What does the client put into it?",
        answer: "The line itself: once the server's SYN has arrived, the connection is open for the \
                 client, and its ACK travels with the text.",
        script: "do 0 client tcp hello, world",
    },
    Scenario {
        id: "lost-syn",
        title: "A lost SYN",
        text: "The first SYN is lost on the wire. The server knows nothing of it, and nothing tells \
               the client that it is lost.",
        question: "How does the client find out, and how long does it take?",
        answer: "By waiting. No answer comes within a second, so its retransmission timer expires \
                 and it sends the SYN again. Lose that one too: it waits twice as long each time.",
        script: "do 0 client tcp hello, world\nfate client.t1.syn.1 lose",
    },
    Scenario {
        id: "lost-ack",
        title: "A lost acknowledgement",
        text: "The client's line has arrived, and the server's answer, which also acknowledges it, \
               is lost.",
        question: "Is the line delivered twice, as the client sends it again?",
        answer: "No. The server sees by the sequence number that it has these bytes already. It \
                 acknowledges them again, and gives them to its application once only.",
        script: "do 0 client tcp hello, world\nfate server.t1.1+13.1 lose",
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
