//! Honest clients, and what the server takes while it serves them.

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use crate::command::{LIMIT, UPPERCASE, wait_for};
use crate::link::{Link, bound, datagrams, serve};
use crate::serve_tcp::exchange;
use crate::serve_udp::ask;
use crate::text::{mixed, upper};

/// How much more memory the server may take under attack than it took for honest clients, in kB:
/// a page in both buffers of its 512 connections, as a flood takes connections that no client has
/// had before, and then honest clients get them; and pages of its program.
const GROWTH: u64 = 512 * 2 * 4 + 1024;

/// How long a client waits for an answer before it sends its datagram again.
const AGAIN: Duration = Duration::from_millis(100);

/// The honest clients of a server that is attacked.
pub struct Honest {
    rounds: AtomicUsize,
    end: AtomicBool,
}

impl Honest {
    /// Waits until that many more rounds of clients have been served, each of them a TCP and a UDP
    /// client over IPv4, and one of each over IPv6.
    #[track_caller]
    pub fn wait_for_rounds(&self, more: usize) {
        // The one that has begun does not count.
        let enough = self.rounds.load(Ordering::Relaxed) + 1 + more;
        wait_for("honest clients to be served", || {
            (self.rounds.load(Ordering::Relaxed) >= enough).then_some(())
        });
    }

    fn come(&self) {
        while !self.end.load(Ordering::Relaxed) {
            round();
            self.rounds.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Starts a server on a TAP with these options, and attacks it while honest clients come and go.
/// All of them are served, before, during and after; the server does not grow, has nothing to
/// complain of, and ends as it should.
pub fn served_throughout(options: &str, attack: impl FnOnce(&Honest)) {
    let mut server = serve(&format!("--tap tap0 {options}"));
    familiarize();
    let before = memory();
    let honest = Honest {
        rounds: AtomicUsize::new(0),
        end: AtomicBool::new(false),
    };
    thread::scope(|scope| {
        let clients = scope.spawn(|| honest.come());
        // Whether it fails or not, the clients come to an end.
        let attack = std::panic::AssertUnwindSafe(|| attack(&honest));
        let outcome = std::panic::catch_unwind(attack);
        honest.end.store(true, Ordering::Relaxed);
        clients.join().expect("all honest clients are served");
        outcome.expect("the attack does what it should");
    });
    round();
    let after = memory();
    println!("{before} kB before, {after} kB after");
    assert!(after <= before + GROWTH, "from {before} kB to {after} kB");
    let outcome = server.interrupt();
    assert_eq!((outcome.code, &*outcome.stderr), (Some(0), ""));
}

/// Has the server do all that it ever does for honest clients, so that its memory is in use.
fn familiarize() {
    let text = mixed(200_000);
    for link in links() {
        let clients = (0..16).map(|_| exchange(connect(link.server()), &text, &[5000]));
        assert!(clients.into_iter().all(|answer| answer == upper(&text)));
        let longest = vec![b'x'; 65_507];
        assert!(ask(link.server(), &longest) == upper(&longest));
    }
    round();
}

fn links() -> [Link; 2] {
    [Link::ALL[0], Link::ALL[1]]
}

fn round() {
    for link in links() {
        assert_eq!(
            exchange(connect(link.server()), b"is it me?", &[9]),
            b"IS IT ME?"
        );
        assert_eq!(ask_again(link.server(), b"hello"), b"HELLO");
    }
}

/// A connection that is not refused; the kernel repeats a SYN that is not answered.
#[track_caller]
pub fn connect(server: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect_timeout(&server, LIMIT).expect("a connection");
    bound(&stream);
    stream
}

/// The answer to a datagram that is sent again where none comes, as the queue of the TAP may have
/// had no room.
#[track_caller]
fn ask_again(server: SocketAddr, text: &[u8]) -> Vec<u8> {
    let socket = datagrams(server);
    socket.set_read_timeout(Some(AGAIN)).expect("a time");
    let mut answer = [0; 100];
    let length = wait_for("the answer to a datagram", || {
        // What became of the last one is told here.
        socket.send(text).ok()?;
        socket.recv(&mut answer).ok()
    });
    answer[..length].to_vec()
}

/// The most memory that the servers of this network have had in use at a time, in kB: what is
/// resident, by the kernel's book (`VmHWM`).
fn memory() -> u64 {
    let own = fs::read_link("/proc/self/ns/net").expect("a network of its own");
    let mut sum = 0;
    for process in fs::read_dir("/proc").expect("processes").flatten() {
        let path = process.path();
        let program = fs::read_link(path.join("exe"));
        let network = fs::read_link(path.join("ns/net"));
        if program.is_ok_and(|program| program == Path::new(UPPERCASE))
            && network.is_ok_and(|network| network == own)
        {
            let status = fs::read_to_string(path.join("status")).expect("it runs");
            let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let number = line.and_then(|line| line.trim().strip_suffix(" kB"));
            sum += number
                .and_then(|number| number.parse::<u64>().ok())
                .expect("a size");
        }
    }
    assert!(sum > 0, "a server runs");
    sum
}
