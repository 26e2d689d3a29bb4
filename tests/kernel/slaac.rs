//! IPv6 addresses with the prefix that `dnsmasq` advertises on the kernel's side of a TAP interface.

use std::net::Ipv6Addr;
use std::process::Command;
use std::time::Instant;

use crate::command::{Program, UPPERCASE, run, start, uppercase, words};
use crate::dhcp::{RANGE, assert_served, dnsmasq, interface};
use crate::link::PORT;
use crate::namespace::{Test, ip, tests, tool};
use crate::peers::{answer_once, serve_tcp};

pub const TESTS: &[Test] = tests![
    address_with_the_prefix_of_a_router_is_served,
    dhcp_and_routers_are_asked_side_by_side,
    client_forms_an_address_and_asks_the_name_servers_of_the_router,
    router_that_disappears_is_told_and_the_address_stays,
    router_that_comes_and_goes_is_told_once_a_second_at_most,
    network_without_a_router_is_explained_and_one_that_comes_is_used,
];

const PREFIX: &str = "--enable-ra --dhcp-range=fdaa::,ra-only,64,10m \
                      --dhcp-option=option6:dns-server,[fdaa::100]";
/// Of the last half of it: RFC 4291, appendix A.
const CARD: &str = "02:11:22:33:44:55";
const FORMED: &str = "fdaa::11:22ff:fe33:4455";

/// The interface, on which the kernel has an IPv6 address, too.
fn with_ipv6() {
    interface();
    ip("addr add fdaa::100/64 dev tap0 nodad");
}

fn serve(options: &str) -> Program {
    let arguments = format!("serve --tap tap0 --mac {CARD} {options}");
    let mut server = start(Command::new(UPPERCASE).args(words(&arguments)));
    assert_eq!(server.line(), "Asking the network for an address\n");
    server
}

/// Reads what is printed about a router, and returns it.
fn router(server: &mut Program) -> String {
    let line = server.line();
    let router = line.trim_end().strip_prefix("The router of IPv6 is ");
    let router = router.unwrap_or_else(|| panic!("{line}")).to_owned();
    let address: Ipv6Addr = router.parse().expect("an address");
    assert!(address.is_unicast_link_local());
    router
}

/// Reads what is printed about the address.
fn formed(server: &mut Program, is_first: bool) {
    let line = server.line();
    assert_eq!(
        line,
        format!("{FORMED}/64 is formed with the prefix of a router\n")
    );
    if is_first {
        assert_eq!(server.line(), "The server is ready to receive\n");
    }
    assert_eq!(server.line(), format!("  TCP [{FORMED}]:{PORT}\n"));
    assert_eq!(server.line(), format!("  UDP [{FORMED}]:{PORT}\n"));
}

fn address() -> Ipv6Addr {
    FORMED.parse().expect("an address")
}

pub fn address_with_the_prefix_of_a_router_is_served() {
    with_ipv6();
    let _dnsmasq = dnsmasq(&format!("{RANGE} {PREFIX}"));
    let mut server = serve("--slaac");
    router(&mut server);
    formed(&mut server, true);
    assert_served(address());
}

pub fn dhcp_and_routers_are_asked_side_by_side() {
    with_ipv6();
    let _dnsmasq = dnsmasq(&format!("{RANGE} {PREFIX}"));
    // The kernel speaks IPv6 on the interface by then.
    let mut first = serve("--slaac");
    router(&mut first);
    drop(first);
    let mut server = serve("--dhcp --slaac");
    let (mut addresses, mut text) = (vec![], String::new());
    while addresses.len() < 4 {
        let line = server.line();
        if let Some((_, address)) = line.trim_end().split_once("P ") {
            addresses.push(address.to_owned());
        }
        text += &line;
    }
    assert!(text.contains("The router of IPv6 is fe80::"), "{text}");
    assert!(
        text.contains("is from the DHCP server 192.168.69.100"),
        "{text}"
    );
    assert_served(address());
    assert!(addresses.contains(&format!("[{FORMED}]:{PORT}")), "{text}");
}

pub fn client_forms_an_address_and_asks_the_name_servers_of_the_router() {
    with_ipv6();
    let _dnsmasq = dnsmasq(&format!(
        "{RANGE} {PREFIX} --host-record=six.test,fdaa::100"
    ));
    serve_tcp(answer_once);
    let options = "--tap tap0 --slaac --timeout 20";
    let answer = uppercase(&format!("tcp six.test {options}"), "hello");
    assert_eq!(answer.text(), "HELLO");
}

pub fn router_that_disappears_is_told_and_the_address_stays() {
    with_ipv6();
    // It advertises itself each 4 s, for 10 s.
    let dnsmasq = dnsmasq(&format!("{RANGE} {PREFIX} --ra-param=tap0,4,10"));
    let mut server = serve("--slaac");
    let router = router(&mut server);
    formed(&mut server, true);
    drop(dnsmasq);
    let line = server.line();
    assert_eq!(line, format!("The router {router} is not used any more\n"));
    assert_served(address());
}

/// It advertises itself for half an hour and for no time, in turn.
const IN_TURN: &str = r#"
import socket, struct, time
router = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
router.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
group = ("ff02::1", 0, 0, socket.if_nametoindex("tap0"))
for number in range(300):
    lifetime = 1800 * (number % 2)
    router.sendto(struct.pack("!BBHBBHII", 134, 0, 0, 64, 0, lifetime, 0, 0), group)
    time.sleep(0.01)
"#;

pub fn router_that_comes_and_goes_is_told_once_a_second_at_most() {
    with_ipv6();
    let mut server = serve("--slaac");
    let begun = Instant::now();
    let advertised = run(tool("python3").args(["-c", IN_TURN]), "");
    assert_eq!(advertised.code, Some(0), "{advertised:?}");
    let seconds = begun.elapsed().as_secs() as usize;
    let told = server.interrupt();
    let told = told.text().lines().filter(|line| line.contains("outer"));
    assert!((1..=seconds + 2).contains(&told.count()));
}

pub fn network_without_a_router_is_explained_and_one_that_comes_is_used() {
    with_ipv6();
    let mut server = serve("--slaac");
    assert_eq!(
        server.line(),
        "No router has answered yet on tap0; it is asked again. Is tap0 in a network with one? `sudo ip \
         link set tap0 master br0` puts it into the bridge br0\n"
    );
    let _dnsmasq = dnsmasq(&format!("{RANGE} {PREFIX}"));
    router(&mut server);
    formed(&mut server, true);
    assert_served(address());
}
