//! Starting a server with its network, and ending it.

use std::env;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use clap::ValueEnum;

use crate::arguments::{Arguments, Kind};
use crate::network::{self, SERVER, TAP};
use crate::peers::{PORT, PYTHON, embassy};

pub const ADDRESS: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(SERVER), PORT);
/// How long a server may take until it answers.
const START: Duration = Duration::from_secs(10);

/// A server at work, in a network that goes when this is dropped.
pub struct Server {
    child: Child,
}

impl Server {
    /// Starts one with room for `connections`, or for as many as there are by default.
    pub fn start(
        arguments: &Arguments,
        kind: Kind,
        connections: Option<usize>,
        congestion: &str,
    ) -> Result<Self, String> {
        let places = connections.unwrap_or(arguments.places);
        if kind == Kind::Embassy && places > embassy::MOST_PLACES {
            return Err(format!(
                "{} tasks are compiled into it",
                embassy::MOST_PLACES
            ));
        }
        if matches!(
            kind,
            Kind::Plain | Kind::Smoltcp | Kind::Embassy | Kind::Tap | Kind::TapCopies
        ) {
            network::make_tap()?;
        }
        let log = arguments.output.join("server.log");
        let file = File::create(&log).map_err(|error| format!("{}: {error}", log.display()))?;
        let child = command(arguments, kind, connections, congestion)?
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(file)
            .spawn()
            .map_err(|error| format!("it does not start: {error}"))?;
        let mut server = Self { child };
        let output = server.child.stdout.take().expect("it is piped");
        if !says_something(output) {
            let log = fs::read_to_string(log).unwrap_or_default();
            let reason = log.lines().find(|line| !line.is_empty());
            return Err(format!(
                "it does not start: {}",
                reason.unwrap_or("it says nothing")
            ));
        }
        match kind {
            Kind::Ours => network::complete_tap()?,
            Kind::Plain | Kind::Smoltcp | Kind::Embassy | Kind::Tap | Kind::TapCopies => {}
            Kind::Threads | Kind::Epoll | Kind::Ring | Kind::Python => {
                network::make_veth(server.id())?
            }
        }
        server.wait_for_answer()?;
        Ok(server)
    }

    /// The process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Until the two sides know each other's hardware addresses, and the server works.
    fn wait_for_answer(&mut self) -> Result<(), String> {
        let end = Instant::now() + START;
        loop {
            let asked = (|| {
                let mut stream = TcpStream::connect_timeout(&ADDRESS, Duration::from_secs(1))?;
                stream.set_read_timeout(Some(Duration::from_secs(1)))?;
                stream.write_all(b"hello")?;
                let mut answer = [0; 5];
                stream.read_exact(&mut answer)?;
                std::io::Result::Ok(answer)
            })();
            match asked {
                Ok(answer) if &answer == b"HELLO" => return Ok(()),
                Ok(answer) => return Err(format!("it answers {answer:?}")),
                Err(error) if Instant::now() > end => return Err(format!("no answer: {error}")),
                Err(_) => thread::sleep(Duration::from_millis(10)),
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        network::remove();
    }
}

fn command(
    arguments: &Arguments,
    kind: Kind,
    connections: Option<usize>,
    congestion: &str,
) -> Result<Command, String> {
    let places = connections.unwrap_or(arguments.places);
    let this = env::current_exe().map_err(|error| error.to_string())?;
    let role = kind.to_possible_value().expect("no kind is skipped");
    let role = role.get_name();
    let mut command = match kind {
        Kind::Ours => {
            let mut command = Command::new(arguments.ours.as_deref().ok_or("no --ours is given")?);
            command.args(["serve", "--tap", TAP]);
            if let Some(connections) = connections {
                command.args(["--connections", &connections.to_string()]);
            }
            command.args(arguments.serve_options.split_whitespace());
            command
        }
        Kind::Plain | Kind::Smoltcp | Kind::Embassy | Kind::Tap | Kind::TapCopies => {
            Command::new(this)
        }
        Kind::Threads | Kind::Epoll | Kind::Ring => {
            let mut command = Command::new("unshare");
            command.arg("--net").arg(this);
            command
        }
        Kind::Python => {
            let mut command = Command::new("unshare");
            command.args(["--net", "python3", "-c", PYTHON, congestion]);
            command
        }
    };
    if !matches!(kind, Kind::Ours | Kind::Python) {
        command.args(["serve", role, &places.to_string(), congestion]);
    }
    Ok(command)
}

/// Waits for the first line; reads and drops all that follow.
fn says_something(output: ChildStdout) -> bool {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut lines = BufReader::new(output).lines();
        if let Some(Ok(_)) = lines.next() {
            let _ = sender.send(());
        }
        while let Some(Ok(_)) = lines.next() {}
    });
    receiver.recv_timeout(START).is_ok()
}
