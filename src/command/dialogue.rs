//! The dialogue of the classic exercise: a prompt, one sentence, the answer.

use std::io;

use super::failure::Failure;
use super::host::{Host, step};
use super::input::Input;
use super::output::Output;

/// Whether standard input is a terminal, so that a user can hold a dialogue.
pub fn is_wanted() -> bool {
    io::IsTerminal::is_terminal(&io::stdin())
}

/// Asks for a sentence, and keeps the stack going until it is there; `None` at the end of input.
pub fn ask(
    host: &mut dyn Host<'_>,
    input: &mut Input,
    output: &mut Output,
) -> Result<Option<Vec<u8>>, Failure> {
    output.print("Input lowercase sentence:")?;
    loop {
        if let Some((line, _)) = input.line() {
            return Ok(Some(line));
        }
        if input.has_ended() {
            output.print("\n")?;
            return Ok(None);
        }
        read_when_ready(host, input)?;
    }
}

/// Prints the answer, as it came, on a line of its own.
pub fn print_answer(output: &mut Output, prefix: &str, answer: &[u8]) -> Result<(), Failure> {
    output.print([prefix.as_bytes(), answer, b"\n"].concat())
}

/// Keeps the stack going until there is input to read, and reads it.
pub fn read_when_ready(host: &mut dyn Host<'_>, input: &mut Input) -> Result<(), Failure> {
    loop {
        let delay = step::<()>(host, &mut |_| Ok(std::ops::ControlFlow::Continue(None)))?;
        if host.wait(delay.continue_value().flatten(), Some(&mut *input))? {
            return input
                .read()
                .map_err(Failure::of("standard input cannot be read"));
        }
    }
}
