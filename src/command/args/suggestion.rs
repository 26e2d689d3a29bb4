//! An option that the given command has not, but another one has: `clap` names that one only if it was given
//! behind the option.

use clap::Command;
use clap::error::{ContextKind, ContextValue, Error, ErrorKind};

/// Names the commands that have the option.
pub fn name_its_commands(all: &Command, mut error: Error) -> Error {
    let given = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(given)) if error.kind() == ErrorKind::UnknownArgument => given,
        _ => return error,
    };
    let Some(name) = given.strip_prefix("--") else {
        return error;
    };
    let has_it = |command: &&Command| {
        let mut options = command
            .get_arguments()
            .filter(|option| !option.is_hide_set());
        options.any(|option| option.get_long() == Some(name))
    };
    let commands = all.get_subcommands().filter(has_it);
    let tips: Vec<_> = commands
        .map(|command| format!("'{} {given}' exists", command.get_name()).into())
        .collect();
    let is_told = [ContextKind::Suggested, ContextKind::SuggestedSubcommand]
        .into_iter()
        .any(|kind| error.get(kind).is_some());
    if !tips.is_empty() && !is_told {
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(tips));
        // Resembles it less than the option itself.
        error.remove(ContextKind::SuggestedArg);
    }
    error
}
