//! The options of `uppercase serve`, as clients notice them.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::command::start;
use crate::link::{Link, connect, datagrams, each_served, serve};
use crate::namespace::{ip, need, tool};
use crate::peers::nc;
use crate::serve_tcp::{assert_served, exchange};
use crate::serve_udp::ask;
use crate::text::{mixed, upper};

pub fn once_closes_after_the_first_answer() {
    each_served("--once", |link| {
        for sentence in ["hello", "zwei straßen\n"] {
            let mut stream = connect(link.server());
            stream.write_all(sentence.as_bytes()).unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            assert_eq!(answer, sentence.to_uppercase());
        }
        // Without `-N` it does not close of itself.
        assert_eq!(nc(&[], link.server(), "hello\n").text(), "HELLO\n");
        assert_eq!(ask(link.server(), b"twice"), b"TWICE");
    });
}

pub fn server_of_tcp_refuses_datagrams() {
    each_served("--tcp", |link| {
        let socket = datagrams(link.server());
        socket.send(b"hello").unwrap();
        let error = socket.recv(&mut [0; 10]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
        assert_served(link.server());
    });
}

pub fn server_of_udp_refuses_connections() {
    each_served("--udp", |link| {
        let error = TcpStream::connect(link.server()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
        assert_eq!(ask(link.server(), b"hello"), b"HELLO");
    });
}

pub fn server_of_both_is_the_default_and_can_be_asked_for() {
    each_served("--udp --tcp", |link| {
        assert_served(link.server());
        assert_eq!(ask(link.server(), b"hello"), b"HELLO");
    });
}

pub fn text_is_exact_with_all_options_for_speed() {
    for options in [
        "--fast",
        "--small",
        "--fast --no-offload",
        "--small --no-offload",
        "--no-spin",
    ] {
        each_served(options, |link| {
            let text = mixed(1_000_000);
            let answer = exchange(connect(link.server()), &text, &[100_000]);
            assert!(answer == upper(&text), "{options}");
        });
    }
}

pub fn port_is_that_of_both_servers() {
    each_served("--port 7", |link| {
        let mut server = link.server();
        let error = TcpStream::connect(server).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
        server.set_port(7);
        assert_served(server);
        assert_eq!(ask(server, b"hello"), b"HELLO");
    });
}

pub fn idle_connection_is_closed_after_the_timeout() {
    each_served("--timeout 0.5", |link| {
        for text in [&b""[..], b"hello"] {
            let start = Instant::now();
            let mut stream = connect(link.server());
            stream.write_all(text).unwrap();
            let mut answer = [0; 5];
            stream.read_exact(&mut answer[..text.len()]).unwrap();
            match stream.read(&mut answer) {
                Ok(0) => {}
                Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
                other => panic!("{other:?}"),
            }
            let elapsed = start.elapsed();
            assert!(elapsed >= Duration::from_millis(500), "{elapsed:?}");
        }
        assert_served(link.server());
    });
}

pub fn each_line_that_announces_a_server_is_true() {
    for (options, lines) in [
        ("--tap tap0", 5),
        ("--tun tun0 --udp --port 7 --ip 192.168.69.9/24", 2),
    ] {
        let mut server = serve(options);
        for _ in 1..lines {
            let line = server.line();
            let (protocol, address) = line.trim().split_once(' ').unwrap();
            match protocol {
                "TCP" => assert_served(address.parse().unwrap()),
                "UDP" => assert_eq!(ask(address.parse().unwrap(), b"hi"), b"HI"),
                _ => panic!("{line}"),
            }
        }
        let line = server.line();
        let command = line.strip_prefix("Try it: ").expect("what to try").trim();
        need("nc");
        let mut shell = start(tool("sh").args(["-c", command]));
        assert_eq!(shell.end().text(), "HELLO\n");
    }
}

pub fn ping_is_answered_at_every_length() {
    for link in Link::ALL {
        let _server = serve(link.option);
        // 65507 is the most that `ping` takes.
        let lengths: [u16; 8] = [0, 56, 1452, 1453, 1473, 4000, 8000, 65_507];
        for length in lengths {
            let mut ping = tool("ping");
            ping.args([
                "-c",
                "3",
                "-i",
                "0.05",
                "-W",
                "20",
                "-s",
                &length.to_string(),
            ]);
            let outcome = start(ping.arg(link.address(1).to_string())).end();
            assert!(outcome.text().contains(" 0% packet loss"), "{outcome:?}");
        }
    }
}

pub fn large_pings_of_several_hosts_and_large_answers_go_together() {
    each_served("", |link| {
        let device = link.option.split(' ').next_back().expect("its name");
        let hosts = [110, 111, 112, 113].map(|host| link.address(host));
        for host in hosts {
            let (prefix, option) = if link.ipv6 { (64, " nodad") } else { (24, "") };
            ip(&format!("addr add {host}/{prefix} dev {device}{option}"));
        }
        let pings = hosts.map(|host| {
            let server = link.address(1);
            let options = format!("-c 40 -i 0.01 -W 20 -s 4000 -I {host} {server}");
            start(tool("ping").args(options.split(' ')))
        });
        for length in (2000..40_000).step_by(1000) {
            let text = vec![b'x'; length];
            assert!(ask(link.server(), &text) == upper(&text), "{length} bytes");
        }
        for mut ping in pings {
            let outcome = ping.end();
            let text = outcome.text();
            // For the last one, `ping` waits for two round trips only.
            let is_answered = [" 40 received", " 39 received"]
                .iter()
                .any(|all| text.contains(all));
            assert!(is_answered, "{text}");
        }
    });
}
