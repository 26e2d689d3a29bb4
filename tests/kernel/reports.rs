//! Reports as JSON, read by another program: one object on each line.

use std::fs;

use rustix::process::Signal;

use crate::command::{Program, UPPERCASE, own_directory, run, start, uppercase, words};
use crate::dhcp::{RANGE, dnsmasq, interface};
use crate::link::{Link, PORT, connect};
use crate::namespace::{Test, need, tests, tool};
use crate::serve_tcp::exchange;
use crate::serve_udp::ask;

pub const TESTS: &[Test] = tests![
    reports_of_a_server_are_an_object_each,
    reports_of_a_lab_are_on_standard_error,
    addresses_of_the_network_are_an_object,
    checks_of_a_doctor_are_an_object_for_each_command,
    ladder_of_a_file_is_an_object,
];

/// What Python makes of an expression, where `report` is what it has read.
#[track_caller]
fn evaluated(json: &str, expression: &str) -> String {
    let program = format!("import json, sys; report = json.load(sys.stdin); print({expression})");
    let outcome = run(tool("python3").args(["-c", &program]), json);
    outcome.text().trim_end().to_owned()
}

fn serve(options: &str) -> Program {
    let mut command = std::process::Command::new(UPPERCASE);
    start(command.args(["serve", "--json"]).args(words(options)))
}

/// The lines of a report that came at the end; each is an object.
#[track_caller]
fn objects(text: &[u8]) -> Vec<String> {
    let text = std::str::from_utf8(text).expect("text");
    let lines: Vec<_> = text.lines().map(str::to_owned).collect();
    for line in &lines {
        assert_eq!(evaluated(line, "type(report).__name__"), "dict");
    }
    lines
}

fn reports_of_a_server_are_an_object_each() {
    for link in [Link::ALL[0], Link::ALL[3]] {
        let mut server = serve(link.option);
        let ready = server.line();
        assert_eq!(evaluated(&ready, "report['report']"), "ready");
        let endpoints = "['192.168.69.1:12000', '[fdaa::1]:12000']";
        assert_eq!(evaluated(&ready, "report['tcp']"), endpoints);
        assert_eq!(evaluated(&ready, "report['udp']"), endpoints);

        assert_eq!(exchange(connect(link.server()), b"one", &[3]), b"ONE");
        server.signal(Signal::USR1);
        let asked = server.line();
        assert_eq!(evaluated(&asked, "report['report']"), "counters");
        assert_eq!(evaluated(&asked, "report['tcp']['opened']"), "1");
        assert_eq!(evaluated(&asked, "report['udp']['answered']"), "0");

        assert_eq!(ask(link.server(), b"x"), b"X");
        let outcome = server.interrupt();
        let last = objects(outcome.bytes());
        assert_eq!(last.len(), 1);
        assert_eq!(evaluated(&last[0], "report['udp']['answered']"), "1");
        // What there was none of is there, too.
        assert_eq!(evaluated(&last[0], "report['tcp']['cookies']"), "0");
        assert_eq!(evaluated(&last[0], "report['dropped']['forged']"), "0");
        let frames = "report['device']['received_frames'] > 5";
        assert_eq!(evaluated(&last[0], frames), "True");
    }
}

fn reports_of_a_lab_are_on_standard_error() {
    need("nc");
    let outcome = uppercase("lab --json -- nc -N 192.168.69.1 12000", "hello\n");
    assert_eq!((outcome.code, &*outcome.stdout), (Some(0), &b"HELLO\n"[..]));
    let reports = objects(outcome.stderr.as_bytes());
    assert_eq!(evaluated(&reports[0], "report['report']"), "ready");
    assert_eq!(evaluated(&reports[1], "report['tcp']['opened']"), "1");
}

fn addresses_of_the_network_are_an_object() {
    interface();
    let _dnsmasq = dnsmasq(RANGE);
    let mut server = serve("--tap tap0 --dhcp");
    let asking = server.line();
    let sentence = "['Asking the network for an address']";
    assert_eq!(evaluated(&asking, "report['sentences']"), sentence);
    let obtained = server.line();
    assert_eq!(evaluated(&obtained, "report['report']"), "addresses");
    let address = evaluated(&obtained, "report['lease']['address'].split('/')[0]");
    assert!(address.starts_with("192.168.69."), "{obtained}");
    let endpoints = evaluated(&obtained, "report['tcp'], report['udp']");
    let endpoint = format!("['{address}:{PORT}']");
    assert_eq!(endpoints, format!("{endpoint} {endpoint}"));
    assert_eq!(evaluated(&obtained, "report['lease']['duration_s']"), "120");
    assert_eq!(
        evaluated(&obtained, "report['routers']"),
        "['192.168.69.100']"
    );
    let outcome = server.interrupt();
    assert_eq!(objects(outcome.bytes()).len(), 1);
}

fn checks_of_a_doctor_are_an_object_for_each_command() {
    let outcome = uppercase("doctor --json", "");
    let reports = objects(outcome.bytes());
    let commands: Vec<_> = reports
        .iter()
        .map(|report| evaluated(report, "report['command']"))
        .collect();
    assert_eq!(commands, ["uppercase lab", "uppercase serve --tap tap0"]);
    for report in &reports {
        assert_eq!(
            evaluated(report, "report['report'], report['ok']"),
            "doctor True"
        );
        let last = "report['steps'][-1]['name'], report['steps'][-1]['ok']";
        assert_eq!(evaluated(report, last), "answers True");
    }
    // The step that fails is the last one, and has a remedy.
    crate::namespace::ip("tuntap add dev tap0 mode tap");
    crate::namespace::ip("addr add 192.168.69.100/24 dev tap0");
    let outcome = uppercase("doctor serve --tap tap0 --ip 192.168.69.1/24 --json", "");
    assert_eq!((outcome.code, &*outcome.stderr), (Some(1), ""));
    let failed = objects(&outcome.stdout);
    let last = "report['ok'], report['steps'][-1]['ok'], report['steps'][-1]['remedy']";
    assert_eq!(
        evaluated(&failed[0], last),
        "False False ip link set tap0 up"
    );
}

fn ladder_of_a_file_is_an_object() {
    let capture = own_directory().join("a.pcapng").display().to_string();
    assert_eq!(
        uppercase(&format!("--capture {capture}"), "hello").text(),
        "HELLO"
    );
    let outcome = uppercase(&format!("ladder {capture} --json"), "");
    let json = outcome.text();
    assert_eq!(evaluated(json, "report['rows'][0]['protocol']"), "ARP");
    let file = format!("{capture}.json");
    let both = uppercase(
        &format!("ladder {capture} --ladder-json {file} --ladder"),
        "",
    );
    assert!(both.text().contains("SYN ACK"), "{both:?}");
    assert_eq!(fs::read_to_string(file).expect("a file"), json);
}
