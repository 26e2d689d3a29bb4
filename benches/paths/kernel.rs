//! The command beside the kernel's TCP, behind `tc tbf`; and a server that is stopped.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};
use std::{env, thread};

use rustix::process::Signal;

use crate::command::{own_directory, start, uppercase, words};
use crate::link::{Link, connect, serve};
use crate::namespace::{ip, tool};
use crate::small_mtu;

/// Tells the new process that it has a network of its own.
pub const INSIDE: &str = "UPPERCASE_PATHS";
/// How often the time of the kernel's TCP may be taken, by the length of the queue in kB.
const GOALS: [(u32, f64); 3] = [(200, 2.0), (100, 2.0), (30, 3.0)];
/// How many connections are idle, and how many wait for an answer, while the server is stopped.
const CONNECTIONS: usize = 20;

/// A server of the kernel's TCP that answers each piece of a text as it comes, on port 12001.
const SERVER: &str = "
import socket, threading
def serve(c):
    with c:
        while text := c.recv(65536):
            c.sendall(text.upper())
s = socket.create_server(('', 12001))
print('listening', flush=True)
while True:
    c, _ = s.accept()
    threading.Thread(target=serve, args=(c,), daemon=True).start()
";

/// Sends 2 MB over each of `count` connections to a server and port, and prints how many milliseconds
/// it takes until all answers are there, and how many bytes these have.
const CLIENT: &str = "
import socket, sys, threading, time
host, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
text, lengths = b'a' * 2000000, [0] * count
def send(s):
    try:
        s.sendall(text); s.shutdown(1)
    except OSError: pass
def run(i):
    s = socket.create_connection((host, port), 5); s.settimeout(60)
    threading.Thread(target=send, args=(s,), daemon=True).start()
    try:
        while d := s.recv(65536): lengths[i] += len(d)
    except OSError: pass
start = time.time()
threads = [threading.Thread(target=run, args=(i,)) for i in range(count)]
for t in threads: t.start()
for t in threads: t.join()
print(int((time.time() - start) * 1000), sum(lengths), flush=True)
";

pub fn is_inside() -> bool {
    env::var_os(INSIDE).is_some()
}

/// Measures what is asked for by name; fails if a goal is not reached.
pub fn run(has: impl Fn(&str) -> bool, arguments: &[String]) -> ExitCode {
    ip("link set lo up");
    let mut reached = true;
    if has("bottleneck") {
        reached &= behind_a_bottleneck();
    }
    if has("mtu") {
        reached &= through_a_small_mtu();
    }
    if has("pause") {
        let seconds = arguments.iter().find_map(|argument| argument.parse().ok());
        reached &= stopped(Duration::from_secs(seconds.unwrap_or(100)));
    }
    match reached {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

fn far(program: &str) -> Command {
    let mut command = tool("nsenter");
    command.args(["--net=/run/netns/far", program]);
    command
}

/// Runs the client in this network or in the far one; returns how long it takes, if all of it comes
/// back.
fn ask(mut python: Command, host: &str, port: u16, count: usize) -> Option<f64> {
    let numbers = [host.into(), port.to_string(), count.to_string()];
    let outcome = crate::command::run(python.args(["-c", CLIENT]).args(numbers), "");
    let text = outcome.text().to_owned();
    let mut numbers = words(text.trim()).map(|number| number.parse::<f64>().expect("a number"));
    let (time, length) = (numbers.next()?, numbers.next()?);
    (length as usize == count * 2_000_000).then_some(time / 1000.0)
}

fn behind_a_bottleneck() -> bool {
    own_directory();
    std::fs::write("/proc/sys/net/ipv4/ip_forward", "1").expect("root may");
    for arguments in [
        "netns add far",
        "link add near0 type veth peer name far0 netns far",
        "addr add 10.50.0.1/24 dev near0",
        "link set near0 up",
        "-n far addr add 10.50.0.2/24 dev far0",
        "-n far link set far0 up",
        "-n far link set lo up",
        "-n far route add default via 10.50.0.1",
    ] {
        ip(arguments);
    }
    let gateway = "--tap tap0 --gateway 192.168.69.100";
    println!("\n2 MB a connection through 10 Mbit/s, each way at once; in brackets: how often the kernel's time");
    println!("queue   connections | server: kernel    ours         | client: kernel    ours         | goal");
    let mut reached = true;
    for (queue, goal) in GOALS {
        let change = format!("qdisc replace dev near0 root tbf rate 10mbit burst 5kb limit {queue}kb");
        let status = Command::new("tc").args(words(&change)).status();
        assert!(status.expect("tc starts").success());
        for count in [1, 4] {
            let (of_kernel, ours) = {
                let mut server = serve(gateway);
                let mut other = start(tool("python3").args(["-c", SERVER]));
                assert_eq!(other.line(), "listening\n");
                let times = (
                    ask(far("python3"), "192.168.69.100", 12001, count),
                    ask(far("python3"), "192.168.69.1", 12000, count),
                );
                server.interrupt();
                other.interrupt();
                times
            };
            print!("{queue:3} kB  {count:11} | ");
            reached &= print(of_kernel, ours, goal);
            let mut other = start(far("python3").args(["-c", SERVER]));
            assert_eq!(other.line(), "listening\n");
            let of_kernel = ask(tool("python3"), "10.50.0.2", 12001, count);
            let ours = clients(count);
            other.interrupt();
            print!(" | ");
            reached &= print(of_kernel, ours, goal);
            println!(" | {goal} x");
        }
    }
    ip("link del near0");
    ip("netns del far");
    reached
}

/// So many clients of ours at once, each with an interface of its own; returns how long it takes, if all of
/// it comes back.
fn clients(count: usize) -> Option<f64> {
    let start = Instant::now();
    let client = |number: usize| {
        let network = format!("192.168.{}", 69 + number);
        let addresses = format!("--ip {network}.1/24 --host-ip {network}.100/24");
        let link = format!("--tap tap{number} {addresses} --gateway {network}.100");
        let options = format!("tcp 10.50.0.2 --port 12001 --timeout 60 {link}");
        uppercase(&options, vec![b'a'; 2_000_000]).stdout.len() == 2_000_000
    };
    let is_whole = thread::scope(|scope| {
        let client = &client;
        let threads = (0..count).map(|number| scope.spawn(move || client(number)));
        let threads: Vec<_> = threads.collect();
        // Each is waited for, at the end of the scope at the latest.
        threads.into_iter().all(|thread| thread.join().is_ok_and(|is| is))
    });
    is_whole.then(|| start.elapsed().as_secs_f64())
}

/// How long each exchange may take through a link with a small MTU: with the errors of routers, and without.
const MTU_GOALS: [(&str, u64); 2] = [("passed", 2), ("filtered", 5)];

/// 20 000 bytes over TCP and answers of 1 400 bytes over UDP; returns whether the goals are reached.
fn through_a_small_mtu() -> bool {
    own_directory();
    println!("\n20 000 bytes over TCP, 1 400 bytes over UDP, through a link of so many bytes");
    println!("MTU   errors    exchange      IPv4, TAP  IPv6, TAP  IPv4, TUN  IPv6, TUN | goal");
    let mut reached = true;
    for (errors, goal) in MTU_GOALS {
        if errors == "filtered" {
            small_mtu::filter_errors();
        }
        for mtu in small_mtu::MTUS {
            small_mtu::two_routers(mtu);
            let mut times: BTreeMap<String, Vec<Duration>> = BTreeMap::new();
            small_mtu::passes(mtu, |_, exchange, time| {
                times.entry(exchange.into()).or_default().push(time);
            });
            small_mtu::forget();
            for (exchange, times) in times {
                print!("{mtu}  {errors:8}  {exchange:11}");
                for time in times {
                    print!("  {:7.2} s", time.as_secs_f64());
                    reached &= time <= Duration::from_secs(goal);
                }
                println!(" | {goal} s");
            }
        }
    }
    reached
}

/// Prints two times, and returns whether the goal is reached.
fn print(of_kernel: Option<f64>, ours: Option<f64>, goal: f64) -> bool {
    let (Some(of_kernel), Some(ours)) = (of_kernel, ours) else {
        print!("{of_kernel:>10.2?} {ours:>15.2?}");
        return false;
    };
    let ratio = ours / of_kernel;
    print!("{of_kernel:10.2} s {ours:7.2} s ({ratio:4.2} x)");
    ratio <= goal
}

/// Connections of a server that is stopped for a time: some are idle, and some send text meanwhile.
fn stopped(time: Duration) -> bool {
    let [link, ..] = Link::ALL;
    let mut server = serve(link.option);
    let streams = || -> Vec<TcpStream> {
        let streams = (0..CONNECTIONS).map(|_| connect(link.server()));
        let mut streams: Vec<_> = streams.collect();
        for stream in &mut streams {
            assert!(is_answered(stream), "before the pause");
        }
        streams
    };
    let (mut idle, mut waiting) = (streams(), streams());
    server.signal(Signal::STOP);
    thread::sleep(time / 2);
    for stream in &mut waiting {
        stream.write_all(b"text").expect("there is room");
    }
    thread::sleep(time / 2);
    server.signal(Signal::CONT);
    let answers = |stream: &mut TcpStream| stream.read_exact(&mut [0; 4]).is_ok();
    let waiting = waiting.iter_mut().map(answers).filter(|is| *is).count();
    // Long enough for what is asked after the pause, and for what is not.
    thread::sleep(Duration::from_secs(15));
    let idle = idle.iter_mut().map(is_answered).filter(|is| *is).count();
    println!("\nthe server is stopped for {} s; connections that are served after it", time.as_secs());
    println!("idle: {idle} of {CONNECTIONS}, with text that waits: {waiting} of {CONNECTIONS}");
    server.interrupt();
    (idle, waiting) == (CONNECTIONS, CONNECTIONS)
}

fn is_answered(stream: &mut TcpStream) -> bool {
    let mut answer = [0; 4];
    stream.write_all(b"text").is_ok() && stream.read_exact(&mut answer).is_ok() && &answer == b"TEXT"
}
