//! Running the command: to its end, or beside the test until it is told to end.

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::Once;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::namespace::tool;

pub const UPPERCASE: &str = env!("CARGO_BIN_EXE_uppercase");

/// How long anything may take that takes no time worth mentioning. A loaded machine has its own
/// idea of that.
pub const LIMIT: Duration = Duration::from_secs(30);

/// What a program has come to.
#[derive(Debug)]
pub struct Outcome {
    pub code: Option<i32>,
    pub stdout: Vec<u8>,
    pub stderr: String,
}

impl Outcome {
    /// What it printed, if all went well and it had nothing to complain of.
    #[track_caller]
    pub fn text(&self) -> &str {
        assert_eq!((self.code, &*self.stderr), (Some(0), ""), "{self:?}");
        std::str::from_utf8(&self.stdout).expect("text")
    }

    /// The same, where it may be anything.
    #[track_caller]
    pub fn bytes(&self) -> &[u8] {
        assert_eq!((self.code, &*self.stderr), (Some(0), ""));
        &self.stdout
    }

    /// That it failed with this sentence, and without any other output.
    #[track_caller]
    pub fn assert_failed(&self, sentence: &str) {
        let sentence = format!("uppercase: {sentence}\n");
        assert_eq!((self.code, &self.stderr), (Some(1), &sentence));
        assert_eq!(self.stdout, b"");
    }
}

/// Arguments that are separated by spaces.
pub fn words(arguments: &str) -> impl Iterator<Item = &str> {
    arguments.split(' ').filter(|word| !word.is_empty())
}

/// Runs `uppercase` with these arguments, separated by spaces, and this input.
#[track_caller]
pub fn uppercase(arguments: &str, input: impl AsRef<[u8]>) -> Outcome {
    run(Command::new(UPPERCASE).args(words(arguments)), input)
}

/// Runs a program to its end.
#[track_caller]
pub fn run(command: &mut Command, input: impl AsRef<[u8]>) -> Outcome {
    let mut program = start(command);
    let (mut stdin, input) = (program.stdin.take().expect("a pipe"), input.as_ref());
    thread::scope(|scope| {
        // It may end before it has read everything.
        scope.spawn(move || stdin.write_all(input).ok());
        program.end()
    })
}

/// Starts a program with pipes for its input and output.
#[track_caller]
pub fn start(command: &mut Command) -> Program {
    start_with_output(command, Stdio::piped())
}

/// Starts a program with this standard output, and pipes for the rest.
#[track_caller]
pub fn start_with_output(command: &mut Command, output: impl Into<Stdio>) -> Program {
    let piped = command.stdin(Stdio::piped()).stdout(output);
    let child = piped.stderr(Stdio::piped()).spawn();
    let mut child = child.unwrap_or_else(|error| panic!("{command:?} does not start: {error}"));
    let stderr = child.stderr.take().expect("a pipe");
    Program {
        name: format!("{command:?}"),
        stdin: child.stdin.take(),
        stdout: child.stdout.take().map(BufReader::new),
        stderr: Some(thread::spawn(move || {
            String::from_utf8_lossy(&all(stderr)).into_owned()
        })),
        child,
    }
}

/// A program that runs. It is killed when it is dropped.
pub struct Program {
    name: String,
    pub stdin: Option<ChildStdin>,
    stdout: Option<BufReader<ChildStdout>>,
    stderr: Option<JoinHandle<String>>,
    child: Child,
}

impl Program {
    /// The next line that it prints.
    #[track_caller]
    pub fn line(&mut self) -> String {
        let mut line = String::new();
        let stdout = self.stdout.as_mut().expect("it is not read by another");
        stdout.read_line(&mut line).expect("a line of text");
        if line.is_empty() {
            let outcome = self.end();
            panic!("{} ended: {outcome:?}", self.name);
        }
        line
    }

    /// As many bytes as that of what it prints next.
    #[track_caller]
    pub fn text(&mut self, length: usize) -> String {
        let mut text = vec![0; length];
        let stdout = self.stdout.as_mut().expect("it is not read by another");
        stdout.read_exact(&mut text).expect("so many bytes");
        String::from_utf8(text).expect("text")
    }

    pub fn signal(&self, signal: Signal) {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, signal).expect("the program is there");
    }

    /// Waits until it catches a signal, which would end it before.
    pub fn wait_until_caught(&self, signal: Signal) {
        wait_until_caught(self.child.id(), signal);
    }

    /// Waits until it sleeps.
    pub fn wait_until_asleep(&self) {
        wait_for("a pause", || {
            let status = status(self.child.id());
            status.contains("State:\tS").then_some(())
        });
    }

    /// Whether it has ended.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("it is our child").is_some()
    }

    /// Waits for its end, and gives the rest of its output.
    #[track_caller]
    pub fn end(&mut self) -> Outcome {
        let stdout = self.stdout.take();
        let stdout = thread::spawn(move || stdout.map(all).unwrap_or_default());
        let stderr = self.stderr.take().expect("it ends once");
        let child = &mut self.child;
        let status = wait_for(&self.name, || child.try_wait().expect("it is our child"));
        Outcome {
            code: status.code(),
            stdout: stdout.join().expect("it was read"),
            stderr: stderr.join().expect("it was read"),
        }
    }

    /// Tells it to end as Ctrl-C does, and waits until it has.
    #[track_caller]
    pub fn interrupt(&mut self) -> Outcome {
        self.signal(Signal::INT);
        self.end()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.child.kill().ok();
        let status: io::Result<ExitStatus> = self.child.wait();
        // What it had to say is of interest where a test fails, which is when it is printed.
        if let (Ok(status), Some(stderr)) = (status, self.stderr.take()) {
            println!(
                "{}: {status} {}",
                self.name,
                stderr.join().unwrap_or_default()
            );
        }
    }
}

/// What the kernel says of a process of this test.
fn status(pid: u32) -> String {
    static OWN_PROCESSES: Once = Once::new();
    // There are those of the namespace around, until then.
    OWN_PROCESSES.call_once(|| {
        let mut mount = Command::new("mount");
        mount.args(["-t", "proc", "none", "/proc"]);
        assert!(mount.status().expect("mount starts").success());
    });
    fs::read_to_string(format!("/proc/{pid}/status")).expect("the process is there")
}

/// Waits until a process catches a signal.
pub fn wait_until_caught(pid: u32, signal: Signal) {
    wait_for("a signal to be caught", || {
        let status = status(pid);
        let caught = status
            .lines()
            .find_map(|line| line.strip_prefix("SigCgt:\t"));
        let caught = u64::from_str_radix(caught.expect("a set of signals"), 16);
        let bit = 1 << (signal.as_raw() - 1);
        (caught.expect("digits") & bit != 0).then_some(())
    });
}

fn all(mut source: impl Read) -> Vec<u8> {
    let mut bytes = Vec::new();
    source.read_to_end(&mut bytes).ok();
    bytes
}

/// An empty directory that only this test sees, and that is gone with it.
pub fn own_directory() -> &'static Path {
    let mut mount = tool("mount");
    mount.args(["-t", "tmpfs", "none", "/run"]);
    assert!(mount.status().expect("mount starts").success());
    Path::new("/run")
}

/// Asks again and again until there is an answer; fails if there is none in time.
#[track_caller]
pub fn wait_for<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(start.elapsed() < LIMIT, "waited in vain for {what}");
        thread::sleep(Duration::from_millis(2));
    }
}
