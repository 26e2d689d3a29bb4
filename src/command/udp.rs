//! The UDP client.

use std::io::{self, Write};
use std::ops::ControlFlow;
use std::task::Poll;

use smoltcp::wire::IpEndpoint;
use uppercase::udp;

use super::args::Client;
use super::failure::Failure;
use super::host::{Host, until};
use super::input::Input;
use super::{dialogue, progress, resolve, setup};

/// Sends each line of standard input, or the sentence of a dialogue, and writes the answers.
pub fn run<'a>(host: &mut dyn Host<'a>, args: &Client) -> Result<(), Failure> {
    let server = resolve::server(host, args)?;
    let mut client = setup::udp_client(host.sockets(), args)?;
    let mut input = Input::open().map_err(Failure::of("standard input cannot be read"))?;
    if dialogue::is_wanted() {
        let Some(sentence) = dialogue::ask(host, &mut input)? else {
            return Ok(());
        };
        let answer = ask(host, &mut client, server, &sentence)?;
        return dialogue::print_answer("", &answer);
    }
    let mut output = io::stdout().lock();
    let bar = progress::bar(input.size());
    loop {
        let Some((line, has_end)) = input.line() else {
            if input.has_ended() {
                break;
            }
            output.flush().map_err(Failure::output)?;
            dialogue::read_when_ready(host, &mut input)?;
            continue;
        };
        let mut answer = ask(host, &mut client, server, &line)?;
        if has_end {
            answer.push(b'\n');
        }
        output.write_all(&answer).map_err(Failure::output)?;
        bar.inc((line.len() + usize::from(has_end)) as u64);
    }
    bar.finish_and_clear();
    output.flush().map_err(Failure::output)
}

/// Sends one line and waits for its answer.
fn ask<'a>(
    host: &mut dyn Host<'a>,
    client: &mut udp::Client<'a>,
    server: IpEndpoint,
    line: &[u8],
) -> Result<Vec<u8>, Failure> {
    let mut answer = vec![0; setup::LONGEST_DATAGRAM];
    let mut sent = false;
    let length = until(host, &mut |context| {
        if !sent {
            sent = true;
            client
                .send(context, server, line)
                .map_err(Failure::of(resolve::shown(server)))?;
        }
        Ok(
            match client
                .receive(context, &mut answer)
                .map_err(Failure::of(resolve::shown(server)))?
            {
                Poll::Ready(length) => ControlFlow::Break(length),
                Poll::Pending => ControlFlow::Continue(client.deadline()),
            },
        )
    })?;
    answer.truncate(length);
    Ok(answer)
}
