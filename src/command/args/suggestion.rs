//! An option that the given command has not, but another one has: `clap` names that one only if it stands
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
    if !tips.is_empty() {
        // Instead of advice that supposes another mistake.
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(tips));
        error.insert(ContextKind::SuggestedArg, ContextValue::None);
    }
    error
}
