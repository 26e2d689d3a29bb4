//! A test that runs itself once more, in a process of its own.

use std::env;
use std::process::{Command, Output};

/// Runs one test of this program, with some variables set for it.
pub fn run_again(module: &str, test: &str, variables: &[(&str, &str)]) -> Output {
    let (_, module) = module.split_once("::").expect("a module of the program");
    let mut again = Command::new(env::current_exe().expect("it runs"));
    again
        .args([&format!("{module}::{test}"), "--exact", "--nocapture"])
        .envs(variables.iter().copied());
    again.output().expect("it starts")
}
