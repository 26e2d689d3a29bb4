//! What packages install beside the program: completions of shells, and pages of the manual.

use clap_complete::Shell;
use clap_mangen::Man;

use super::failure::Failure;
use super::output::Output;
use super::{args, version};

/// The name of the program.
const NAME: &str = "uppercase";

/// Prints the script by which a shell completes the command line.
pub fn completions(shell: Shell) -> Result<(), Failure> {
    let mut output = Output::open()?;
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut args::command(), NAME, &mut script);
    output.print(script)
}

/// Prints the page about all of the program, or about one of its commands.
pub fn man(of: Option<&str>) -> Result<(), Failure> {
    let mut output = Output::open()?;
    let mut command = version::of(args::command());
    command.build();
    let command = match of {
        None => command,
        Some(of) => {
            let found = command.find_subcommand(of).filter(|_| of != "help");
            let Some(found) = found else {
                return Err(Failure::Error(format!(
                    "there is no command {of}: `{NAME} --help` lists them"
                )));
            };
            // A page is found by its name, which lives as long as the program.
            let name: &'static str = format!("{NAME}-{of}").leak();
            found.clone().name(name)
        }
    };
    let mut page = Vec::new();
    let made = Man::new(command).render(&mut page);
    made.map_err(Failure::of("the page cannot be made"))?;
    output.print(page)
}
