//! Drawings of packets: of the command at work, and of capture files.

use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::command::{UPPERCASE, own_directory, run, start, uppercase, wait_for, words};
use crate::link::{Link, connect, serve};
use crate::namespace::tool;
use crate::serve_tcp::exchange;
use crate::terminal::Terminal;
use crate::text::mixed;

/// What the drawing of a connection in memory has to have, from top to bottom.
const LIFE: [&str; 13] = [
    "client",
    "192.168.69.1:12000",
    "CLOSED │",
    "ARP request for 192.168.69.1",
    "ARP reply",
    "─ SYN seq=0 win=65535",
    "│ SYN-RECEIVED",
    "ESTABLISHED │◀",
    "▶│ ESTABLISHED",
    "len=13 \"hello, w",
    "len=13 \"HELLO, W",
    "TIME-WAIT │◀",
    "▶│ CLOSED",
];

#[track_caller]
fn assert_life(drawing: &str) {
    let mut rest = drawing;
    for part in LIFE {
        let (_, behind) = rest
            .split_once(part)
            .unwrap_or_else(|| panic!("no {part} in what is left:\n{rest}\nof\n{drawing}"));
        rest = behind;
    }
}

pub fn ladder_in_memory_fits_on_a_screen() {
    let outcome = uppercase("--ladder", "hello, world\n");
    // Exactly the answer, as without a drawing.
    assert_eq!(
        (outcome.code, &outcome.stdout[..]),
        (Some(0), &b"HELLO, WORLD\n"[..])
    );
    assert_life(&outcome.stderr);
    assert!(outcome.stderr.lines().count() <= 36, "{}", outcome.stderr);
    let widest = outcome
        .stderr
        .lines()
        .map(|line| line.chars().count())
        .max();
    assert!(widest <= Some(80), "{}", outcome.stderr);
    assert!(!outcome.stderr.contains('\x1b'));

    let mut wide = Command::new(UPPERCASE);
    wide.args(["--ladder", "--ascii"]).env("COLUMNS", "120");
    let outcome = run(&mut wide, "hello, world\n");
    assert!(outcome.stderr.is_ascii());
    let widest = outcome.stderr.lines().map(str::len).max();
    assert!(
        (110..=120).contains(&widest.unwrap_or(0)),
        "{}",
        outcome.stderr
    );
}

pub fn ladder_on_a_terminal_has_colours_unless_they_are_not_wanted() {
    let mut terminal = Terminal::start("--ladder");
    terminal.press("hello, world!\n");
    let (code, screen) = terminal.end();
    assert_eq!(code, Some(0));
    assert!(screen.contains("From Server:  HELLO, WORLD!\n"), "{screen}");
    assert!(screen.contains("\x1b["), "{screen}");

    let mut terminal = Terminal::start_with("--ladder", &[("NO_COLOR", "1")]);
    terminal.press("hello, world!\n");
    let (code, screen) = terminal.end();
    assert_eq!(code, Some(0));
    assert_life(
        &screen
            .replace("hello, world!", "hello, w")
            .replace("HELLO, WORLD!", "HELLO, W"),
    );
    assert!(!screen.contains('\x1b'), "{screen}");
}

pub fn ladder_of_a_failure_shows_it() {
    let outcome = uppercase("udp name.example --dns 192.168.69.1 --ladder", "hello");
    assert_eq!(outcome.code, Some(1));
    let (drawing, complaint) = outcome.stderr.rsplit_once("│ ").expect("a drawing");
    assert!(drawing.contains("DNS query A name.example"), "{drawing}");
    assert!(
        drawing.contains("ICMP port unreachable for UDP"),
        "{drawing}"
    );
    assert!(
        complaint.contains("\nuppercase: name.example: "),
        "{complaint}"
    );
}

pub fn ladder_of_a_server_has_each_row_as_it_happens() {
    let directory = own_directory();
    let script = format!(
        "exec \"$0\" serve --cable 9700 --ladder 2> {}/drawing",
        directory.display()
    );
    let mut server = start(tool("bash").args(["-c", &script, UPPERCASE]));
    assert_eq!(server.line(), "The server is ready to receive\n");
    for line in ["hello, world\n", "again\n"] {
        let answer = uppercase("tcp --cable 9700", line);
        assert_eq!(answer.text(), line.to_uppercase());
        wait_for("the last row", || {
            let drawing = fs::read_to_string(directory.join("drawing")).ok()?;
            let quoted = format!("\"{}\\n\"", line.trim_end().to_uppercase());
            let (_, behind) = drawing.split_once(&quoted[..6])?;
            behind.contains("▶│ CLOSED").then_some(())
        });
    }
    let outcome = server.interrupt();
    assert_eq!((outcome.code, &*outcome.stderr), (Some(0), ""));
    let drawing = fs::read_to_string(directory.join("drawing")).expect("a drawing");
    assert!(drawing.contains("(SYN-SENT) │"), "{drawing}");
    assert!(drawing.contains("clients"), "{drawing}");
}

pub fn ladder_that_nothing_reads_does_not_stop_a_server() {
    let (unread, mut writer) = io::pipe().expect("a pipe");
    // The whole room that Linux gives a pipe.
    writer.write_all(&[b' '; 1 << 16]).expect("there is room");
    let mut server = Command::new(UPPERCASE);
    server
        .args(words("serve --cable 9720 --ladder"))
        .stderr(writer);
    let mut server = server.stdout(Stdio::piped()).spawn().expect("it starts");
    let mut ready = String::new();
    let output = server.stdout.as_mut().expect("its output");
    BufReader::new(output)
        .read_line(&mut ready)
        .expect("a line");
    assert_eq!(ready, "The server is ready to receive\n");
    for line in ["hello, world\n", "again\n"] {
        let answer = uppercase("tcp --cable 9720", line);
        assert_eq!(answer.text(), line.to_uppercase());
    }
    let pid = Pid::from_child(&server);
    kill_process(pid, Signal::INT).expect("it runs");
    assert!(server.wait().expect("it ends").success());
    drop(unread);
}

/// What a ladder in JSON has of its frames, without the times, which each recorder has of its own.
fn frames(json: &str) -> Vec<String> {
    let member = |line: &str, name: &str| {
        let (_, rest) = line
            .split_once(&format!("\"{name}\":\""))
            .expect("the member");
        // A label has quotes in it.
        let end = rest
            .match_indices('"')
            .find(|(at, _)| !rest[..*at].ends_with('\\'));
        rest[..end.expect("an end").0].to_string()
    };
    let lines = json
        .lines()
        .filter(|line| line.contains("\"row\":\"frame\""));
    lines
        .map(|line| format!("{} {}", member(line, "from"), member(line, "label")))
        .collect()
}

#[track_caller]
fn of_file(file: &Path) -> Vec<String> {
    // A file that is being written ends in the middle of a packet.
    let outcome = uppercase(&format!("ladder {} --json", file.display()), "");
    frames(std::str::from_utf8(&outcome.stdout).expect("text"))
}

/// The frames of one connection: the kernel says more on a new interface.
fn of_connection(frames: &[String]) -> Vec<String> {
    let is_tcp = |frame: &&String| frame.contains(" seq=");
    frames.iter().filter(is_tcp).cloned().collect()
}

pub fn ladder_of_a_run_is_that_of_its_captures() {
    let directory = own_directory();
    for (number, link) in Link::ALL.into_iter().enumerate() {
        println!("{link:?}");
        let file = |name: &str| directory.join(format!("{number}-{name}"));
        let (own, others, live) = (file("own.pcapng"), file("tcpdump.pcap"), file("live.json"));
        let options = format!(
            "{} --capture {} --ladder-json {}",
            link.option,
            own.display(),
            live.display()
        );
        let mut server = serve(&options);
        let name = link.option.rsplit(' ').next().expect("a name");
        let mut tcpdump = tool("tcpdump");
        // With longer packets its buffer would have room for eight of them.
        let options = "--immediate-mode -U --snapshot-length=2000 --no-promiscuous-mode -i";
        let tcpdump = tcpdump.args(words(options));
        let mut tcpdump = start(tcpdump.arg(name).arg("-w").arg(&others));
        // It has begun once the head of the file is there.
        wait_for("tcpdump", || {
            let length = fs::metadata(&others).ok()?.len();
            (length >= 24).then_some(())
        });
        let text = mixed(1200);
        exchange(connect(link.server()), &text, &[700]);
        // Of frames that cross, the kernel has another one first than the program; and tcpdump has
        // the last ones a little later.
        let by_sides = |file: &Path| {
            let frames = of_connection(&of_file(file));
            let (left, right): (Vec<_>, Vec<_>) = frames
                .into_iter()
                .partition(|frame| frame.starts_with("left "));
            [left, right]
        };
        wait_for("the frames of tcpdump", || {
            let (theirs, ours) = (by_sides(&others), by_sides(&own));
            let is_all = theirs.iter().map(Vec::len).eq(ours.iter().map(Vec::len));
            is_all.then_some(())
        });
        assert_eq!(by_sides(&others), by_sides(&own));
        let outcome = server.interrupt();
        assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
        tcpdump.interrupt();

        let live = of_connection(&frames(&fs::read_to_string(live).expect("a file")));
        assert!(live.len() > 8, "{live:?}");
        assert!(live[0].starts_with("left SYN seq=0"), "{live:?}");
        assert_eq!(of_connection(&of_file(&own)), live);
    }
}

pub fn pictures_are_written_where_that_is_wanted() {
    let directory = own_directory();
    let path = |name: &str| directory.join(name).display().to_string();
    let arguments = format!("--svg {} --ladder-json {}", path("a.svg"), path("a.json"));
    assert_eq!(uppercase(&arguments, "hello").text(), "HELLO");
    let picture = fs::read_to_string(path("a.svg")).expect("a file");
    assert!(picture.starts_with("<svg ") && picture.ends_with("</svg>\n"));
    let json = fs::read_to_string(path("a.json")).expect("a file");
    assert!(
        json.contains("\"state\":\"ESTABLISHED\",\"derived\":false"),
        "{json}"
    );

    uppercase("ladder /etc/passwd", "").assert_failed(
        "/etc/passwd: this is not a capture file: give one that begins as pcapng or pcap does, such \
         as those that --capture, Wireshark and `tcpdump -w` write",
    );
    let outcome = uppercase("--svg /nowhere/a.svg", "hello");
    assert_eq!(outcome.code, Some(1));
    assert_eq!(
        outcome.stderr,
        "uppercase: /nowhere/a.svg cannot be written: No such file or directory (os error 2)\n"
    );
}
