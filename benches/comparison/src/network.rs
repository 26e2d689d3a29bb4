//! The network between the client and one server: a pair of interfaces to another network
//! namespace for a server on the kernel's stack, a TAP for one that has a stack of its own.
//!
//! All of it is in a network namespace that this program made, and goes with it.

use std::net::Ipv4Addr;
use std::ops::RangeInclusive;
use std::process::{Command, Stdio};

pub const TAP: &str = "tap0";
pub const SERVER: Ipv4Addr = Ipv4Addr::new(192, 168, 69, 1);
pub const PREFIX: u8 = 24;
/// The client's. The first is used unless another is asked for; each has ports for some fifty
/// thousand connections.
pub const CLIENTS: [Ipv4Addr; 3] = [
    Ipv4Addr::new(192, 168, 69, 100),
    Ipv4Addr::new(192, 168, 69, 101),
    Ipv4Addr::new(192, 168, 69, 102),
];

const VETH: &str = "veth0";

/// What `unshare` does in any case. With `--kill-child` and a process namespace, nothing outlives
/// the comparison.
const NAMESPACES: [&str; 6] = [
    "--net",
    "--mount",
    "--pid",
    "--mount-proc",
    "--fork",
    "--kill-child",
];
/// And for a user other than root.
const USER: [&str; 2] = ["--user", "--map-root-user"];

/// The arguments with which `unshare` works for this user, or why there are none.
pub fn isolation() -> Result<Vec<&'static str>, String> {
    let mut reasons = Vec::new();
    for arguments in [NAMESPACES.to_vec(), [&NAMESPACES[..], &USER].concat()] {
        let mut unshare = Command::new("unshare");
        unshare
            .args(&arguments)
            .args(["sh", "-c", "ip link set lo up && : <>/dev/net/tun"]);
        match output(&mut unshare) {
            Ok(_) => return Ok(arguments),
            Err(reason) => reasons.push(reason),
        }
    }
    Err(format!(
        "no network namespace with a /dev/net/tun can be had here: {}",
        reasons.join(", ")
    ))
}

/// Settings of the client's namespace, as far as the kernel lets them be made.
pub fn prepare() -> Result<(), String> {
    ip("link set lo up")?;
    // Short sessions soon take all ports if each is kept for a minute after its end.
    set("tcp_max_tw_buckets", "1024");
    set_ports(1024..=u16::MAX);
    Ok(())
}

/// The ports of the client's connections, where it does not choose one itself.
pub fn set_ports(ports: RangeInclusive<u16>) {
    set(
        "ip_local_port_range",
        &format!("{} {}", ports.start(), ports.end()),
    );
}

fn set(setting: &str, value: &str) {
    if let Err(error) = std::fs::write(format!("/proc/sys/net/ipv4/{setting}"), value) {
        eprintln!("{setting} is left as it is: {error}");
    }
}

/// Makes a TAP for a server that does not make its own.
pub fn make_tap() -> Result<(), String> {
    ip(&format!("tuntap add dev {TAP} mode tap"))?;
    own_addresses(TAP, &CLIENTS)
}

/// Gives the client the addresses that a server which made the TAP has not given it.
pub fn complete_tap() -> Result<(), String> {
    own_addresses(TAP, &CLIENTS[1..])
}

/// Joins this namespace with that of a process.
pub fn make_veth(process: u32) -> Result<(), String> {
    ip(&format!(
        "link add {VETH} type veth peer name veth1 netns {process}"
    ))?;
    own_addresses(VETH, &CLIENTS)?;
    let mut nsenter = Command::new("nsenter");
    nsenter.args(["--target", &process.to_string(), "--net", "sh", "-ec"]);
    nsenter.arg(format!(
        "ip address add {SERVER}/{PREFIX} dev veth1; ip link set veth1 up"
    ));
    output(&mut nsenter).map(|_| ())
}

/// Takes away what a server has left.
pub fn remove() {
    for interface in [TAP, VETH] {
        // Mostly there is only one of them, or it has gone with its server.
        let _ = ip(&format!("link delete {interface}"));
    }
}

fn own_addresses(interface: &str, addresses: &[Ipv4Addr]) -> Result<(), String> {
    for address in addresses {
        ip(&format!("address add {address}/{PREFIX} dev {interface}"))?;
    }
    ip(&format!("link set {interface} up"))
}

fn ip(arguments: &str) -> Result<(), String> {
    output(Command::new("ip").args(arguments.split(' '))).map(|_| ())
}

/// What a command prints; an error if it fails, with its own words.
fn output(command: &mut Command) -> Result<String, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.stdin(Stdio::null()).output();
    let output = output.map_err(|error| format!("{name}: {error}"))?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => Err(format!(
            "{name}: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        )),
    }
}
