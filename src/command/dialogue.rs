//! The dialogue of the classic exercise: a prompt, one sentence, the answer.

use std::io::{self, Write};

use super::failure::Failure;
use super::host::{Host, step};
use super::input::Input;

/// Whether there is somebody to hold a dialogue with.
pub fn is_wanted() -> bool {
    io::IsTerminal::is_terminal(&io::stdin())
}

/// Asks for a sentence, and keeps the stack going until it is there; `None` at the end of input.
pub fn ask(host: &mut dyn Host<'_>, input: &mut Input) -> Result<Option<Vec<u8>>, Failure> {
    print("Input lowercase sentence:")?;
    loop {
        if let Some((line, _)) = input.line() {
            return Ok(Some(line));
        }
        if input.has_ended() {
            print("\n")?;
            return Ok(None);
        }
        read_when_ready(host, input)?;
    }
}

/// Prints the answer, as it came, on a line of its own.
pub fn print_answer(prefix: &str, answer: &[u8]) -> Result<(), Failure> {
    let mut output = io::stdout().lock();
    output
        .write_all(prefix.as_bytes())
        .and_then(|()| output.write_all(answer))
        .and_then(|()| output.write_all(b"\n"))
        .and_then(|()| output.flush())
        .map_err(Failure::output)
}

/// Keeps the stack going until there is input to read, and reads it.
pub fn read_when_ready(host: &mut dyn Host<'_>, input: &mut Input) -> Result<(), Failure> {
    loop {
        let delay = step::<()>(host, &mut |_| Ok(std::ops::ControlFlow::Continue(None)))?;
        if host.wait(delay.continue_value().flatten(), true)? {
            return input
                .read()
                .map_err(Failure::of("standard input cannot be read"));
        }
    }
}

fn print(text: &str) -> Result<(), Failure> {
    let mut output = io::stdout().lock();
    output
        .write_all(text.as_bytes())
        .and_then(|()| output.flush())
        .map_err(Failure::output)
}
