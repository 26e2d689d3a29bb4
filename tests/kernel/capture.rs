//! `--capture`: what passes a device of any kind, in a file that is complete at any end of the
//! program.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::Path;
use std::process::Command;
use std::thread;

use rustix::process::Signal;
use uppercase::device::capture::Direction;
use uppercase::trace::pcapng::{LinkType, Packet, Reader};

use crate::command::{UPPERCASE, own_directory, run, start, uppercase, wait_for, words};
use crate::filter::shell;
use crate::link::{Link, connect, serve};
use crate::namespace::tool;
use crate::peers::{answer_pieces, serve_tcp};
use crate::serve_tcp::exchange;
use crate::serve_udp::ask;
use crate::text::{mixed, upper};
use crate::tshark::{assert_no_problem, fields, packets};

/// The most that a TAP carries, and a TUN.
const LONGEST_FRAME: usize = 1514;
const LONGEST_PACKET: usize = 1500;

/// What is said where segments would not be those of a wire.
const NO_OFFLOAD: &str = "uppercase: --capture implies --no-offload: each segment passes by itself \
                          and complete, as on a wire\n";

/// That a file has the frames of one interface only, in both directions.
#[track_caller]
fn assert_one_end(packets: &[Packet], name: &str) {
    for direction in [Direction::Inbound, Direction::Outbound] {
        let mut packets = packets.iter();
        assert!(packets.any(|packet| packet.direction == Some(direction)));
    }
    for packet in packets {
        assert_eq!(packet.interface.name.as_deref(), Some(name));
    }
}

/// The bytes of all TCP streams together as `tshark` counts them.
fn payload(file: &Path, filter_port: &str) -> usize {
    let rows = fields(file, [filter_port, "tcp.len"]);
    let lengths = rows.iter().filter(|[port, _]| port == "12000");
    lengths
        .map(|[_, length]| length.parse::<usize>().expect("a number"))
        .sum()
}

pub fn capture_of_an_interface_has_what_a_wire_would_carry() {
    let directory = own_directory();
    let text = mixed(200_000);
    for link in Link::ALL {
        println!("{link:?}");
        let file = directory.join("capture.pcapng");
        let mut server = serve(&format!("{} --capture {}", link.option, file.display()));
        let answer = exchange(connect(link.server()), &text, &[60_000]);
        assert!(answer == upper(&text));
        let line = mixed(3000);
        assert_eq!(ask(link.server(), &line), upper(&line));
        let outcome = server.interrupt();
        assert_eq!((outcome.code, &*outcome.stderr), (Some(0), NO_OFFLOAD));

        assert_no_problem(&file);
        let (name, link_type, longest) = match link.option {
            "--tap tap0" => ("tap0", LinkType::Ethernet, LONGEST_FRAME),
            _ => ("tun0", LinkType::Ip, LONGEST_PACKET),
        };
        let packets = packets(&file);
        assert_one_end(&packets, name);
        for packet in &packets {
            assert_eq!(packet.interface.link, link_type);
            assert!(packet.bytes.len() <= longest, "{}", packet.bytes.len());
        }
        assert!(payload(&file, "tcp.dstport") >= text.len());
        assert!(payload(&file, "tcp.srcport") >= upper(&text).len());
    }
}

pub fn capture_of_a_client_on_an_interface_has_the_frames_of_its_end() {
    serve_tcp(answer_pieces);
    let file = own_directory().join("capture.pcapng");
    let link = Link::ALL[0];
    for options in ["", "--no-offload"] {
        let capture = format!("{options} --capture {}", file.display());
        let outcome = link.ask("tcp", &capture, "hello");
        assert_eq!(
            (outcome.code, &outcome.stdout[..]),
            (Some(0), &b"HELLO"[..])
        );
        let said = if options.is_empty() { NO_OFFLOAD } else { "" };
        assert_eq!(outcome.stderr, said);
        assert_no_problem(&file);
        assert_one_end(&packets(&file), "tap0");
    }
}

pub fn capture_in_memory_has_the_clients_end_or_both() {
    let file = own_directory().join("capture.pcapng");
    let text = mixed(100_000);
    for (protocol, name) in [("", "tcp"), ("tcp", "tcp"), ("udp", "udp")] {
        let capture = format!("{protocol} --capture {}", file.display());
        assert!(uppercase(&capture, &text).bytes() == upper(&text));
        assert_no_problem(&file);
        let one = packets(&file);
        assert_one_end(&one, "client");

        // Options may stand before the command, too.
        let capture = format!("--capture-both {capture}");
        assert!(uppercase(&capture, &text).bytes() == upper(&text));
        assert_no_problem(&file);
        let both = packets(&file);
        let of = |name: &str, direction| {
            let packets = both.iter();
            let packets = packets.filter(|packet| packet.interface.name.as_deref() == Some(name));
            let packets = packets.filter(|packet| packet.direction == Some(direction));
            packets.map(|packet| &packet.bytes).collect::<Vec<_>>()
        };
        for (sender, receiver) in [("client", "server"), ("server", "client")] {
            let sent = of(sender, Direction::Outbound);
            assert!(sent.len() > 2, "{name}: {}", sent.len());
            assert!(sent == of(receiver, Direction::Inbound), "{name}");
        }
    }
}

pub fn capture_of_a_cable_has_an_end_in_each_program() {
    let directory = own_directory();
    let [server_file, client_file] = ["server", "client"].map(|end| directory.join(end));
    let mut server = serve(&format!("--cable 9000 --capture {}", server_file.display()));
    let capture = format!("tcp --cable 9000 --capture {}", client_file.display());
    assert_eq!(uppercase(&capture, "hello").text(), "HELLO");
    assert_eq!(server.interrupt().stderr, "");
    for file in [&server_file, &client_file] {
        assert_no_problem(file);
    }
    let [server, client] = [server_file, client_file].map(|file| packets(&file));
    assert_one_end(&server, "cable 9000");
    assert_one_end(&client, "cable 9000");
    let bytes = |packets: &[Packet], wanted| {
        let packets = packets.iter();
        let packets = packets.filter(|packet| packet.direction == Some(wanted));
        packets
            .map(|packet| packet.bytes.clone())
            .collect::<Vec<_>>()
    };
    let sent = bytes(&client, Direction::Outbound);
    assert_eq!(sent, bytes(&server, Direction::Inbound));
}

/// Killed at any time: what is there can be read, and has all but the last frames.
pub fn capture_of_a_program_that_is_killed_is_complete() {
    let file = own_directory().join("capture.pcapng");
    for length in [1, 1000, 100_000, 1_000_000] {
        let mut command = Command::new(UPPERCASE);
        let mut client = start(command.args(["tcp", "--capture"]).arg(&file));
        let mut input = client.stdin.take().expect("a pipe");
        let writer = thread::spawn(move || {
            // Its end is not seen: the program waits for more, or does not get as far.
            let _ = input.write_all(&mixed(length));
            input
        });
        client.text(1); // the first letter of the answer
        client.signal(Signal::KILL);
        client.end();
        drop(writer.join().expect("it does not panic"));
        assert_no_problem(&file);
        assert!(packets(&file).len() >= 6);
    }
}

pub fn capture_replaces_a_file_only_where_the_network_can_be_used() {
    let file = own_directory().join("capture.pcapng");
    fs::write(&file, "an older capture").expect("a file");
    let capture = format!("--capture {}", file.display());
    let outcome = uppercase(&format!("serve --tap lo {capture}"), "");
    assert_eq!(outcome.code, Some(1));
    assert_eq!(fs::read(&file).expect("a file"), b"an older capture");
    let outcome = uppercase(&format!("udp {capture}"), "hello");
    assert_eq!(outcome.text(), "HELLO");
    assert_one_end(&packets(&file), "client");
}

pub fn capture_into_a_pipe_is_read_while_it_is_written() {
    let pipe = own_directory().join("pipe");
    let made = run(tool("mkfifo").arg(&pipe), "");
    assert_eq!(made.code, Some(0), "{made:?}");
    let mut command = Command::new(UPPERCASE);
    let mut client = start(command.args(["tcp", "--capture"]).arg(&pipe));
    let mut reader = File::open(&pipe).expect("both ends are there");
    let mut input = client.stdin.take().expect("a pipe");
    input.write_all(b"hello").expect("it reads");
    assert_eq!(client.text(5), "HELLO");
    // It has not ended: it waits for more input.
    let mut start = [0; 4];
    reader.read_exact(&mut start).expect("so much is there");
    assert_eq!(start, [0x0a, 0x0d, 0x0d, 0x0a]);
    drop(input);
    let rest = thread::spawn(move || reader.read_to_end(&mut Vec::new()));
    assert_eq!(client.end().text(), "");
    assert!(rest.join().expect("it does not panic").expect("it is read") > 500);
}

pub fn capture_that_cannot_be_written_is_explained() {
    own_directory();
    for (file, said) in [
        (
            "/run/no/such/file",
            "/run/no/such/file cannot be written: No such file or directory (os error 2); make its \
             directory: mkdir -p /run/no/such",
        ),
        (
            "/run",
            "/run cannot be written: Is a directory (os error 21); it is a directory: give the name \
             of a file in it",
        ),
        (
            "/dev/full",
            "/dev/full cannot be written: No space left on device (os error 28); make room, or give \
             a file on another disk",
        ),
    ] {
        uppercase(&format!("tcp --capture {file}"), "hello").assert_failed(said);
    }
}

/// The text is not lost with the capture.
pub fn capture_that_fills_the_disk_ends_and_the_text_does_not() {
    own_directory();
    let text = mixed(500_000);
    fs::write("/run/in", &text).expect("a file");
    let disk = "mount -t tmpfs -o size=100k none /mnt";
    let answer = "$1 --capture /mnt/capture.pcapng < /run/in 2>/run/said | cmp - /run/expected";
    fs::write("/run/expected", upper(&text)).expect("a file");
    let output = shell(&format!(
        "{disk}; {answer}; echo ${{PIPESTATUS[*]}}; cat /run/said"
    ));
    let said = "1 0\n\
         uppercase: /mnt/capture.pcapng cannot be written, and ends here: No space left on device \
         (os error 28)\n\
         uppercase: /mnt/capture.pcapng is not complete\n";
    assert_eq!(output, said);
}

pub fn capture_is_seen_by_tcpdump_too() {
    let file = own_directory().join("capture.pcapng");
    let capture = format!("tcp --capture {}", file.display());
    assert_eq!(uppercase(&capture, "hello").text(), "HELLO");
    let mut tcpdump = tool("tcpdump");
    let lines = run(tcpdump.args(words("-n -v -r")).arg(&file), "");
    assert_eq!(lines.code, Some(0), "{lines:?}");
    let text = String::from_utf8(lines.stdout).expect("text");
    assert!(
        text.contains("Flags [S]") && text.contains("Flags [F.]"),
        "{text}"
    );
    assert!(
        !text.contains("incorrect") && !text.contains("bad cksum"),
        "{text}"
    );
}

/// The other end of a TAP is the kernel's: what it sends is what we receive, byte for byte.
pub fn capture_of_a_tap_is_what_tcpdump_sees_at_the_other_end() {
    let directory = own_directory();
    let [ours, theirs] = ["ours", "theirs"].map(|name| directory.join(name));
    let link = Link::ALL[0];
    let mut server = serve(&format!("{} --capture {}", link.option, ours.display()));
    let mut tcpdump = tool("tcpdump");
    tcpdump.args(words("-i tap0 -Z root -B 32768 -U --immediate-mode -w"));
    let mut tcpdump = start(tcpdump.arg(&theirs).args(words("tcp port 12000")));
    // Its header is there once it listens.
    wait_for("tcpdump", || {
        let file = fs::metadata(&theirs).ok();
        file.filter(|file| file.len() >= 24)
    });
    let text = mixed(100_000);
    let answer = exchange(connect(link.server()), &text, &[5000]);
    assert!(answer == upper(&text));
    assert_eq!(server.interrupt().code, Some(0));

    let is_tcp = |packet: &Packet| packet.bytes[12..14] == [8, 0] && packet.bytes[23] == 6;
    let ours: Vec<_> = packets(&ours).into_iter().filter(is_tcp).collect();
    wait_for("all packets", || {
        let read = Reader::new(File::open(&theirs).ok()?).ok()?;
        (read.filter_map(Result::ok).count() >= ours.len()).then_some(())
    });
    tcpdump.interrupt();
    let theirs = packets(&theirs);
    assert_eq!(ours.len(), theirs.len());
    // Each has the frames of one direction in their order, and they pass between two others there.
    for (direction, host) in [(Direction::Inbound, 100), (Direction::Outbound, 1)] {
        let sent = |packet: &&Packet| packet.bytes[26..30] == [192, 168, 69, host];
        let theirs = theirs.iter().filter(sent).map(|packet| &packet.bytes);
        let ours = ours
            .iter()
            .filter(|packet| packet.direction == Some(direction));
        let ours: Vec<_> = ours.map(|packet| &packet.bytes).collect();
        assert!(ours == theirs.collect::<Vec<_>>());
        assert!(ours.len() > 20, "{}", ours.len());
    }
}
