//! What a client's user wants: lines are sent, and answers come.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::Poll;

use smoltcp::time::Instant;
use smoltcp::wire::IpEndpoint;
use uppercase::stack::earliest;
use uppercase::{Context, tcp, udp};

use crate::log::{Kind, Log};
use crate::script::Deed;

/// The longest answer over UDP, in bytes, and what is read over TCP at a time.
pub const LONGEST: usize = 4096;

/// The application of a client.
pub struct Application<'a> {
    name: Arc<str>,
    server: IpEndpoint,
    tcp: tcp::Client,
    udp: udp::Client<'a>,
    /// What is to be sent over TCP.
    text: VecDeque<u8>,
    /// What is to be sent over UDP, each with the answer of the one before.
    lines: VecDeque<String>,
    /// The beginning of the next line of the answer.
    answer: Vec<u8>,
    has_connection: bool,
    is_finished: bool,
    is_aborted: bool,
    waits_for_datagram: bool,
    pub(super) is_paused: bool,
}

impl<'a> Application<'a> {
    pub fn new(
        name: &Arc<str>,
        server: IpEndpoint,
        tcp: tcp::Client,
        udp: udp::Client<'a>,
    ) -> Self {
        Self {
            name: name.clone(),
            server,
            tcp,
            udp,
            text: VecDeque::new(),
            lines: VecDeque::new(),
            answer: Vec::new(),
            has_connection: false,
            is_finished: false,
            is_aborted: false,
            waits_for_datagram: false,
            is_paused: false,
        }
    }

    pub fn perform(&mut self, deed: &Deed) {
        match deed {
            Deed::Tcp(line) => {
                self.text.extend(line.bytes());
                self.text.push_back(b'\n');
            }
            Deed::Bulk(length) => {
                let line = b"all work and no play makes jack a dull boy\n";
                self.text.extend(line.iter().cycle().take(*length));
            }
            Deed::Udp(line) => self.lines.push_back(line.clone()),
            Deed::Finish => self.is_finished = self.has_connection || !self.text.is_empty(),
            Deed::Abort => self.is_aborted = true,
            Deed::Pause => self.is_paused = true,
            Deed::Resume => self.is_paused = false,
            _ => {}
        }
    }

    /// Whether something was not sent or answered.
    pub fn is_busy(&self) -> bool {
        !self.text.is_empty() || !self.lines.is_empty() || self.waits_for_datagram
    }

    /// Does what there is to do; returns when there is more.
    pub fn poll(&mut self, context: &mut Context<'_, 'a>, log: &mut Log) -> Option<Instant> {
        if let Err(error) = self.stream(context, log) {
            log.note(
                context.now,
                &self.name,
                Kind::Error,
                format!("TCP: {error}"),
            );
            self.end_connection();
        }
        if let Err(error) = self.datagrams(context, log) {
            log.note(
                context.now,
                &self.name,
                Kind::Error,
                format!("UDP: {error}"),
            );
            self.waits_for_datagram = false;
        }
        earliest(self.tcp.deadline(), self.udp.deadline())
    }

    fn end_connection(&mut self) {
        self.has_connection = false;
        self.is_finished = false;
        self.is_aborted = false;
        self.text.clear();
        self.answer.clear();
    }

    fn stream(&mut self, context: &mut Context<'_, 'a>, log: &mut Log) -> Result<(), tcp::Error> {
        if !self.has_connection && !self.text.is_empty() {
            self.tcp.connect(context, self.server)?;
            self.has_connection = true;
        }
        if !self.has_connection {
            return Ok(());
        }
        if self.is_aborted {
            self.tcp.abort(context);
            self.end_connection();
            return Ok(());
        }
        let sent = self.tcp.send(context, self.text.make_contiguous())?;
        self.text.drain(..sent);
        if self.is_finished && self.text.is_empty() {
            self.tcp.finish(context);
        }
        let mut bytes = [0; LONGEST];
        while !self.is_paused {
            match self.tcp.receive(context, &mut bytes)? {
                Poll::Ready(0) => {
                    // The server has closed, and the client does so, too.
                    self.is_finished = true;
                    self.tcp.finish(context);
                    break;
                }
                Poll::Ready(length) => self.hear(&bytes[..length], context.now, log),
                Poll::Pending => break,
            }
        }
        if self.tcp.is_closed(context)? {
            self.end_connection();
        }
        Ok(())
    }

    fn hear(&mut self, bytes: &[u8], now: Instant, log: &mut Log) {
        self.answer.extend_from_slice(bytes);
        while let Some(end) = self.answer.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.answer.drain(..=end).collect();
            let line = String::from_utf8_lossy(&line[..end]);
            log.note(now, &self.name, Kind::Answer, line);
        }
    }

    fn datagrams(
        &mut self,
        context: &mut Context<'_, 'a>,
        log: &mut Log,
    ) -> Result<(), udp::Error> {
        if !self.waits_for_datagram
            && let Some(line) = self.lines.pop_front()
        {
            self.udp.send(context, self.server, line.as_bytes())?;
            self.waits_for_datagram = true;
        }
        let mut answer = [0; LONGEST];
        if self.waits_for_datagram
            && let Poll::Ready(length) = self.udp.receive(context, &mut answer)?
        {
            let answer = String::from_utf8_lossy(&answer[..length]);
            log.note(context.now, &self.name, Kind::Answer, answer);
            self.waits_for_datagram = false;
        }
        Ok(())
    }
}
