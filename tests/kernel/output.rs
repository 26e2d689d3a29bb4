//! Standard output and standard error that cannot be written: never a lost answer, never a panic.

use std::fs::{self, File};
use std::io::{ErrorKind, Read, Write, pipe};
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;
use std::process::{Command, Stdio};

use rustix::process::Signal;

use crate::command::{Program, UPPERCASE, own_directory, start_with_output, wait_for, words};
use crate::filter::shell;
use crate::link::Link;
use crate::peers::{answer_pieces, serve_tcp, serve_udp};
use crate::serve_tcp::assert_served;
use crate::text::upper;

/// Every way to run the command that prints something.
fn each_use(test: impl Fn(&str)) {
    serve_tcp(answer_pieces);
    serve_udp(upper);
    for arguments in [
        "",
        "tcp",
        "udp",
        "tcp 192.168.69.100 --tap tap0",
        "udp fdaa::100 --tun tun0",
        "serve --tap tap0",
        "--help",
        "udp -h",
        "--version",
    ] {
        println!("{arguments}");
        test(arguments);
    }
}

pub fn output_that_is_closed_is_an_error() {
    each_use(|arguments| {
        let script = format!("echo hello | timeout 20 $1 {arguments} 2>&1 >&-; echo $?");
        let sentence = "standard output is closed: give it a file, or /dev/null";
        assert_eq!(shell(&script), format!("uppercase: {sentence}\n1\n"));
    });
}

pub fn output_that_is_full_is_an_error() {
    each_use(|arguments| {
        let script = format!("echo hello | timeout 20 $1 {arguments} 2>&1 >/dev/full; echo $?");
        let sentence = "standard output cannot be written: No space left on device (os error 28)";
        assert_eq!(shell(&script), format!("uppercase: {sentence}\n1\n"));
    });
}

pub fn output_that_is_discarded_is_no_error() {
    serve_tcp(answer_pieces);
    for arguments in ["", "udp", "tcp 192.168.69.100 --tap tap0", "--help"] {
        // The second is how many programs that start others open it.
        for redirection in [">/dev/null", "1<>/dev/null"] {
            let script = format!("echo hello | $1 {arguments} {redirection}; echo $?");
            assert_eq!(shell(&script), "0\n");
        }
    }
}

pub fn errors_that_cannot_be_written_are_no_panic() {
    for (arguments, code) in [
        ("tcp 192.168.69.7 --timeout 0.5", 1),
        ("tcp 192.168.69.77 --tap tap0 --timeout 0.5", 1),
        ("serve --tap lo", 1),
        ("shout", 2),
        ("tcp --tap tap0", 2),
        ("", 0),
        ("-vvvv", 0),
        ("udp -vvvv", 0),
        ("udp -vvvv 192.168.69.100 --tap tap0 --timeout 0.5", 1),
    ] {
        for redirection in ["2>/dev/full", "2>&-"] {
            let script = format!("echo hello | timeout 20 $1 {arguments} {redirection}; echo $?");
            let answer = if code == 0 { "HELLO\n" } else { "" };
            assert_eq!(
                shell(&script),
                format!("{answer}{code}\n"),
                "{arguments} {redirection}"
            );
        }
    }
}

pub fn filter_of_the_log_that_cannot_be_read_is_explained() {
    let script = "echo hello | RUST_LOG=a=b=c $1 2>&1; echo $?";
    let printed = shell(script);
    let (sentence, rest) = printed.split_once('\n').unwrap();
    assert!(
        sentence.starts_with("uppercase: RUST_LOG is not used: "),
        "{printed}"
    );
    assert_eq!(rest, "HELLO\n0\n");
    let script = "echo hello | RUST_LOG=a=b=c $1 2>/dev/full; echo $?";
    assert_eq!(shell(script), "HELLO\n0\n");
}

const SERVED: Link = Link::ALL[0];

/// A server with this standard output.
fn server_with_output(output: impl Into<Stdio>) -> Program {
    let mut command = Command::new(UPPERCASE);
    start_with_output(command.args(words("serve --tap tap0")), output)
}

/// Reports that cannot be written do not end it.
fn assert_report_ends_nothing(server: &Program) {
    for _ in 0..5 {
        server.signal(Signal::USR1);
        assert_served(SERVED.server());
    }
}

pub fn server_goes_on_where_the_reader_of_its_reports_is_gone() {
    let (mut reader, writer) = pipe().unwrap();
    let mut server = server_with_output(writer);
    read_until_ready(&mut reader);
    drop(reader);
    assert_report_ends_nothing(&server);
    assert_eq!(server.interrupt().code, Some(0));
}

pub fn server_goes_on_where_the_disk_is_full() {
    own_directory();
    fs::create_dir("/run/disk").unwrap();
    let mount = ["-t", "tmpfs", "-o", "size=16k", "none", "/run/disk"];
    assert!(
        Command::new("mount")
            .args(mount)
            .status()
            .unwrap()
            .success()
    );
    let file = || {
        File::options()
            .create(true)
            .append(true)
            .open("/run/disk/output")
            .unwrap()
    };
    let mut server = server_with_output(file());
    let printed = || fs::read_to_string("/run/disk/output").unwrap();
    wait_for("the server", || printed().contains("Try it").then_some(()));
    // A page is the least that a file takes.
    let padding = vec![b'.'; 4096 - printed().len()];
    file().write_all(&padding).unwrap();
    let filled = fs::write("/run/disk/other", [0; 16 << 10]);
    assert_eq!(filled.unwrap_err().kind(), ErrorKind::StorageFull);
    assert_report_ends_nothing(&server);
    fs::remove_file("/run/disk/other").unwrap();
    wait_for("a report", || {
        server.signal(Signal::USR1);
        printed().contains("TCP: 5 connections").then_some(())
    });
    // Of the last report it says that it was lost.
    file().write_all(&[b'.'; 16 << 10]).unwrap_err();
    assert_eq!(server.interrupt().code, Some(1));
}

pub fn server_goes_on_where_its_reports_are_not_read() {
    let (mut reader, writer) = pipe().unwrap();
    let mut fill = File::options();
    let path = format!("/proc/self/fd/{}", writer.as_raw_fd());
    let mut fill = fill
        .write(true)
        .custom_flags(0o4000 /* O_NONBLOCK */)
        .open(path)
        .unwrap();
    let mut server = server_with_output(writer);
    read_until_ready(&mut reader);
    while fill.write(&[b'.'; 100]).is_ok() {}
    while fill.write(b".").is_ok() {}
    assert_report_ends_nothing(&server);
    // What is read then is a whole report.
    let mut text = Vec::new();
    while !text.ends_with(b"sent\n") {
        let mut byte = [0];
        reader.read_exact(&mut byte).unwrap();
        text.extend(byte);
    }
    let text = String::from_utf8(text).unwrap();
    let report = text.trim_start_matches('.');
    assert!(report.starts_with("TCP: "), "{report}");
    while fill.write(b".").is_ok() {}
    // At its end it waits for a moment only, and says that the last report was lost.
    server
        .interrupt()
        .assert_failed("standard output cannot be written: nothing reads it");
}

fn read_until_ready(reader: &mut impl Read) {
    let mut text = Vec::new();
    while !text.windows(6).any(|part| part == b"Try it") || !text.ends_with(b"\n") {
        let mut byte = [0];
        reader.read_exact(&mut byte).unwrap();
        text.extend(byte);
    }
}
