//! Ctrl-C, and what becomes of the connections.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::process::Command;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::command::{LIMIT, Program, UPPERCASE, start, wait_for, words};
use crate::link::{Link, bound, connect, serve};
use crate::serve_udp::ask;

/// Longer than the second that the server gives its clients, shorter than any other time.
const PROMPT: Duration = Duration::from_secs(8);

#[track_caller]
fn assert_ends_well(server: &mut Program, signal: Signal) -> Duration {
    let start = Instant::now();
    server.signal(signal);
    let outcome = server.end();
    assert_eq!((outcome.code, &*outcome.stderr), (Some(0), ""));
    assert!(start.elapsed() < PROMPT, "{:?}", start.elapsed());
    start.elapsed()
}

pub fn server_without_clients_ends_at_once() {
    for link in Link::ALL {
        for signal in [Signal::INT, Signal::TERM] {
            let elapsed = assert_ends_well(&mut serve(link.option), signal);
            assert!(elapsed < Duration::from_secs(1), "{elapsed:?}");
        }
    }
}

pub fn server_that_ends_closes_its_connections() {
    for link in Link::ALL {
        let mut server = serve(link.option);
        let mut polite = connect(link.server());
        polite.write_all(b"hello").unwrap();
        let mut answer = [0; 5];
        polite.read_exact(&mut answer).unwrap();
        let polite = std::thread::spawn(move || {
            let mut polite = polite;
            polite.read(&mut [0; 1]).map(|_| drop(polite)).unwrap();
        });
        assert_ends_well(&mut server, Signal::INT);
        polite.join().unwrap();
    }
}

pub fn server_reports_what_it_has_seen_when_it_is_asked_and_at_the_end() {
    for link in Link::ALL {
        let mut server = serve(link.option);
        let mut client = connect(link.server());
        client.write_all(b"hello").unwrap();
        client.read_exact(&mut [0; 5]).unwrap();
        server.signal(Signal::USR1);
        let report = wait_for("the report", || {
            Some(server.line()).filter(|line| line.starts_with("TCP:"))
        });
        assert_eq!(report, "TCP: 1 connection opened\n");
        // It goes on.
        client.write_all(b"again").unwrap();
        client.read_exact(&mut [0; 5]).unwrap();
        drop(client);
        assert_eq!(ask(link.server(), b"x"), b"X");
        let outcome = server.interrupt();
        let report = outcome.text();
        assert!(report.contains("TCP: 1 connection opened"), "{report}");
        assert!(report.contains("UDP: 1 datagram answered"), "{report}");
    }
}

/// A datagram and a SYN to a port that is not served, and a datagram to a group; at -vv each is logged,
/// and the report has them at any level.
pub fn what_is_refused_is_logged_and_reported_with_its_reason() {
    for (verbose, is_logged) in [("", false), ("-v", false), ("-vv", true)] {
        let link = Link::ALL[0];
        let mut server = serve(&format!("{} {verbose}", link.option));
        let closed = SocketAddr::new(link.server().ip(), 9);
        let socket = UdpSocket::bind("192.168.69.100:0").unwrap();
        socket.set_broadcast(true).unwrap();
        socket.send_to(b"anyone?", closed).unwrap();
        socket.send_to(b"anyone?", "192.168.69.255:9").unwrap();
        TcpStream::connect(closed).expect_err("nothing listens");
        assert_eq!(ask(link.server(), b"x"), b"X");
        let outcome = server.interrupt();
        assert_eq!(outcome.code, Some(0));
        let report = String::from_utf8_lossy(&outcome.stdout);
        for line in [
            "  1 for other hosts, or for a group, as on any network\n",
            "IP: 2 packets refused, as nothing serves the port or protocol\n",
        ] {
            assert!(report.contains(line), "{report}");
        }
        for sentence in [
            "IP: UDP from 192.168.69.100 to 192.168.69.1 is refused: nothing here serves the port",
            "IP: UDP from 192.168.69.100 to 192.168.69.255 is refused: it is not for this host",
            "IP: TCP from 192.168.69.100 to 192.168.69.1 is refused: nothing here serves the port",
        ] {
            let log = &outcome.stderr;
            assert_eq!(log.contains(sentence), is_logged, "{verbose}: {log}");
        }
    }
}

/// It is told, though it leaves its side open.
pub fn server_does_not_wait_for_clients_that_leave_their_side_open() {
    for link in Link::ALL {
        let mut server = serve(link.option);
        let mut silent = connect(link.server());
        silent.write_all(b"x").unwrap();
        silent.read_exact(&mut [0]).unwrap();
        assert_ends_well(&mut server, Signal::INT);
        let start = Instant::now();
        assert_closed(silent.read(&mut [0]));
        assert!(start.elapsed() < PROMPT);
    }
}

/// It reads to the end of the connection at last, and does not wait without end.
pub fn client_that_does_not_read_learns_that_the_server_has_ended() {
    for link in Link::ALL {
        let mut server = serve(link.option);
        let mut busy = connect(link.server());
        busy.set_write_timeout(Some(Duration::from_millis(300)))
            .unwrap();
        while busy.write(&[b'x'; 10_000]).is_ok() {}
        assert_ends_well(&mut server, Signal::INT);
        let mut answer = Vec::new();
        assert_closed(busy.read_to_end(&mut answer).map(|_| 0));
        assert!(!answer.is_empty() && answer.iter().all(|byte| *byte == b'X'));
    }
}

#[track_caller]
fn assert_closed(read: std::io::Result<usize>) {
    match read {
        Ok(0) => {}
        Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
        other => panic!("{other:?}"),
    }
}

fn client(link: Link, protocol: &str, input: &str) -> Program {
    let arguments = format!("{protocol} {} {}", link.kernel().ip(), link.option);
    let mut client = start(Command::new(UPPERCASE).args(words(&arguments)));
    let stdin = client.stdin.as_mut().expect("a pipe");
    stdin.write_all(input.as_bytes()).unwrap();
    client
}

fn accept(listener: &TcpListener) -> TcpStream {
    let (stream, _) = listener.accept().unwrap();
    bound(&stream);
    stream
}

#[track_caller]
fn assert_interrupted(client: &mut Program) {
    let start = Instant::now();
    let outcome = client.interrupt();
    assert_eq!((outcome.code, &*outcome.stderr), (Some(130), ""));
    assert!(start.elapsed() < PROMPT);
}

pub fn client_that_is_interrupted_says_so_and_tells_the_server() {
    let listener = TcpListener::bind("[::]:12000").unwrap();
    for link in Link::ALL {
        let mut client = client(link, "tcp", "hello");
        let mut stream = accept(&listener);
        stream.read_exact(&mut [0; 5]).unwrap();
        assert_interrupted(&mut client);
        assert_closed(stream.read(&mut [0]));
    }
}

pub fn client_that_waits_for_an_answer_can_be_interrupted() {
    let socket = std::net::UdpSocket::bind("[::]:12000").unwrap();
    socket.set_read_timeout(Some(LIMIT)).unwrap();
    for link in Link::ALL {
        let mut client = client(link, "udp", "hello\n");
        socket.recv(&mut [0; 10]).unwrap();
        assert_interrupted(&mut client);
    }
}

/// The signal that asks a server for its report means nothing to a client.
pub fn client_that_is_asked_for_a_report_goes_on() {
    crate::peers::serve_tcp(crate::peers::answer_pieces);
    crate::peers::serve_udp(<[u8]>::to_ascii_uppercase);
    let mut uses = vec![String::new(), "udp".into()];
    for link in Link::ALL {
        for protocol in ["tcp", "udp"] {
            uses.push(format!("{protocol} {} {}", link.kernel().ip(), link.option));
        }
    }
    for arguments in uses {
        println!("{arguments}");
        let mut client = start(Command::new(UPPERCASE).args(words(&arguments)));
        client.wait_until_caught(Signal::USR1);
        for line in ["hello\n", "again\n"] {
            client.signal(Signal::USR1);
            client
                .stdin
                .as_mut()
                .expect("a pipe")
                .write_all(line.as_bytes())
                .unwrap();
            assert_eq!(client.line(), line.to_uppercase());
            client.signal(Signal::USR1);
            client.wait_until_asleep();
        }
        client.stdin = None;
        assert_eq!(client.end().text(), "");
    }
}
