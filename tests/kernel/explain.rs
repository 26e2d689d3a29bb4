//! `--explain`: the same sentences under the arrows, in the JSON and in a capture.

use std::fs;

use crate::command::{own_directory, uppercase};
use crate::tshark::fields;

const SYN: &str = "SYN: the client asks to open a connection; its numbers are counted from 0 here \
                   (RFC 9293, 3.5)";
/// What the stack of the server says by itself: from a file it is derived.
const REFUSED: &str = "says that it has no socket with that port";

/// The words of a drawing, without lines and timelines.
fn sentences(drawing: &str) -> String {
    let between = drawing.lines().filter_map(|line| line.split('│').nth(1));
    let words = between.flat_map(str::split_whitespace);
    words.collect::<Vec<_>>().join(" ")
}

pub fn sentences_stand_under_the_arrows() {
    let outcome = uppercase("--explain", "hello, world\n");
    assert_eq!(outcome.stdout, b"HELLO, WORLD\n");
    let said = sentences(&outcome.stderr);
    assert!(said.contains(SYN), "{said}");
    let end = "ACK: the client has all bytes of the server, and acknowledges its FIN";
    assert!(said.contains(end), "{said}");
    let widest = outcome.stderr.lines().map(|line| line.chars().count());
    assert!(widest.max() <= Some(80), "{}", outcome.stderr);
    // Both stacks are in this program, so nothing has to be derived.
    assert!(!outcome.stderr.contains('≈'), "{}", outcome.stderr);

    let outcome = uppercase("udp name.example --dns 192.168.69.1 --explain", "hello");
    assert!(
        sentences(&outcome.stderr).contains(REFUSED),
        "{}",
        outcome.stderr
    );
}

pub fn sentences_stand_in_files_instead_of_the_ladder() {
    let directory = own_directory();
    let path = |name: &str| directory.join(name).display().to_string();
    let (capture, json) = (path("a.pcapng"), path("a.json"));
    let arguments = format!("--explain --capture {capture} --ladder-json {json}");
    let outcome = uppercase(&arguments, "hello, world\n");
    assert_eq!(outcome.text(), "HELLO, WORLD\n");
    assert_eq!(outcome.stderr, "");
    let member = format!("\"explanation\":[{{\"text\":\"{SYN}\",\"derived\":false}}");
    let text = fs::read_to_string(json).expect("a file");
    assert!(text.contains(&member), "{text}");
    let comments: Vec<_> = fields(capture.as_ref(), ["frame.comment"]);
    assert!(
        comments
            .iter()
            .all(|[comment]| comment.starts_with("uppercase: "))
    );
    assert!(
        comments.iter().any(|[comment]| comment.contains(SYN)),
        "{comments:?}"
    );

    // What the stack has said is in the file, and the drawing of it is not derived.
    let outcome = uppercase(&format!("ladder {capture} --explain"), "");
    let drawing = outcome.text();
    assert!(sentences(drawing).contains(SYN), "{drawing}");
    assert!(!drawing.contains("[uppercase"), "{drawing}");
}
