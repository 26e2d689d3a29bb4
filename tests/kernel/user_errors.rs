//! What the command says where its user is mistaken, or has not the right.

use crate::command::{Outcome, UPPERCASE, run, uppercase, words};
use crate::link::serve;
use crate::namespace::{ip, tool};

/// That the arguments are wrong, and what is said about it.
#[track_caller]
fn assert_misused(arguments: &str, hint: &str) {
    let outcome = uppercase(arguments, "");
    assert_eq!((outcome.code, &*outcome.stdout), (Some(2), &b""[..]));
    assert!(outcome.stderr.contains(hint), "{}", outcome.stderr);
    assert!(
        outcome
            .stderr
            .contains("For more information, try '--help'")
    );
}

pub fn wrong_arguments_are_explained() {
    let cidr = "an address of one host and the length of its prefix are needed, such as \
                192.168.69.1/24";
    let address = "an IPv4 or IPv6 address is needed, such as 192.168.69.1";
    let mac = "the hardware address of one host is needed, such as 02:00:00:00:00:01";
    for (arguments, hint) in [
        ("serve", "<--cable <PORT>|--tap <NAME>|--tun <NAME>>"),
        ("serve --cable", "--cable <PORT>"),
        ("serve --cable 0", "0 is not in 1..=65472"),
        ("serve --cable 65473", "65473 is not in 1..=65472"),
        ("serve --cable 9000 --tap t", "cannot be used with"),
        ("lab --cable 9000", "--cable is not for a lab"),
        ("lab --tap t --tun t", "cannot be used with"),
        ("lab true", "unexpected argument 'true'"),
        ("doctor serve", "<--cable <PORT>|--tap <NAME>|--tun <NAME>>"),
        ("doctor ladder", "unrecognized subcommand 'ladder'"),
        ("tcp --tun t --cable 9000", "cannot be used with"),
        (
            "serve --cable 9000 --host-ip 192.168.69.100/24",
            "cannot be used with",
        ),
        ("--capture", "--capture <FILE>"),
        ("tcp --capture -", "standard output is for the answers"),
        ("udp --capture-both", "--capture <FILE>"),
        (
            "tcp --cable 9000 --capture-both --capture file",
            "--capture-both is for client and server in one program",
        ),
        ("serve --tap", "--tap <NAME>"),
        ("serve --tap t --tun t", "cannot be used with"),
        ("serve --tap t --ip 192.168.69.1", cidr),
        ("serve --tap t --ip 192.168.69.1/33", cidr),
        ("serve --tap t --ip fdaa::1/129", cidr),
        ("serve --tap t --ip 224.0.0.1/24", cidr),
        ("serve --tap t --ip ff02::1/64", cidr),
        ("serve --tap t --ip 0.0.0.0/0", cidr),
        ("serve --tap t --ip localhost/8", cidr),
        ("serve --tap t --host-ip 192.168.69/24", cidr),
        ("serve --tap t --gateway 192.168.69.1/24", address),
        ("serve --tap t --mac 01:00:00:00:00:00", mac),
        ("serve --tap t --mac 02:00", mac),
        ("serve --tap t --port 0", "0 is not in 1..=65535"),
        ("serve --tap t --port 65536", "65536 is not in 1..=65535"),
        ("serve --tap t --connections 0", "0 is not in 1..="),
        (
            "serve --tap t --timeout 0",
            "a number of seconds is needed, 0.001 or more",
        ),
        ("serve --tap t --timeout -1", "-1"),
        (
            "serve --tap t --timeout nan",
            "a number of seconds is needed, 0.001 or more",
        ),
        ("serve --tap t surplus", "unexpected argument 'surplus'"),
        ("tcp 192.168.69.100 --tap t --dns name", address),
        (
            "tcp 192.168.69.100 --tap t --dns fe80::1%t",
            "there is one interface only: leave %t out",
        ),
        (
            "tcp 192.168.69.300 --tap t",
            "an IPv4 address has four numbers, each from 0 to 255",
        ),
        ("udp fdaa:::1 --tap t", "this is not an IPv6 address"),
        (
            "udp [fdaa::1]:0 --tap t",
            "\"0\" is not a port, which is a number from 1 to 65535",
        ),
        (
            "tcp http://name --tap t",
            "give the name or the address only",
        ),
        (
            "udp 192.168.69.100 --tap t --once",
            "unexpected argument '--once'",
        ),
        ("shout", "unrecognized subcommand 'shout'"),
        ("--json", "'serve --json' exists"),
        ("udp 192.168.69.100 --json", "'serve --json' exists"),
        ("--ladder --dhcp", "'udp --dhcp' exists"),
    ] {
        println!("{arguments}");
        assert_misused(arguments, hint);
    }
}

/// Also where it is not `clap` that finds the mistake.
pub fn usage_is_that_of_the_command_that_was_given() {
    let lab = "Usage: uppercase lab [OPTIONS] [-- <COMMAND>...]";
    for (arguments, hint, usage) in [
        ("lab --dhcp", "are not for a lab", lab),
        ("lab --tap t --slaac", "are not for a lab", lab),
        ("lab --dhcp x", "unexpected argument 'x'", lab),
        ("lab --loss 20%", "in a lab the kernel makes them", lab),
        ("lab --cable 9000", "--cable is not for a lab", lab),
        (
            "doctor serve --tap t --dhcp",
            "leave these out here",
            "Usage: uppercase doctor serve [OPTIONS]",
        ),
        (
            "tcp --tap t",
            "HOST is needed",
            "Usage: uppercase tcp [OPTIONS] [HOST]",
        ),
        (
            "udp --slaac",
            "give --tap <NAME>, too",
            "Usage: uppercase udp [OPTIONS] [HOST]",
        ),
        (
            "ladder file --capture other",
            "only reads a file",
            "Usage: uppercase ladder [OPTIONS] <FILE>",
        ),
        (
            "--capture-both",
            "--capture-both needs --capture",
            "Usage: uppercase [OPTIONS] [COMMAND]",
        ),
    ] {
        println!("{arguments}");
        assert_misused(arguments, hint);
        let outcome = uppercase(arguments, "");
        assert!(outcome.stderr.contains(usage), "{}", outcome.stderr);
    }
}

pub fn help_has_no_option_that_is_refused() {
    let faults = ["--loss", "--drop", "--seed", "--crash", "Faults on purpose"];
    let network = ["--cable", "--dhcp", "--slaac"];
    let has = |arguments: &str, option: &str| {
        let text = uppercase(&format!("{arguments} --help"), "")
            .text()
            .to_string();
        let mut lines = text.lines().map(str::trim_start);
        lines.any(|line| line.starts_with(option))
    };
    for command in ["lab", "doctor", "doctor serve", "ladder"] {
        for option in faults {
            assert!(!has(command, option), "{command} {option}");
        }
    }
    for option in network {
        assert!(!has("lab", option), "lab {option}");
        assert!(has("serve", option), "serve {option}");
    }
    for option in &network[1..] {
        assert!(!has("doctor serve", option), "doctor serve {option}");
    }
    for option in ["--capture ", "--capture-both"] {
        assert!(!has("ladder", option), "ladder {option}");
        assert!(has("tcp", option), "tcp {option}");
    }
    assert!(!has("serve", "--crash"));
    assert!(has("serve", "--loss") && has("", "--crash"));
}

pub fn version_has_the_features() {
    let short = uppercase("-V", "").text().to_string();
    assert!(short.starts_with(concat!("uppercase ", env!("CARGO_PKG_VERSION"))));
    assert_eq!(short.lines().count(), 1);
    let long = uppercase("--version", "").text().to_string();
    let features = long.strip_prefix(&short).expect("the same line first");
    assert!(features.starts_with("features: "), "{long}");
    let mut features = features.split_whitespace().skip(1);
    assert!(
        features.clone().any(|feature| feature == "command"),
        "{long}"
    );
    assert!(features.any(|feature| feature == "tuntap"), "{long}");
    assert!(long.lines().all(|line| line.len() <= 80), "{long}");
}

pub fn help_fits_the_command() {
    for arguments in ["--help", "serve --help", "tcp --help", "udp -h", "help"] {
        let text = uppercase(arguments, "").text().to_string();
        assert!(text.contains("Usage: uppercase"), "{text}");
    }
    assert!(uppercase("--version", "").text().starts_with("uppercase "));
}

pub fn address_of_both_sides_is_refused() {
    for (link, ip) in [
        ("--tap tap0", "192.168.69.100/24"),
        ("--tun tun0", "fdaa::100/64"),
    ] {
        let (address, _) = ip.split_once('/').unwrap();
        let name = link.split(' ').next_back().unwrap();
        let sentence = format!(
            "{address} cannot be the address of both sides of {name}: change --ip or --host-ip"
        );
        for command in ["serve", "tcp 10.0.0.1", "udp 10.0.0.1"] {
            uppercase(&format!("{command} {link} --ip {ip}"), "").assert_failed(&sentence);
        }
    }
}

pub fn address_that_this_host_has_is_refused() {
    ip("tuntap add dev tap0 mode tap");
    ip("addr add 192.168.69.1/24 dev tap0");
    ip("addr add fdaa::2/64 dev tap0 nodad");
    ip("link set tap0 up");
    for (command, address) in [
        ("serve", "192.168.69.1"),
        ("tcp 192.168.69.1", "fdaa::2"),
        ("udp 192.168.69.1", "fdaa::2"),
    ] {
        uppercase(&format!("{command} --tap tap0"), "hello").assert_failed(&format!(
            "{address} is already an address of this host, on tap0, so nothing that is sent to it \
             would come here: choose another one with --ip"
        ));
    }
}

pub fn address_of_another_interface_is_refused() {
    ip("link add veth0 type veth peer veth1");
    ip("addr add 192.168.69.100/24 dev veth0");
    uppercase("serve --tap tap0", "").assert_failed(
        "192.168.69.100 is already an address of this host, on veth0: choose another address, \
         with --host-ip, and --ip in its network",
    );
    ip("addr del 192.168.69.100/24 dev veth0");
    ip("addr add 192.168.69.7/24 dev veth0");
    uppercase("serve --tap tap0", "").assert_failed(
        "the subnet of 192.168.69.100/24 is already that of veth0, which would take all its \
         packets: choose another subnet, with --host-ip, and --ip in its network",
    );
}

pub fn interface_that_is_taken_is_refused() {
    let _server = serve("--tap tap0");
    let sentence = "another program is attached to tap0: stop that program, or choose another name";
    uppercase("serve --tap tap0", "").assert_failed(sentence);
    uppercase("tcp 192.168.69.100 --tap tap0", "").assert_failed(sentence);
}

pub fn interface_of_another_kind_cannot_be_used() {
    uppercase("serve --tap lo", "")
        .assert_failed("lo is neither a TAP nor a TUN interface: choose another name");
    ip("tuntap add dev tun0 mode tun");
    uppercase("serve --tap tun0", "")
        .assert_failed("tun0 is a tun interface: give it as --tun tun0");
}

pub fn gateway_on_no_network_of_ours_is_refused() {
    uppercase("serve --tap tap0 --gateway 10.0.0.1", "").assert_failed(
        "the network cannot be set up: the gateway 10.0.0.1 is not on a network of our own",
    );
}

fn without_privilege(arguments: &str) -> Outcome {
    let mut command = tool("setpriv");
    command.args(["--bounding-set=-net_admin", UPPERCASE]);
    run(command.args(words(arguments)), "")
}

pub fn missing_rights_are_explained() {
    let lab = format!(". Without root: `{UPPERCASE} lab`");
    for (command, more) in [("serve", &*lab), ("tcp 192.168.69.100", "")] {
        let outcome = without_privilege(&format!("{command} --tap tap0"));
        outcome.assert_failed(&format!(
            "no right to create tap0, that takes CAP_NET_ADMIN: run this as root, or make the \
             interface first with `sudo ip tuntap add dev tap0 mode tap user $USER`, give it an \
             address, and switch it on with `sudo ip link set tap0 up`{more}"
        ));
    }
}
