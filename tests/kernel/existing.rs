//! Interfaces that exist and lack something: what is said of it, and whether that mends it.

use std::process::Command;

use crate::command::{Outcome, UPPERCASE, start, uppercase, words};
use crate::link::serve;
use crate::namespace::ip;
use crate::peers::{answer_once, serve_tcp};
use crate::serve_tcp::assert_served;

const MODES: [(&str, &str); 2] = [("tap", "mine0"), ("tun", "mine1")];
const SERVERS: [&str; 2] = ["192.168.69.1:12000", "[fdaa::1]:12000"];

/// An interface with these addresses, switched on or not.
fn make(mode: &str, name: &str, addresses: &[&str], up: bool) {
    ip(&format!("tuntap add dev {name} mode {mode}"));
    if up {
        ip(&format!("link set {name} up"));
    }
    for address in addresses {
        let nodad = if address.contains(':') { " nodad" } else { "" };
        ip(&format!("addr add {address} dev {name}{nodad}"));
    }
}

/// Runs the server for a moment. Returns what it said, and its offer to try it.
fn look(options: &str) -> (String, Option<String>) {
    let mut server = serve(options);
    let Outcome {
        code,
        stdout,
        stderr,
    } = server.interrupt();
    assert_eq!(code, Some(0));
    let stdout = String::from_utf8(stdout).unwrap();
    let offer = stdout
        .lines()
        .find_map(|line| line.strip_prefix("Try it: "));
    (stderr, offer.map(str::to_string))
}

/// The commands that it gives, without `sudo`.
fn commands(said: &str) -> Vec<String> {
    assert!(!said.contains("NAME"), "{said}");
    let quoted = said.split('`').skip(1).step_by(2);
    let commands = quoted.map(|command| command.strip_prefix("sudo ").expect(command).to_string());
    commands.collect()
}

/// Does what it says, and sees that nothing is left to say then.
#[track_caller]
fn mend(options: &str, expected: &[&str], servers: &[&str]) {
    let (said, offer) = look(options);
    println!("{said}");
    assert_eq!(commands(&said), expected);
    assert_eq!(offer, None);
    for command in expected {
        let outcome = start(Command::new("sh").args(["-c", command])).end();
        assert_eq!(outcome.text(), "");
    }
    assert_works(options, servers);
}

#[track_caller]
fn assert_works(options: &str, servers: &[&str]) {
    let mut server = serve(options);
    for server in servers {
        assert_served(server.parse().unwrap());
    }
    let outcome = server.interrupt();
    assert_eq!((outcome.code, &*outcome.stderr), (Some(0), ""));
    let (_, offer) = look(options);
    assert!(offer.is_some());
}

pub fn interface_that_is_switched_off_is_explained() {
    for (mode, name) in MODES {
        make(mode, name, &["192.168.69.100/24"], false);
        // The kernel would forget one that it has before.
        let command = format!("ip link set {name} up");
        mend(
            &format!("--{mode} {name} --ip 192.168.69.1/24"),
            &[&command],
            &SERVERS[..1],
        );
        ip(&format!("link delete {name}"));
    }
}

pub fn interface_without_an_address_is_explained() {
    for (mode, name) in MODES {
        make(mode, name, &["10.1.1.1/24"], true);
        let commands = [
            format!("ip address add 192.168.69.100/24 dev {name}"),
            format!("ip address add fdaa::100/64 dev {name} nodad"),
        ];
        let commands = commands.each_ref().map(|command| &**command);
        mend(&format!("--{mode} {name}"), &commands, &SERVERS);
        ip(&format!("link delete {name}"));
    }
}

/// An address of the network that was chosen, and not that of the server.
pub fn address_that_is_proposed_fits_the_servers() {
    for (own, proposed) in [
        ("10.7.0.9/24", "10.7.0.1/24"),
        ("10.7.0.1/16", "10.7.0.2/16"),
        ("10.7.0.4/31", "10.7.0.5/31"),
        ("fd07::9/64", "fd07::1/64"),
        ("fd07::1/64", "fd07::2/64"),
    ] {
        make("tap", "mine0", &[], true);
        let nodad = if own.contains(':') { " nodad" } else { "" };
        let command = format!("ip address add {proposed} dev mine0{nodad}");
        let (address, _) = own.split_once('/').unwrap();
        let server = match nodad {
            "" => format!("{address}:12000"),
            _ => format!("[{address}]:12000"),
        };
        mend(&format!("--tap mine0 --ip {own}"), &[&command], &[&server]);
        ip("link delete mine0");
    }
}

pub fn interface_that_is_off_and_has_no_address_is_explained() {
    for (mode, name) in MODES {
        make(mode, name, &[], false);
        let commands = [
            format!("ip link set {name} up"),
            format!("ip address add 192.168.69.100/24 dev {name}"),
            format!("ip address add fdaa::100/64 dev {name} nodad"),
        ];
        let commands = commands.each_ref().map(|command| &**command);
        mend(&format!("--{mode} {name}"), &commands, &SERVERS);
        ip(&format!("link delete {name}"));
    }
}

pub fn route_that_leads_elsewhere_is_explained() {
    ip("link add veth0 type veth peer veth1");
    ip("link set veth0 up");
    ip("link set veth1 up");
    ip("route add 192.168.69.0/25 dev veth0");
    ip("route add fdaa::/120 dev veth0");
    for (mode, name) in MODES {
        make(mode, name, &["192.168.69.100/24", "fdaa::100/64"], true);
        let commands = [
            format!("ip route add 192.168.69.1/32 dev {name}"),
            format!("ip route add fdaa::1/128 dev {name}"),
        ];
        let commands = commands.each_ref().map(|command| &**command);
        mend(&format!("--{mode} {name}"), &commands, &SERVERS);
        ip(&format!("link delete {name}"));
    }
}

pub fn what_is_offered_to_try_can_work() {
    for (mode, name) in MODES {
        make(mode, name, &["fdaa::100/64"], true);
        for protocol in ["--tcp", "--udp"] {
            let mut server = serve(&format!("--{mode} {name} {protocol}"));
            let offer = loop {
                let line = server.line();
                if let Some(offer) = line.strip_prefix("Try it: ") {
                    break offer.trim().to_string();
                }
            };
            assert!(offer.contains("fdaa::1"), "{offer}");
            assert_eq!(
                start(Command::new("sh").args(["-c", &offer])).end().text(),
                "HELLO\n"
            );
        }
        ip(&format!("link delete {name}"));
    }
    // One that is made, too.
    let (said, offer) = look("--tap tap0 --ip 10.7.0.9/24");
    assert!(
        said.contains("tap0: this host has no address in the network of 10.7.0.9/24"),
        "{said}"
    );
    assert_eq!(offer, None);
}

/// A route is enough on a TUN, where each packet has only one way.
pub fn point_to_point_addresses_are_enough_for_a_tun() {
    ip("tuntap add dev tun0 mode tun");
    ip("addr add 10.1.1.1 peer 192.168.69.1 dev tun0");
    ip("link set tun0 up");
    assert_works("--tun tun0 --ip 192.168.69.1/32", &SERVERS[..1]);
}

pub fn kernel_address_for_an_interface_that_exists_is_refused() {
    for (mode, name) in MODES {
        make(mode, name, &["192.168.69.100/24"], true);
        for (address, nodad) in [
            ("192.168.69.7/24", ""),
            ("192.168.69.100/16", ""),
            ("fdaa::7/64", " nodad"),
        ] {
            for command in ["serve", "tcp 192.168.69.100", "udp 192.168.69.100"] {
                let options = format!("{command} --{mode} {name} --host-ip {address}");
                uppercase(&options, "hello").assert_failed(&format!(
                    "{name} exists and does not have the address {address}: add it with `sudo ip \
                     address add {address} dev {name}{nodad}`, or leave --host-ip out"
                ));
            }
        }
        let options = format!("--{mode} {name} --ip 192.168.69.1/24 --host-ip 192.168.69.100/24");
        assert_works(&options, &SERVERS[..1]);
        ip(&format!("link delete {name}"));
    }
}

pub fn client_on_an_interface_that_is_off_says_so() {
    make("tap", "mine0", &["192.168.69.100/24"], false);
    let options = "tcp 192.168.69.100 --tap mine0 --ip 192.168.69.2/24 --timeout 0.5";
    let mut client = Command::new(UPPERCASE);
    let outcome = crate::command::run(client.args(words(options)), "hello");
    assert_eq!(outcome.code, Some(1));
    assert_eq!(commands(&outcome.stderr), ["ip link set mine0 up"]);
}

pub fn client_needs_one_ip_version_only() {
    serve_tcp(answer_once);
    for (mode, name) in MODES {
        for (address, server) in [
            ("192.168.69.100/24", "192.168.69.100"),
            ("fdaa::100/64", "fdaa::100"),
        ] {
            make(mode, name, &[address], true);
            let answer = uppercase(&format!("tcp {server} --{mode} {name}"), "hello");
            assert_eq!(answer.text(), "HELLO");
            ip(&format!("link delete {name}"));
        }
    }
}
