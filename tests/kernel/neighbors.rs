//! ARP and neighbor discovery as stock programs and the kernel itself speak them.

use crate::command::wait_for;
use crate::hostile::hand::by_hand;
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

/// A router asks for listeners (RFC 3810): of all groups, and of one.
pub fn a_querier_is_told_the_groups_of_the_server() {
    let _server = serve("--tap tap0");
    by_hand(
        r"
link = Link('tap0')
own = {'ff02::1:ff00:1', 'ff02::1:ffa8:4501'}

def reported(group, to, patience):
    query = Ether(src='02:11:11:11:11:99', dst=in6_getnsmac(inet_pton(socket.AF_INET6, to)))
    query /= IPv6(src='fe80::99', dst=to, hlim=1)
    query /= IPv6ExtHdrHopByHop(options=[RouterAlert(value=0)])
    link.send(query / ICMPv6MLQuery2(mladdr=group, mrd=200))
    found = set()
    for frame in link.received(patience):
        if ICMPv6MLReport2 in frame:
            assert frame[IPv6].dst == 'ff02::16' and frame[IPv6].hlim == 1, frame.show(dump=True)
            assert frame.dst == '33:33:00:00:00:16' and RouterAlert in frame
            assert in6_islladdr(frame[IPv6].src), frame[IPv6].src
            message = bytes(frame[ICMPv6MLReport2])
            for at in range(8, len(message), 20):
                kind, group = message[at], message[at + 4:at + 20]
                found.add((kind, socket.inet_ntop(socket.AF_INET6, group)))
    return found

# Those that it reports by itself, twice.
time.sleep(2)
list(link.received(0.1))
assert reported('::', 'ff02::1', 1) == {(2, group) for group in own}
assert reported('ff02::1:ff00:1', 'ff02::1:ff00:1', 1) == {(2, 'ff02::1:ff00:1')}
assert reported('ff05::1', 'ff05::1', 0.5) == set()
",
    );
}

/// A bridge that snoops forwards what is for a group to the members that it has been told of.
pub fn a_bridge_that_snoops_forwards_solicitations_to_the_server() {
    let _server = serve(&format!("--tap tap0 --mac {CARD}"));
    ip("link add br0 type bridge mcast_snooping 1 mcast_startup_query_interval 20");
    ip("link set br0 up");
    ip("addr flush dev tap0");
    ip("link set tap0 master br0");
    ip("addr add fdaa::100/64 dev br0 nodad");
    // It asks for listeners when it becomes a querier.
    ip("link set br0 type bridge mcast_querier 1");
    wait_for("the bridge to know the group", || {
        let known = tool("bridge")
            .args(["mdb", "show"])
            .output()
            .expect("it starts");
        let known = String::from_utf8_lossy(&known.stdout).into_owned();
        let is_known = |line: &str| line.contains("tap0") && line.contains("ff02::1:ff00:1");
        known.lines().any(is_known).then_some(())
    });
    let (text, code) = run("ndisc6", "-1 -r 5 fdaa::1 br0");
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains(CARD), "{text}");
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
