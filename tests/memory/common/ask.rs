//! A UDP client that sends one line, or several in turn, and keeps how each ended.

use std::task::Poll;

use smoltcp::socket::udp::{PacketBuffer, PacketMetadata};
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::IpEndpoint;
use uppercase::{Context, PORT, udp};

use super::Text;
use super::network::{Actor, Network};

pub const TIMEOUT: Duration = Duration::from_secs(10);

/// Buffers that only the heap can size: `queue` datagrams of `datagram` bytes each way.
pub fn parts(datagram: usize, queue: usize) -> udp::Parts<'static> {
    let buffer = || {
        PacketBuffer::new(
            vec![PacketMetadata::EMPTY; queue],
            vec![0; datagram * queue],
        )
    };
    udp::Parts {
        receive: buffer(),
        transmit: buffer(),
        held: vec![0; datagram].into(),
    }
}

pub fn server(network: &mut Network, datagram: usize, queue: usize) -> udp::Server<'static, Text> {
    let parts = parts(datagram, queue);
    let server = udp::Server::from_parts(network.server.sockets(), parts, PORT);
    server.expect("there is room").with_transform()
}

pub struct Ask {
    pub client: udp::Client<'static>,
    server: IpEndpoint,
    lines: Vec<Vec<u8>>,
    pub room: usize,
    pub answers: Vec<Result<Vec<u8>, udp::Error>>,
    waiting: bool,
}

impl Ask {
    pub fn new(network: &mut Network, server: IpEndpoint, lines: &[&[u8]]) -> Self {
        let sockets = network.client.sockets();
        let client = udp::Client::from_parts(sockets, parts(8000, 4), TIMEOUT);
        Self {
            client: client.expect("there is room"),
            server,
            lines: lines.iter().map(|line| line.to_vec()).collect(),
            room: 8000,
            answers: Vec::new(),
            waiting: false,
        }
    }

    /// The answers, if there is one to each line.
    #[track_caller]
    pub fn expect_answers(&self) -> Vec<&[u8]> {
        let answers = self.answers.iter();
        answers
            .map(|answer| answer.as_deref().expect("an answer"))
            .collect()
    }

    fn ask(&mut self, context: &mut Context<'_, 'static>) -> Result<Option<Vec<u8>>, udp::Error> {
        if !self.waiting {
            let line = &self.lines[self.answers.len()];
            self.client.send(context, self.server, line)?;
            self.waiting = true;
        }
        let mut answer = vec![0; self.room];
        Ok(match self.client.receive(context, &mut answer)? {
            Poll::Ready(length) => Some(answer[..length].to_vec()),
            Poll::Pending => None,
        })
    }
}

impl Actor for Ask {
    fn poll(&mut self, context: &mut Context<'_, 'static>) -> Option<Instant> {
        while !self.is_done() {
            match self.ask(context) {
                Ok(None) => return self.client.deadline(),
                Ok(Some(answer)) => self.answers.push(Ok(answer)),
                Err(error) => self.answers.push(Err(error)),
            }
            self.waiting = false;
        }
        None
    }

    fn is_done(&self) -> bool {
        self.answers.len() == self.lines.len()
    }
}

/// How one line to `server` ends, with this server at work or none.
#[track_caller]
pub fn ask(
    network: &mut Network,
    service: Option<&mut udp::Server<'static, Text>>,
    to: IpEndpoint,
    line: &[u8],
) -> Result<Vec<u8>, udp::Error> {
    let mut asking = Ask::new(network, to, &[line]);
    let clients: &mut [&mut dyn Actor] = &mut [&mut asking];
    match service {
        Some(server) => network.run(TIMEOUT * 2, &mut [server], clients),
        None => network.run(TIMEOUT * 2, &mut [], clients),
    }
    asking.answers.pop().expect("it has ended")
}
