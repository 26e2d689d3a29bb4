//! The TCP client.

use std::io::{self, Write};
use std::ops::ControlFlow;
use std::task::Poll;

use smoltcp::time::Instant;
use smoltcp::wire::IpEndpoint;
use uppercase::stack::{earliest, from_fn};
use uppercase::{Context, tcp};

use super::args::Client;
use super::failure::Failure;
use super::host::{Host, Step, step, until};
use super::input::Input;
use super::output::Output;
use super::progress::Progress;
use super::resolve::{Server, shown};
use super::{dialogue, setup};

/// What is kept of an answer before it is written, in bytes.
const ANSWER: usize = 64 * 1024;

/// Sends standard input, or the sentence of a dialogue, and writes the answer.
pub fn run<'a>(host: &mut dyn Host<'a>, args: &Client, output: &mut Output) -> Result<(), Failure> {
    let server = Server::find(host, args)?;
    let mut client = setup::tcp_client(host.sockets(), args)?;
    let mut input = Input::open().map_err(Failure::of("standard input cannot be read"))?;
    let (endpoint, ()) = server.first_usable(|server, limit| {
        client.set_timeout(limit);
        connect(host, &mut client, server)
    })?;
    client.set_timeout(args.timeout);
    let mut exchange = Exchange {
        client,
        server: shown(endpoint),
        answer: Vec::new(),
        ended: false,
        reads_at: args
            .over_tcp
            .stop_reading
            .map(|time| host.context().now + time),
    };
    let result = exchange.hold(host, &mut input, output);
    if result.is_err() {
        // The server need not wait for what will not come.
        exchange.client.abort(&mut host.context());
        host.poll(&mut from_fn(|_| None));
    }
    result
}

/// Opens a connection to this address of the server, or says why that cannot be.
fn connect(
    host: &mut dyn Host<'_>,
    client: &mut tcp::Client,
    server: IpEndpoint,
) -> Result<Result<(), String>, Failure> {
    if let Err(error) = client.connect(&mut host.context(), server) {
        return Ok(Err(error.to_string()));
    }
    until(host, &mut |context| {
        Ok(match client.is_open(context) {
            Ok(false) => ControlFlow::Continue(client.deadline()),
            Ok(true) => ControlFlow::Break(Ok(())),
            Err(error) => ControlFlow::Break(Err(error.to_string())),
        })
    })
}

struct Exchange {
    client: tcp::Client,
    server: String,
    answer: Vec<u8>,
    /// Whether the server has closed its side.
    ended: bool,
    /// When the answer is read, if it is not read at once.
    reads_at: Option<Instant>,
}

impl Exchange {
    fn hold(
        &mut self,
        host: &mut dyn Host<'_>,
        input: &mut Input,
        output: &mut Output,
    ) -> Result<(), Failure> {
        if !dialogue::is_wanted() {
            return self.transfer(host, input, output);
        }
        let Some(sentence) = dialogue::ask(host, input, output)? else {
            return self.transfer(host, &mut Input::from(Vec::new()), &mut io::sink());
        };
        let mut answer = Vec::new();
        self.transfer(host, &mut Input::from(sentence), &mut answer)?;
        dialogue::print_answer(output, "From Server:  ", &answer)
    }

    /// Sends all of the input and writes all of the answer.
    fn transfer(
        &mut self,
        host: &mut dyn Host<'_>,
        input: &mut Input,
        output: &mut dyn Write,
    ) -> Result<(), Failure> {
        let mut progress = Progress::start(input.size());
        loop {
            let flow = step(host, &mut |context| {
                self.step(context, input, &mut progress)
            })?;
            output.write_all(&self.answer).map_err(Failure::output)?;
            let may_be_more = self.answer.len() == ANSWER;
            self.answer.clear();
            let ControlFlow::Continue(delay) = flow else {
                break;
            };
            if may_be_more {
                continue;
            }
            // An answer is shown as soon as it is there, even without the end of its line.
            output.flush().map_err(Failure::output)?;
            let hungry = input.unused().is_empty() && !input.has_ended();
            if host.wait(delay, hungry.then_some(&mut *input))? {
                input
                    .read()
                    .map_err(Failure::of("standard input cannot be read"))?;
            }
        }
        output.flush().map_err(Failure::output)
    }

    fn step(
        &mut self,
        context: &mut Context<'_, '_>,
        input: &mut Input,
        progress: &mut Progress,
    ) -> Step<()> {
        let ended = self.ended;
        let because = |error| match error {
            tcp::Error::Reset if ended => Failure::Error(format!(
                "{}: the server closed the connection before it had the whole text",
                self.server
            )),
            error => Failure::of(&self.server)(error),
        };
        // A server that has closed its side may still take the text.
        let sent = self.client.send(context, input.unused()).map_err(because)?;
        input.consume(sent);
        progress.add(sent);
        let all_sent = input.unused().is_empty() && input.has_ended();
        if all_sent {
            self.client.finish(context);
        }
        self.reads_at = self.reads_at.filter(|time| *time > context.now);
        while self.reads_at.is_none() && !self.ended && self.answer.len() < ANSWER {
            let filled = self.answer.len();
            self.answer.resize(ANSWER, 0);
            let received = self.client.receive(context, &mut self.answer[filled..]);
            let length = match received {
                Ok(Poll::Ready(length)) => length,
                _ => 0,
            };
            self.answer.truncate(filled + length);
            match received.map_err(because)? {
                Poll::Ready(0) => self.ended = true,
                Poll::Ready(_) => {}
                Poll::Pending => break,
            }
        }
        let closed = self.ended && all_sent && self.client.is_closed(context).map_err(because)?;
        Ok(if closed {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(earliest(self.client.deadline(), self.reads_at))
        })
    }
}
