//! A conversation with a server, the same wherever it runs: what is asked and what is answered.
//!
//! [`requests`] are data, so that they can be sent over any link; [`expected`] is what the
//! standard library says to them. It is asked in memory (`tests/memory/transcript.rs`), through the
//! kernel (`tests/kernel/same_everywhere.rs`) and of each board (`tests/boards`). Answers to
//! datagrams have no more than 256 bytes, which every board has room for.

use super::text;

/// One connection, or one datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// The request's pieces are sent one by one; after the last the client closes its side.
    Tcp,
    /// The request is one piece.
    Udp,
}

pub struct Request {
    pub name: &'static str,
    pub over: Over,
    pub pieces: Vec<Vec<u8>>,
}

/// What was answered to a request. Readable where two of them differ.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    pub name: &'static str,
    pub over: Over,
    pub text: Vec<u8>,
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { name, over, text } = self;
        write!(
            f,
            "{over:?} {name}: {} bytes, {}",
            text.len(),
            text.escape_ascii()
        )
    }
}

pub fn requests() -> Vec<Request> {
    let whole = |name, over, text: &[u8]| Request {
        name,
        over,
        pieces: vec![text.to_vec()],
    };
    let bytewise = |name, text: &[u8]| Request {
        name,
        over: Over::Tcp,
        pieces: text.iter().map(|byte| vec![*byte]).collect(),
    };
    let not_utf8 = b"a\xff\xc3( b\xf0\x9f\x98 c\xed\xa0\x80 d\xc0\xaf \xe2\x82";
    vec![
        whole("a line", Over::Tcp, b"hello, world\n"),
        whole("a line", Over::Udp, b"hello, world\n"),
        whole("nothing", Over::Tcp, b""),
        whole("nothing", Over::Udp, b""),
        whole("every byte", Over::Tcp, &(0..=255).collect::<Vec<u8>>()),
        whole("every byte", Over::Udp, &(0..=255).collect::<Vec<u8>>()),
        whole(
            "Unicode that grows",
            Over::Tcp,
            "straße ΐΰ ﬃ ŉ ".repeat(200).as_bytes(),
        ),
        whole("Unicode that grows", Over::Udp, "ΐ".repeat(42).as_bytes()),
        bytewise("characters in pieces", "größe ΐ 日本語 😀 ıſ".as_bytes()),
        whole("not UTF-8", Over::Tcp, not_utf8),
        whole("not UTF-8", Over::Udp, not_utf8),
        bytewise("not UTF-8 in pieces", not_utf8),
        whole("all kinds of text", Over::Tcp, &text::mixed(20_000)),
    ]
}

/// What every server has to answer.
fn expected() -> Vec<Answer> {
    let answer = |request: Request| Answer {
        name: request.name,
        over: request.over,
        text: text::upper(&request.pieces.concat()),
    };
    requests().into_iter().map(answer).collect()
}

/// Asks each of the requests, and fails unless the answers are those that are expected.
#[track_caller]
pub fn check(mut ask: impl FnMut(&Request) -> Vec<u8>) {
    let recorded: Vec<Answer> = requests()
        .iter()
        .map(|request| Answer {
            name: request.name,
            over: request.over,
            text: ask(request),
        })
        .collect();
    let expected = expected();
    for (recorded, expected) in recorded.iter().zip(&expected) {
        assert_eq!(recorded, expected);
    }
    assert_eq!(recorded.len(), expected.len());
}
