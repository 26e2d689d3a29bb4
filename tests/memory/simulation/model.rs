//! Clients that know which answers they must receive.

use std::task::Poll;

use smoltcp::time::{Duration, Instant};
use smoltcp::wire::IpEndpoint;
use uppercase::{Context, tcp, udp};

use super::common::text::upper;

/// How a text or a line ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The answer is the upper case, all of it and nothing else.
    Exact,
    /// There was an error, and nothing wrong before.
    Failed(String),
    /// The answer is another one, and there was no error before.
    Wrong,
}

/// A TCP client that sends one text and keeps the answer.
pub struct Speaker {
    client: tcp::Client,
    server: IpEndpoint,
    text: Vec<u8>,
    sent: usize,
    answer: Vec<u8>,
    ended: bool,
    outcome: Option<Result<(), tcp::Error>>,
}

impl Speaker {
    pub fn new(client: tcp::Client, server: IpEndpoint, text: Vec<u8>) -> Self {
        Self {
            client,
            server,
            text,
            sent: 0,
            answer: Vec::new(),
            ended: false,
            outcome: None,
        }
    }

    pub fn is_done(&self) -> bool {
        self.outcome.is_some()
    }

    pub fn poll(&mut self, context: &mut Context<'_, '_>) -> Option<Instant> {
        if self.outcome.is_none() {
            self.outcome = self.speak(context).transpose();
        }
        self.client.deadline().filter(|_| !self.is_done())
    }

    /// Returns whether everything was said and heard.
    fn speak(&mut self, context: &mut Context<'_, '_>) -> Result<Option<()>, tcp::Error> {
        if self.client.is_open(context) == Err(tcp::Error::NotConnected) {
            self.client.connect(context, self.server)?;
        }
        self.sent += self.client.send(context, &self.text[self.sent..])?;
        if self.sent == self.text.len() {
            self.client.finish(context);
        }
        let mut buffer = [0; 500];
        while !self.ended
            && let Poll::Ready(length) = self.client.receive(context, &mut buffer)?
        {
            self.answer.extend_from_slice(&buffer[..length]);
            self.ended = length == 0;
        }
        Ok((self.ended && self.client.is_closed(context)?).then_some(()))
    }

    pub fn verdict(&self) -> Verdict {
        let expected = upper(&self.text);
        match self.outcome.expect("it is done") {
            _ if !expected.starts_with(&self.answer) => Verdict::Wrong,
            Ok(()) if self.answer == expected => Verdict::Exact,
            Ok(()) => Verdict::Wrong,
            Err(error) => Verdict::Failed(error.to_string()),
        }
    }
}

/// A UDP client that sends some lines in turn.
pub struct Asker<'a> {
    client: udp::Client<'a>,
    server: IpEndpoint,
    lines: Vec<Vec<u8>>,
    waiting: bool,
    pub verdicts: Vec<Verdict>,
}

impl<'a> Asker<'a> {
    pub fn new(client: udp::Client<'a>, server: IpEndpoint, lines: Vec<Vec<u8>>) -> Self {
        Self {
            client,
            server,
            lines,
            waiting: false,
            verdicts: Vec::new(),
        }
    }

    pub fn is_done(&self) -> bool {
        self.verdicts.len() == self.lines.len()
    }

    pub fn poll(&mut self, context: &mut Context<'_, 'a>) -> Option<Instant> {
        while !self.is_done() {
            let line = &self.lines[self.verdicts.len()];
            let answer = ask(&mut self.client, context, self.server, line, self.waiting);
            self.verdicts.push(match answer {
                Ok(Poll::Pending) => {
                    self.waiting = true;
                    return self.client.deadline();
                }
                Ok(Poll::Ready(answer)) if answer == upper(line) => Verdict::Exact,
                Ok(Poll::Ready(_)) => Verdict::Wrong,
                Err(error) => Verdict::Failed(error.to_string()),
            });
            self.waiting = false;
        }
        None
    }
}

fn ask<'a>(
    client: &mut udp::Client<'a>,
    context: &mut Context<'_, 'a>,
    server: IpEndpoint,
    line: &[u8],
    waiting: bool,
) -> Result<Poll<Vec<u8>>, udp::Error> {
    if !waiting {
        client.send(context, server, line)?;
    }
    let mut answer = [0; 2000];
    let length = client.receive(context, &mut answer)?;
    Ok(length.map(|length| answer[..length].to_vec()))
}

/// So long that no host gives up: longer than anything takes.
pub const PATIENCE: Duration = Duration::from_secs(24 * 3600);
