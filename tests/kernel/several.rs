//! Several servers with one address, behind the kernel's own balancing: docs/several-servers.md.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::thread;

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use crate::command::{Program, UPPERCASE, run, start, wait_for, words};
use crate::interface::far_network;
use crate::link::{PORT, bound, connect, datagrams};
use crate::namespace::{Test, ip, tests, tool};

pub const TESTS: &[Test] = tests![
    connections_and_datagrams_are_spread_over_servers_on_taps,
    connections_and_datagrams_are_spread_over_servers_on_tuns,
    server_that_is_killed_takes_its_own_connections_along_and_no_others,
];

/// Connections at a time. That one of two servers gets none of them by chance happens once in 10^19.
const CONNECTIONS: usize = 64;
/// How often each of them is used.
const EXCHANGES: usize = 10;

/// The shared addresses.
fn shared() -> [SocketAddr; 2] {
    ["10.12.0.1", "fd12::1"].map(|address| SocketAddr::new(address.parse().unwrap(), PORT))
}

/// The number of a link in its addresses: 192.168.69.0/24 and fdaa::/64, 192.168.70.0/24 and fdab::/64.
fn networks(number: usize) -> (String, String) {
    let last = ['a', 'b'][number];
    (format!("192.168.{}", 69 + number), format!("fda{last}:"))
}

/// Interfaces that stay, and routes over both.
fn set_up(mode: &str) {
    far_network();
    for setting in [
        "net.ipv4.fib_multipath_hash_policy=1",
        "net.ipv6.fib_multipath_hash_policy=1",
        "net.ipv4.conf.all.ignore_routes_with_linkdown=1",
        "net.ipv6.conf.all.ignore_routes_with_linkdown=1",
    ] {
        let status = tool("sysctl").args(["-q", setting]).status();
        assert!(status.expect("sysctl starts").success(), "{setting}");
    }
    let (mut ipv4, mut ipv6) = (String::new(), String::new());
    for number in 0..2 {
        let name = format!("{mode}{number}");
        let (v4, v6) = networks(number);
        ip(&format!("tuntap add dev {name} mode {mode}"));
        ip(&format!("link set {name} up"));
        ip(&format!("address add {v4}.100/24 dev {name}"));
        ip(&format!("address add {v6}:100/64 dev {name} nodad"));
        ipv4 += &format!(" nexthop via {v4}.1 dev {name}");
        ipv6 += &format!(" nexthop via {v6}:1 dev {name}");
    }
    ip(&format!("route add 10.12.0.1{ipv4}"));
    ip(&format!("route add fd12::1{ipv6}"));
}

/// The server with this number.
fn serve(mode: &str, number: usize) -> Program {
    let (v4, v6) = networks(number);
    let arguments = format!(
        "serve --json --{mode} {mode}{number} --ip {v4}.1/24 --ip {v6}:1/64 --gateway {v4}.100 \
         --gateway {v6}:100 --ip 10.12.0.1/32 --ip fd12::1/128"
    );
    let mut server = start(Command::new(UPPERCASE).args(words(&arguments)));
    assert!(server.line().contains("\"ready\""));
    server
}

/// Waits until the kernel uses the interfaces of these servers, and no others, and knows the cards of the
/// servers: over IPv6 it leads connections elsewhere as long as it does not.
fn wait_for_routes(mode: &str, servers: &[usize]) {
    let is_used = |route: &str, number: usize| {
        let name = format!(" dev {mode}{number} ");
        let hops = ip(route);
        let mut hops = hops.lines().filter(|line| line.contains(&name));
        hops.all(|hop| hop.contains("linkdown") != servers.contains(&number))
    };
    for route in ["route show 10.12.0.1", "-6 route show fd12::1"] {
        wait_for(route, || {
            (0..2).all(|number| is_used(route, number)).then_some(())
        });
    }
    for number in servers {
        let (v4, v6) = networks(*number);
        for server in [format!("{v4}.1"), format!("{v6}:1")] {
            let ping = run(tool("ping").args(["-c", "1", "-w", "10", &server]), "");
            assert_eq!(ping.code, Some(0), "{ping:?}");
        }
    }
}

/// How often it has done something, of its last report.
#[track_caller]
fn count(report: &str, name: &str) -> usize {
    let (_, rest) = report.split_once(&format!("\"{name}\":")).expect(report);
    let number = rest.split([',', '}']).next().expect("a number");
    number.parse().expect("a number")
}

#[track_caller]
fn exchange(stream: &mut TcpStream) -> std::io::Result<()> {
    stream.write_all(b"hello")?;
    let mut answer = [0; 5];
    stream.read_exact(&mut answer)?;
    assert_eq!(&answer, b"HELLO");
    Ok(())
}

/// What clients on another host do. Of those on this host, a connection may begin on another server than
/// the one that its ports lead to, as the kernel chooses its route before its port.
fn from_another_host<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    let there = || {
        let far = File::open("/run/netns/far").expect("it was made");
        let network = Some(LinkNameSpaceType::Network);
        move_into_link_name_space(std::os::fd::AsFd::as_fd(&far), network).expect("root may");
        work()
    };
    thread::scope(|scope| scope.spawn(there).join().expect("it works"))
}

fn connected(server: SocketAddr) -> Vec<TcpStream> {
    (0..CONNECTIONS).map(|_| connect(server)).collect()
}

/// Uses all connections in turn, and then sockets of UDP.
fn exchange_all(server: SocketAddr) {
    let mut streams = connected(server);
    for _ in 0..EXCHANGES {
        for stream in &mut streams {
            exchange(stream).expect("it stays on one server");
        }
    }
    for _ in 0..CONNECTIONS {
        let socket = datagrams(server);
        for _ in 0..EXCHANGES {
            socket.send(b"hello").unwrap();
            let mut answer = [0; 6];
            assert_eq!(socket.recv(&mut answer).expect("an answer"), 5);
            assert_eq!(&answer[..5], b"HELLO");
        }
    }
}

/// What each connection has come to on each server: one that is not that of its first segment would
/// reset it.
fn spread(mode: &str) {
    set_up(mode);
    for server in shared() {
        let mut servers = [0, 1].map(|number| serve(mode, number));
        wait_for_routes(mode, &[0, 1]);
        from_another_host(|| exchange_all(server));
        let reports = servers.each_mut().map(|server| server.interrupt());
        let reports = reports.each_ref().map(|outcome| outcome.text());
        let opened = reports.map(|report| count(report, "opened"));
        let answered = reports.map(|report| count(report, "answered"));
        println!("{server}: {opened:?} connections, {answered:?} datagrams");
        assert_eq!(opened.iter().sum::<usize>(), CONNECTIONS);
        assert_eq!(answered.iter().sum::<usize>(), CONNECTIONS * EXCHANGES);
        for counts in [opened, answered] {
            assert!(counts.iter().all(|count| *count > 0), "{counts:?}");
        }
        // A socket stays on one server, too.
        assert!(
            answered.iter().all(|count| count % EXCHANGES == 0),
            "{answered:?}"
        );
    }
}

fn connections_and_datagrams_are_spread_over_servers_on_taps() {
    spread("tap");
}

fn connections_and_datagrams_are_spread_over_servers_on_tuns() {
    spread("tun");
}

/// New ones are served by the other; and by both, once it is there again.
fn server_that_is_killed_takes_its_own_connections_along_and_no_others() {
    set_up("tap");
    for server in shared() {
        let first = serve("tap", 0);
        let mut second = serve("tap", 1);
        wait_for_routes("tap", &[0, 1]);
        let mut streams = from_another_host(|| connected(server));
        streams
            .iter_mut()
            .for_each(|stream| exchange(stream).expect("an answer"));
        drop(first); // by SIGKILL
        wait_for_routes("tap", &[1]);
        let (mut alive, mut reset) = (0, 0);
        for stream in &mut streams {
            match exchange(stream) {
                Ok(()) => alive += 1,
                Err(error) => {
                    let kind = error.kind();
                    assert!(
                        matches!(kind, ErrorKind::ConnectionReset | ErrorKind::BrokenPipe),
                        "{error}"
                    );
                    reset += 1;
                }
            }
        }
        println!("{server}: {alive} go on, {reset} were reset");
        assert!(alive > 0 && reset > 0);
        let mut new = from_another_host(|| connected(server));
        new.iter_mut()
            .for_each(|stream| exchange(stream).expect("the other serves"));
        drop(new);
        let mut first = serve("tap", 0);
        wait_for_routes("tap", &[0, 1]);
        from_another_host(|| connected(server))
            .iter_mut()
            .for_each(|stream| {
                bound(stream);
                exchange(stream).expect("an answer");
            });
        let opened = |program: &mut Program| count(program.interrupt().text(), "opened");
        assert!(opened(&mut first) > 0);
        assert!(opened(&mut second) > alive + CONNECTIONS);
    }
}
