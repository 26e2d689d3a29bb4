//! ARP and neighbor discovery as stock programs and the kernel itself speak them.

use crate::command::wait_for;
use crate::link::serve;
use crate::namespace::{ip, tool};

const CARD: &str = "06:11:22:33:44:55";

/// What a program prints that is given these arguments, and its exit code.
fn run(program: &str, arguments: &str) -> (String, Option<i32>) {
    let output = tool(program)
        .args(arguments.split(' '))
        .output()
        .expect("it starts");
    let text = String::from_utf8_lossy(&output.stdout).to_uppercase();
    (text, output.status.code())
}

pub fn arping_and_ndisc6_find_the_server() {
    let _server = serve(&format!("--tap tap0 --mac {CARD}"));
    for (program, arguments) in [
        ("arping", "-c 1 -w 5 -I tap0 192.168.69.1"),
        ("ndisc6", "-1 -r 5 fdaa::1 tap0"),
    ] {
        let (text, code) = run(program, arguments);
        assert_eq!(code, Some(0), "{program}: {text}");
        assert!(text.contains(CARD), "{program}: {text}");
    }
}

/// By a probe of ARP (RFC 5227), and by the kernel's duplicate address detection (RFC 4862).
pub fn an_address_of_the_server_is_found_to_be_taken() {
    let _server = serve(&format!("--tap tap0 --mac {CARD}"));
    let probe = |address: &str| run("arping", &format!("-D -c 2 -w 5 -I tap0 {address}"));
    let (text, code) = probe("192.168.69.1");
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains(CARD), "{text}");
    let (text, code) = probe("192.168.69.7");
    assert_eq!(code, Some(0), "{text}");

    // The server has switched it off for its own interface.
    for option in ["accept_dad", "dad_transmits"] {
        let file = format!("/proc/sys/net/ipv6/conf/tap0/{option}");
        std::fs::write(file, "1").expect("root may write it");
    }
    for (address, is_taken) in [("fdaa::1", true), ("fdaa::7", false)] {
        ip(&format!("-6 addr add {address}/64 dev tap0"));
        let failed = wait_for("the kernel's detection", || {
            let shown = ip(&format!("-6 addr show dev tap0 to {address}"));
            let failed = shown.contains("dadfailed");
            (failed || !shown.contains("tentative")).then_some(failed)
        });
        assert_eq!(failed, is_taken, "{address}");
    }
}
