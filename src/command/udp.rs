//! The UDP client.

use std::ops::ControlFlow;
use std::task::Poll;

use smoltcp::time::Duration;
use smoltcp::wire::IpEndpoint;
use uppercase::udp::{self, Error};

use super::args::Client;
use super::failure::Failure;
use super::host::{Host, until};
use super::input::Input;
use super::output::Output;
use super::progress::Progress;
use super::resolve::{Server, shown};
use super::{dialogue, setup};

/// Sends each line of standard input, or the sentence of a dialogue, and writes the answers.
pub fn run<'a>(host: &mut dyn Host<'a>, args: &Client, output: &mut Output) -> Result<(), Failure> {
    let mut exchange = Exchange {
        server: Server::find(host, args)?,
        client: setup::udp_client(host.sockets(), args)?,
        found: None,
        timeout: args.timeout,
    };
    let mut input = Input::open().map_err(Failure::of("standard input cannot be read"))?;
    if dialogue::is_wanted() {
        let Some(sentence) = dialogue::ask(host, &mut input, output)? else {
            return Ok(());
        };
        let answer = exchange.ask(host, &sentence)?;
        return dialogue::print_answer(output, "", &answer);
    }
    let mut progress = Progress::start(input.size());
    loop {
        let Some((line, has_end)) = input.line() else {
            if input.has_ended() {
                break;
            }
            dialogue::read_when_ready(host, &mut input)?;
            continue;
        };
        let mut answer = exchange.ask(host, &line)?;
        if has_end {
            answer.push(b'\n');
        }
        output.print(answer)?;
        progress.add(line.len() + usize::from(has_end));
    }
    Ok(())
}

struct Exchange<'a> {
    client: udp::Client<'a>,
    server: Server,
    /// The address of the server that has answered.
    found: Option<IpEndpoint>,
    timeout: Duration,
}

impl<'a> Exchange<'a> {
    /// Sends one line and waits for its answer; the first line to one address after the other.
    fn ask(&mut self, host: &mut dyn Host<'a>, line: &[u8]) -> Result<Vec<u8>, Failure> {
        let Self { client, server, .. } = self;
        if let Some(found) = self.found {
            return ask(host, client, found, line)?.map_err(Failure::of(shown(found)));
        }
        let (found, answer) = server.first_usable(|address, limit| {
            client.set_timeout(limit);
            Ok(match ask(host, client, address, line)? {
                Err(error @ (Error::LineTooLong { .. } | Error::AnswerTooLong { .. })) => {
                    return Err(Failure::of(shown(address))(error));
                }
                result => result.map_err(|error| error.to_string()),
            })
        })?;
        self.found = Some(found);
        self.client.set_timeout(self.timeout);
        Ok(answer)
    }
}

/// Sends one line to this address of the server and waits for its answer.
fn ask<'a>(
    host: &mut dyn Host<'a>,
    client: &mut udp::Client<'a>,
    server: IpEndpoint,
    line: &[u8],
) -> Result<Result<Vec<u8>, Error>, Failure> {
    if let Err(error) = client.send(&mut host.context(), server, line) {
        return Ok(Err(error));
    }
    let mut answer = vec![0; setup::LONGEST_DATAGRAM];
    let length = until(host, &mut |context| {
        Ok(match client.receive(context, &mut answer) {
            Ok(Poll::Ready(length)) => ControlFlow::Break(Ok(length)),
            Ok(Poll::Pending) => ControlFlow::Continue(client.deadline()),
            Err(error) => ControlFlow::Break(Err(error)),
        })
    })?;
    Ok(length.map(|length| {
        answer.truncate(length);
        answer
    }))
}
