//! How long the first answer takes on a quiet link, and what it costs that many hosts take turns.
//!
//! ```console
//! $ cargo bench --bench neighbors
//! ```
//!
//! It takes some seconds, on a TAP in a network namespace of its own, and wants what the kernel tests
//! want.
//!
//! - A client of this package, and a socket of the kernel, each send to a server on a TAP that does not
//!   know them, and to which they do not know the way: *first* is the time until the first answer, or
//!   until the connection is open, *next* that of the next one. The difference is what it takes to find
//!   the neighbor. Goal: that of our client is one round trip more than the kernel's at most.
//! - One host, and 200 hosts in turn, ask `uppercase serve` for one answer each. Goal: 90 % of the rate.

macro_rules! files {
    ($($path:literal $name:ident),* $(,)?) => {
        $(
            #[cfg(target_os = "linux")]
            #[path = $path]
            #[allow(dead_code, unused_imports, unused_macros, reason = "not all of it is needed")]
            mod $name;
        )*
    };
}

files! {
    "../tests/shared/mod.rs" shared,
    "../tests/kernel/namespace.rs" namespace,
    "../tests/kernel/command.rs" command,
    "../tests/kernel/link.rs" link,
    "shared/isolated.rs" isolated,
}

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    measure::main()
}

#[cfg(not(target_os = "linux"))]
fn main() {}

#[cfg(target_os = "linux")]
mod measure {
    use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream, UdpSocket};
    use std::process::ExitCode;
    use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
    use std::{env, thread};

    use smoltcp::iface::SocketStorage;
    use smoltcp::time;
    use smoltcp::wire::{IpCidr, IpEndpoint};
    use uppercase::device::tuntap::{Mode, TunTap};
    use uppercase::stack::{Config, from_fn};
    use uppercase::{PORT, Stack, tcp, udp};

    use crate::isolated::isolated;
    use crate::link::{Link, serve};
    use crate::namespace::ip;

    /// Tells the new process that it has a network of its own.
    const INSIDE: &str = "UPPERCASE_NEIGHBORS";
    const ROUNDS: usize = 21;
    const LIMIT: Duration = Duration::from_secs(5);
    /// The host of our client.
    const OURS: u8 = 7;
    const HOSTS: u8 = 200;
    /// For how long each rate is measured.
    const TIME: Duration = Duration::from_secs(1);
    const GOAL: f64 = 0.9;

    pub fn main() -> ExitCode {
        if env::var_os(INSIDE).is_none() {
            return isolated(INSIDE);
        }
        ip("link set lo up");
        let mut reached = true;
        println!(
            "microseconds, medians of {ROUNDS}    |  first   next  | kernel: first   next | goal"
        );
        for ipv6 in [false, true] {
            let link = Link::ALL[usize::from(ipv6)];
            for protocol in [Protocol::Udp, Protocol::Tcp] {
                reached &= first(link, protocol);
            }
        }
        println!("\nanswers a second              | one host | {HOSTS} in turn | share");
        for ipv6 in [false, true] {
            reached &= in_turn(Link::ALL[usize::from(ipv6)]);
        }
        match reached {
            true => ExitCode::SUCCESS,
            false => ExitCode::FAILURE,
        }
    }

    #[derive(Clone, Copy, Debug)]
    enum Protocol {
        Udp,
        Tcp,
    }

    /// The time of the first exchange with a host, and of the next one.
    type Times = [Duration; 2];

    fn first(link: Link, protocol: Protocol) -> bool {
        let ours = medians(|| by_our_client(link, protocol));
        let mut server = serve("--tap tap0");
        // Those of the kernel are flushed each time; the server has a table that follows.
        let kernels = medians(|| by_the_kernel(link, protocol));
        server.interrupt();
        let more = |[first, next]: Times| first.saturating_sub(next);
        let is_reached = more(ours) <= more(kernels) + kernels[1];
        let version = if link.ipv6 { "IPv6" } else { "IPv4" };
        println!(
            "{version}, {protocol:?}                     | {:6} {:6}  | {:13} {:6} | {}",
            ours[0].as_micros(),
            ours[1].as_micros(),
            kernels[0].as_micros(),
            kernels[1].as_micros(),
            if is_reached { "reached" } else { "missed" },
        );
        is_reached
    }

    fn medians(mut measure: impl FnMut() -> Times) -> Times {
        let all: Vec<Times> = (0..ROUNDS).map(|_| measure()).collect();
        [0, 1].map(|index| {
            let mut times: Vec<Duration> = all.iter().map(|times| times[index]).collect();
            times.sort();
            times[ROUNDS / 2]
        })
    }

    fn cidr(link: Link, host: u8) -> IpCidr {
        IpCidr::new(link.address(host).into(), if link.ipv6 { 64 } else { 24 })
    }

    /// Another one each time, for other ports.
    fn seed() -> u64 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        now.map_or(1, |time| time.as_nanos() as u64)
    }

    /// A stack of its own each time, on an interface that is new to the kernel, too.
    fn by_our_client(link: Link, protocol: Protocol) -> Times {
        let device = TunTap::open("tap1", Mode::Tap, &[cidr(link, 100)]).expect("root may open it");
        let server = SocketAddr::new(link.address(100), PORT);
        let listener = TcpListener::bind(server).expect("a port");
        let datagrams = UdpSocket::bind(server).expect("a port");
        datagrams.set_read_timeout(Some(LIMIT)).expect("a time");
        let answering = thread::spawn(move || {
            let mut buffer = [0; 100];
            match protocol {
                Protocol::Udp => {
                    for _ in 0..2 {
                        let (length, from) = datagrams.recv_from(&mut buffer).expect("a request");
                        datagrams
                            .send_to(&buffer[..length], from)
                            .expect("an answer");
                    }
                }
                Protocol::Tcp => {
                    for _ in 0..2 {
                        drop(listener.accept().expect("a connection"));
                    }
                }
            }
        });
        let config = Config::new(
            uppercase::link::EthernetAddress([2, 0, 0, 0, 0, OURS]),
            seed(),
        )
        .with_addresses(&[cidr(link, OURS)]);
        let begin = Instant::now();
        let now = || time::Instant::from_micros(begin.elapsed().as_micros() as i64);
        let mut slots = [SocketStorage::EMPTY];
        let (mut datagram, mut stream) = (
            udp::Buffers::<2, 100>::new(),
            tcp::ClientStorage::<512, 512>::new(),
        );
        let mut stack = Stack::new(device, config, &mut slots[..], now()).expect("it is right");
        let timeout = time::Duration::from_secs(5);
        let mut udp = udp::Client::new(stack.sockets(), &mut datagram, timeout).expect("room");
        let mut tcp = tcp::Client::new(stack.sockets(), &mut stream, timeout).expect("room");
        let to = IpEndpoint::new(server.ip().into(), PORT);
        let times = [(); 2].map(|()| {
            let start = Instant::now();
            let context = &mut stack.context(now());
            match protocol {
                Protocol::Udp => udp.send(context, to, b"hello").expect("it is sent"),
                Protocol::Tcp => tcp.connect(context, to).expect("it begins"),
            }
            let mut is_done = false;
            while !is_done {
                assert!(start.elapsed() < LIMIT, "{link:?}, {protocol:?}: no answer");
                let next = stack.poll(
                    now(),
                    &mut from_fn(|context| {
                        is_done = match protocol {
                            Protocol::Udp => udp
                                .receive(context, &mut [0; 100])
                                .expect("an answer")
                                .is_ready(),
                            Protocol::Tcp => tcp.is_open(context).expect("a connection"),
                        };
                        None
                    }),
                );
                if !is_done {
                    let delay = next.delay(now());
                    stack
                        .device()
                        .wait(delay.or(Some(timeout)))
                        .expect("it is there");
                }
            }
            let time = start.elapsed();
            if let Protocol::Tcp = protocol {
                tcp.abort(&mut stack.context(now()));
                let _ = stack.poll(now(), &mut from_fn(|_| None));
            }
            time
        });
        answering.join().expect("it ends");
        times
    }

    fn by_the_kernel(link: Link, protocol: Protocol) -> Times {
        let version = if link.ipv6 { "-6" } else { "-4" };
        ip(&format!("{version} neigh flush dev tap0"));
        [(); 2].map(|()| {
            let start = Instant::now();
            match protocol {
                Protocol::Udp => ask(&crate::link::datagrams(link.server())),
                Protocol::Tcp => drop(TcpStream::connect(link.server()).expect("a connection")),
            }
            start.elapsed()
        })
    }

    fn ask(socket: &UdpSocket) {
        socket.send(b"hello").expect("it is sent");
        let mut answer = [0; 100];
        assert_eq!(socket.recv(&mut answer).expect("an answer"), 5);
    }

    fn in_turn(link: Link) -> bool {
        let mut server = serve("--tap tap0");
        let (prefix, option) = if link.ipv6 { (64, " nodad") } else { (24, "") };
        // 100 is the kernel's own.
        let hosts: Vec<IpAddr> = (2..100)
            .chain(101..=254)
            .map(|host| link.address(host))
            .take(HOSTS.into())
            .collect();
        for host in &hosts {
            ip(&format!("addr add {host}/{prefix} dev tap0{option}"));
        }
        let sockets = |hosts: &[IpAddr]| -> Vec<UdpSocket> {
            let socket = |host: &IpAddr| {
                let socket = UdpSocket::bind((*host, 0)).expect("an address");
                socket.connect(link.server()).expect("a route");
                socket.set_read_timeout(Some(LIMIT)).expect("a time");
                socket
            };
            hosts.iter().map(socket).collect()
        };
        let rate = |sockets: &[UdpSocket]| {
            let (start, mut count) = (Instant::now(), 0);
            while start.elapsed() < TIME {
                for socket in sockets {
                    ask(socket);
                    count += 1;
                }
            }
            f64::from(count) / start.elapsed().as_secs_f64()
        };
        let (one, all) = (sockets(&hosts[..1]), sockets(&hosts));
        rate(&all);
        let (one, all) = (rate(&one), rate(&all));
        server.interrupt();
        let share = all / one;
        let version = if link.ipv6 { "IPv6" } else { "IPv4" };
        println!(
            "{version}                          | {one:8.0} | {all:11.0} | {:4.0} %",
            100.0 * share
        );
        share >= GOAL
    }
}
