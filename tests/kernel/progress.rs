//! How much was sent, on a terminal that does not show the answer.

use std::fs;
use std::time::{Duration, Instant};

use crate::command::{UPPERCASE, own_directory, run};
use crate::namespace::tool;

/// What takes no longer shows nothing.
const PATIENCE: Duration = Duration::from_millis(500);

/// What is on a terminal while a script runs, in which `$1` is the command.
fn screen(script: &str) -> String {
    let script = script.replace("$1", UPPERCASE);
    let outcome = run(tool("script").args(["-qec", &script, "/dev/null"]), "");
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    String::from_utf8(outcome.stdout).expect("text")
}

/// The second half comes when the first was sent long ago.
pub fn what_was_sent_is_shown_on_a_terminal_after_a_while() {
    let directory = own_directory();
    let text = "hello, world\n".repeat(100);
    fs::write(directory.join("half"), &text).unwrap();
    let answer = || fs::read_to_string(directory.join("answer")).unwrap();
    for protocol in ["tcp", "udp"] {
        let piped =
            format!("(cat /run/half; sleep 0.7; cat /run/half) | $1 {protocol} > /run/answer");
        let shown = screen(&piped);
        assert!(shown.contains("KiB sent in "), "{shown:?}");
        assert_eq!(answer(), text.to_uppercase().repeat(2));
        // It would be seen for a moment only.
        let begun = Instant::now();
        let shown = screen(&format!("$1 {protocol} < /run/half > /run/answer"));
        assert!(shown.is_empty() || begun.elapsed() >= PATIENCE, "{shown:?}");
        assert_eq!(answer(), text.to_uppercase());
        // The answer says by itself how far it is.
        let shown = screen(&piped.replace("> /run/answer", ""));
        assert_eq!(shown.replace('\r', ""), text.to_uppercase().repeat(2));
    }
    // At 200 kbit/s this takes a second.
    let slow = "--cable 9000 --bandwidth 200kbit";
    fs::write(directory.join("file"), "x".repeat(25_000)).unwrap();
    let served = format!(
        "$1 serve --cable 9000 > /run/ready & server=$!; \
         for _ in $(seq 500); do [ -s /run/ready ] && break; sleep 0.02; done; \
         $1 tcp {slow} < /run/file > /run/answer; code=$?; kill $server; exit $code"
    );
    let shown = screen(&served);
    assert!(shown.contains(" left"), "{shown:?}");
}
