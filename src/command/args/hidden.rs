//! The help of a command does not offer the options that it refuses, be they those of all commands or
//! of what it has in common with another one. Given all the same, they are refused with a reason.

use clap::{Arg, Command};

use crate::command::faults::Faults;

/// What is about both ends in memory.
const IN_MEMORY: [&str; 2] = ["capture_both", "crash"];
/// What is about packets.
const RECORDING: [&str; 2] = ["capture", "capture_both"];
/// What asks a network for addresses.
#[cfg(all(feature = "tuntap", target_os = "linux"))]
const OBTAINING: [&str; 2] = ["dhcp", "slaac"];

/// Hides the options in the help.
pub fn hide_what_is_refused(all: Command) -> Command {
    let globals = all.get_arguments().filter(|arg| arg.is_global_set());
    let globals: Vec<Arg> = globals.cloned().collect();
    let faults = <Faults as clap::Args>::augment_args(Command::new("faults"));
    let is_fault = |arg: &Arg| {
        faults
            .get_arguments()
            .any(|fault| fault.get_id() == arg.get_id())
    };
    // A command takes those of all commands, unless it has them already.
    let hide = |command: Command, is_refused: &dyn Fn(&Arg) -> bool| {
        let refused = globals.iter().filter(|arg| is_refused(arg));
        command.args(refused.map(|arg| arg.clone().hide(true)))
    };
    let is_in = |arg: &Arg, names: &[&str]| names.contains(&arg.get_id().as_str());
    let all = all
        .mut_subcommand("serve", |serve| hide(serve, &|arg| is_in(arg, &IN_MEMORY)))
        .mut_subcommand("ladder", |ladder| {
            hide(ladder, &|arg| is_fault(arg) || is_in(arg, &RECORDING))
        });
    #[cfg(all(feature = "tuntap", target_os = "linux"))]
    let all = all
        .mut_subcommand("lab", |lab| {
            let lab = hide_own(lab, &["cable"]);
            let lab = hide_own(lab, &OBTAINING);
            hide(lab, &|arg| is_fault(arg) || is_in(arg, &IN_MEMORY))
        })
        .mut_subcommand("doctor", |doctor| {
            let doctor = doctor.mut_subcommand("serve", |serve| hide_own(serve, &OBTAINING));
            hide(doctor, &|arg| is_fault(arg) || is_in(arg, &IN_MEMORY))
        });
    #[cfg(feature = "completions")]
    let all = all
        .mut_subcommand("completions", |completions| hide(completions, &|_| true))
        .mut_subcommand("man", |man| hide(man, &|_| true));
    all
}

/// Hides options that are the command's own.
#[cfg(all(feature = "tuntap", target_os = "linux"))]
fn hide_own(command: Command, names: &[&str]) -> Command {
    names.iter().fold(command, |command, name| {
        command.mut_arg(name, |arg| arg.hide(true))
    })
}
