//! The lab: servers on a TAP interface in a network of its own, without rights.

use std::fs;
use std::io::Write;
use std::path::Path;

use rustix::process::Signal;

use crate::command::{Outcome, run, start, wait_for, words};
use crate::namespace::{Test, need, tests};
use crate::ordinary::{Ordinary, PROGRAM};
use crate::terminal::Terminal;

pub const TESTS: &[Test] = tests![
    stock_programs_reach_the_servers_of_a_lab,
    tcpdump_shows_the_packets_of_a_lab,
    lab_gives_a_network_and_takes_no_rights,
    exit_status_of_a_lab_is_that_of_its_command,
    what_a_command_leaves_behind_ends_with_the_lab,
    lab_that_is_ended_ends_its_command,
    lab_without_the_driver_is_explained,
    ctrl_c_is_for_the_command_of_a_lab,
    hangup_is_for_the_command_of_a_lab,
    shell_of_a_lab_is_the_users,
    options_of_serve_are_those_of_a_lab,
    labs_do_not_meet,
];

/// Runs a command in a lab of an ordinary user's.
#[track_caller]
fn lab(user: &Ordinary, options: &str, command: &[&str], input: &str) -> Outcome {
    let mut lab = user.uppercase("lab");
    lab.args(words(options)).arg("--").args(command);
    run(&mut lab, input)
}

/// Runs a script in one.
#[track_caller]
fn script(user: &Ordinary, options: &str, script: &str) -> Outcome {
    lab(user, options, &["sh", "-c", script], "")
}

fn stock_programs_reach_the_servers_of_a_lab() {
    ["nc", "ping", "python3"]
        .iter()
        .for_each(|program| need(program));
    let user = Ordinary::new();
    for server in ["192.168.69.1", "fdaa::1"] {
        let tcp = ["nc", "-N", server, "12000"];
        assert_eq!(lab(&user, "", &tcp, "hello\n").text(), "HELLO\n");
        let udp = ["nc", "-u", "-w", "1", server, "12000"];
        assert_eq!(lab(&user, "", &udp, "hello\n").text(), "HELLO\n");
        let ping = lab(&user, "", &["ping", "-c", "1", server], "");
        assert!(ping.text().contains("1 received"), "{ping:?}");
        let python = format!(
            "import socket\n\
             stream = socket.create_connection(('{server}', 12000))\n\
             stream.sendall('straße'.encode())\n\
             stream.shutdown(socket.SHUT_WR)\n\
             print(stream.makefile().read())"
        );
        let python = lab(&user, "", &["python3", "-c", &python], "");
        assert_eq!(python.text(), "STRASSE\n");
    }
}

fn tcpdump_shows_the_packets_of_a_lab() {
    ["nc", "tcpdump"].iter().for_each(|program| need(program));
    let seen = script(
        &Ordinary::new(),
        "",
        "tcpdump --immediate-mode -ni tap0 -c 1 udp dst port 12000 2>/dev/null &
         while kill -0 $! 2>/dev/null; do echo hello | nc -u -w 1 192.168.69.1 12000 >/dev/null; done",
    );
    let seen = seen.text();
    assert!(seen.contains("192.168.69.1.12000: UDP, length 6"), "{seen}");
}

/// It is the same user, in another network.
fn lab_gives_a_network_and_takes_no_rights() {
    let user = Ordinary::new();
    assert_eq!(
        script(&user, "", "id -u").text(),
        format!("{}\n", user.id())
    );
    let links = script(&user, "", "ip -brief link | cut -d ' ' -f 1");
    assert_eq!(links.text(), "lo\ntap0\n");
    let loopback = script(&user, "", "ping -c 1 127.0.0.1");
    assert!(loopback.text().contains("1 received"), "{loopback:?}");
    // Nothing of it is seen outside.
    assert_eq!(crate::namespace::ip("-brief link").lines().count(), 1);
    // What is root's is not this user's.
    fs::create_dir("/run/private").unwrap();
    crate::ordinary::run(&["chmod", "0700", "/run/private"]);
    let entered = script(&user, "", "cd /run/private 2>/dev/null || echo refused");
    if user.is_real_root {
        assert_eq!(entered.text(), "refused\n");
    }
}

fn exit_status_of_a_lab_is_that_of_its_command() {
    let user = Ordinary::new();
    for code in [0, 1, 7, 255] {
        let outcome = script(&user, "", &format!("exit {code}"));
        assert_eq!((outcome.code, &*outcome.stderr), (Some(code), ""));
    }
    let killed = script(&user, "", "kill -KILL $$");
    assert_eq!((killed.code, &*killed.stderr), (Some(137), ""));
    let missing = lab(&user, "", &["no-such-program"], "");
    let sentence = "uppercase: no-such-program cannot be started: No such file or directory (os \
                    error 2)\n";
    assert_eq!((missing.code, &*missing.stderr), (Some(127), sentence));
    let directory = lab(&user, "", &["/run"], "");
    let sentence = "uppercase: /run cannot be started: Permission denied (os error 13)\n";
    assert_eq!((directory.code, &*directory.stderr), (Some(126), sentence));
}

/// The processes that have this in their command line.
fn processes(wanted: &str) -> usize {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let lines = processes.filter_map(|process| fs::read(process.path().join("cmdline")).ok());
    lines
        .filter(|line| {
            String::from_utf8_lossy(line)
                .replace('\0', " ")
                .starts_with(wanted)
        })
        .count()
}

fn what_a_command_leaves_behind_ends_with_the_lab() {
    let user = Ordinary::new();
    let outcome = script(
        &user,
        "",
        "sleep 3601 & setsid sleep 3602 & (setsid sh -c 'sleep 3603; :' &)
         (trap '' TERM; exec sleep 3604) & sleep 0.2; echo done",
    );
    assert_eq!(outcome.text(), "done\n");
    assert_eq!(processes("sleep 360"), 0);
}

/// It says what is missing, and which command looks further.
fn lab_without_the_driver_is_explained() {
    let user = Ordinary::new();
    crate::ordinary::run(&["mount", "-t", "tmpfs", "none", "/dev/net"]);
    for command in ["lab -- true", "serve --tap tap0"] {
        run(&mut user.uppercase(command), "").assert_failed(&format!(
            "/dev/net/tun cannot be opened (No such file or directory (os error 2)): load the \
             driver with `sudo modprobe tun`, or start the container with `--device /dev/net/tun \
             --cap-add NET_ADMIN`. What else may be missing: `{PROGRAM} doctor`"
        ));
    }
}

fn lab_that_is_ended_ends_its_command() {
    let user = Ordinary::new();
    // The second one is ended by SIGKILL.
    for script in ["", "trap '' TERM;"] {
        let script = format!("{script} echo begun; exec sleep 3605");
        let mut lab = user.uppercase("lab -- sh");
        let mut lab = start(lab.args(["-c", &script]));
        assert_eq!(lab.line(), "begun\n");
        lab.signal(Signal::TERM);
        let outcome = lab.end();
        assert_eq!((outcome.code, &*outcome.stderr), (Some(143), ""));
        assert_eq!(processes("sleep 3605"), 0);
    }
}

/// A terminal that goes away tells both.
fn hangup_is_for_the_command_of_a_lab() {
    let user = Ordinary::new();
    let mut lab = start(&mut user.uppercase("lab -- cat"));
    let mut stdin = lab.stdin.take().unwrap();
    writeln!(stdin, "begun").unwrap();
    assert_eq!(lab.line(), "begun\n");
    lab.signal(Signal::HUP);
    writeln!(stdin, "goes on").unwrap();
    assert_eq!(lab.line(), "goes on\n");
    drop(stdin);
    assert_eq!(lab.end().text(), "");
    // What ignores it from the start goes on to, and so does its command.
    let mut nohup = user.program("nohup");
    let script = "kill -HUP $$; echo goes on";
    nohup.args([PROGRAM, "lab", "--", "sh", "-c", script]);
    assert_eq!(run(&mut nohup, "").stdout, b"goes on\n");
}

fn wait_for_file(file: &str) {
    wait_for(file, || Path::new(file).exists().then_some(()));
}

fn ctrl_c_is_for_the_command_of_a_lab() {
    let _machine = Ordinary::new();
    // It may end by it, or not.
    for (script, code) in [
        ("touch /run/begun; exec sleep 3606", 130),
        (
            "trap 'exit 5' INT; touch /run/begun; while :; do sleep 0.05; done",
            5,
        ),
    ] {
        fs::write("/run/script", script).unwrap();
        let mut terminal = Terminal::start("lab -- sh /run/script");
        wait_for_file("/run/begun");
        terminal.press("\x03");
        let (status, screen) = terminal.end();
        assert_eq!(status, Some(code), "{screen}");
        fs::remove_file("/run/begun").unwrap();
    }
}

fn shell_of_a_lab_is_the_users() {
    need("nc");
    let _machine = Ordinary::new();
    let mut terminal = Terminal::start_with("lab", &[("SHELL", "/bin/bash")]);
    terminal.press("echo hello | nc -N 192.168.69.1 12000; touch /run/first\n");
    wait_for_file("/run/first");
    terminal.press("sleep 3607\n");
    wait_for("a command", || (processes("sleep 3607") == 1).then_some(()));
    terminal.press("\x03");
    terminal.press("echo $((6 * 7)); exit 9\n");
    let (status, screen) = terminal.end();
    assert_eq!(status, Some(9), "{screen}");
    for seen in [
        "Try it: echo hello | nc -N 192.168.69.1 12000\n",
        "This shell is in a network of its own",
        "HELLO\n",
        "42\n",
        "TCP: 1 connection opened",
    ] {
        assert!(screen.contains(seen), "{seen}: {screen}");
    }
}

fn options_of_serve_are_those_of_a_lab() {
    need("nc");
    let user = Ordinary::new();
    for (options, server, port) in [
        ("--once", "192.168.69.1", "12000"),
        ("--port 7", "fdaa::1", "7"),
        ("--tun tun0", "192.168.69.1", "12000"),
        (
            "--ip 10.0.0.1/24 --host-ip 10.0.0.9/24",
            "10.0.0.1",
            "12000",
        ),
    ] {
        let outcome = lab(&user, options, &["nc", "-N", server, port], "hello\n");
        assert_eq!(outcome.text(), "HELLO\n", "{options}");
    }
    let drawn = lab(
        &user,
        "--ladder --ascii",
        &["nc", "-N", "192.168.69.1", "12000"],
        "hello\n",
    );
    assert_eq!(drawn.stdout, b"HELLO\n");
    assert!(drawn.stderr.contains("SYN ACK"), "{}", drawn.stderr);
}

/// The same interface and the same addresses, at the same time.
fn labs_do_not_meet() {
    need("nc");
    let user = Ordinary::new();
    let mut first = start(
        user.uppercase("lab -- sh")
            .args(["-c", "echo begun; read line"]),
    );
    assert_eq!(first.line(), "begun\n");
    let second = lab(&user, "", &["nc", "-N", "192.168.69.1", "12000"], "hello\n");
    assert_eq!(second.text(), "HELLO\n");
    drop(first.stdin.take());
    let outcome = first.end();
    assert_eq!((outcome.code, &*outcome.stderr), (Some(1), ""));
}
