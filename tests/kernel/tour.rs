//! `docs/tour.md`: each command in it prints what stands there. `UPPERCASE_SNAPSHOTS=renew` has it
//! written again: look at each change before it is committed.

use std::env;
use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::command::{Program, UPPERCASE, own_directory, start};
use crate::namespace::tool;

const FENCE: &str = "```";
/// What a command begins with, and what one in another terminal begins with.
const PROMPT: &str = "$ ";
const SERVER: &str = "server$ ";

/// What the commands of the tour print, in its place.
struct Tour {
    /// `uppercase` is there.
    directory: String,
    /// In another terminal.
    server: Option<Program>,
}

impl Tour {
    fn command(&self, line: &str) -> Command {
        let mut command = tool("bash");
        let path = format!(
            "{}:{}",
            self.directory,
            env::var("PATH").unwrap_or_default()
        );
        command
            .args(["-c", line])
            .env("PATH", path)
            .env_remove("COLUMNS");
        command
    }

    /// What a command prints, on standard output and standard error.
    fn run(&self, line: &str) -> String {
        let path = own_directory().join("printed");
        let printed = File::create(&path).expect("a file");
        let again = printed.try_clone().expect("a second handle");
        let mut command = self.command(line);
        command.stdin(Stdio::null()).stdout(printed).stderr(again);
        command.status().expect("bash runs");
        fs::read_to_string(path).expect("text")
    }

    /// The lines of a block, with what its commands print now.
    fn block(&mut self, lines: &[&str]) -> Vec<String> {
        let mut printed = Vec::new();
        for line in lines {
            if let Some(command) = line.strip_prefix(SERVER) {
                printed.push(line.to_string());
                let mut server = start(&mut self.command(&format!("exec {command}")));
                assert_eq!(server.line(), "The server is ready to receive\n", "{line}");
                self.server = Some(server);
            } else if let Some(command) = line.strip_prefix(PROMPT) {
                printed.push(line.to_string());
                printed.extend(self.run(command).lines().map(String::from));
            }
        }
        if let Some(mut server) = self.server.take() {
            server.interrupt();
        }
        printed
    }
}

pub fn tour_is_what_the_program_prints() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/tour.md");
    let text = fs::read_to_string(&path).expect("the tour");
    let directory = Path::new(UPPERCASE).parent().expect("a directory");
    let mut tour = Tour {
        directory: directory.display().to_string(),
        server: None,
    };
    let mut new = Vec::new();
    let mut commands = 0;
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        new.push(line.to_string());
        if line == "```console" {
            let block: Vec<_> = lines.by_ref().take_while(|line| *line != FENCE).collect();
            commands += block.iter().filter(|line| line.contains(PROMPT)).count();
            new.extend(tour.block(&block));
            new.push(FENCE.into());
        }
    }
    assert!(commands > 10, "{commands} commands");
    let new = new.join("\n") + "\n";
    if env::var_os("UPPERCASE_SNAPSHOTS").is_some_and(|value| value == "renew") {
        fs::write(path, new).expect("the tour can be written");
        return;
    }
    for (number, (old, new)) in text.lines().zip(new.lines()).enumerate() {
        assert_eq!(old, new, "line {} of docs/tour.md", number + 1);
    }
    assert!(text == new, "docs/tour.md has another length");
}
