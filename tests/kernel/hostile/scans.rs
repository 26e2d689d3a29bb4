//! `nmap` looks for what is served.

use super::honest::served_throughout;
use crate::command::run;
use crate::namespace::tool;

/// Runs `nmap` with these options on the port that is served and the one behind it, and returns
/// what it says about each.
fn scan(options: &str) -> [String; 2] {
    let report = nmap(&format!("{options} -p 12000,12001"));
    [12000, 12001].map(|port| {
        let mut lines = report.lines();
        let line = lines.find(|line| line.starts_with(&format!("{port}/")));
        let line = line.unwrap_or_else(|| panic!("{report}"));
        line.split_whitespace().nth(1).expect("a state").to_string()
    })
}

fn nmap(options: &str) -> String {
    let host = if options.contains("-6") {
        "fdaa::1"
    } else {
        "192.168.69.1"
    };
    let mut nmap = tool("nmap");
    nmap.args(["-n", "-Pn", "--reason", "--host-timeout", "40"]);
    let outcome = run(nmap.args(options.split(' ')).arg(host), "");
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    String::from_utf8(outcome.stdout).expect("text")
}

pub fn scans_find_the_port_that_is_served_and_no_other() {
    served_throughout("", |_| {
        for options in ["-sS", "-sT", "-sU", "-6 -sS", "-6 -sT", "-6 -sU"] {
            assert_eq!(scan(options), ["open", "closed"], "{options}");
        }
    });
}

/// Without SYN, RST and ACK, a segment is dropped by a port that listens, and refused by others
/// (RFC 9293, 3.10.7.1 and 3.10.7.2); one with ACK is refused on either (3.5.2).
pub fn scans_without_a_request_learn_nothing_of_the_port_that_is_served() {
    served_throughout("", |_| {
        for options in ["-sN", "-sF", "-sX"] {
            assert_eq!(scan(options), ["open|filtered", "closed"], "{options}");
        }
        for options in ["-sA", "-6 -sA"] {
            assert_eq!(scan(options), ["unfiltered", "unfiltered"], "{options}");
        }
    });
}

pub fn scan_of_the_operating_system_does_no_harm() {
    served_throughout("", |_| {
        let report = nmap("-O --max-os-tries 1 -p 12000,12001");
        assert!(report.contains("12000/tcp open"), "{report}");
    });
}

pub fn scan_of_ten_thousand_ports_stops_no_client() {
    served_throughout("", |_| {
        let report = nmap("-sS -p 10001-20000 --min-rate 2000");
        let open: Vec<&str> = report
            .lines()
            .filter(|line| line.contains(" open "))
            .collect();
        assert!(
            matches!(open[..], [line] if line.starts_with("12000/tcp")),
            "{report}"
        );
    });
}
