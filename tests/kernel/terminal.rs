//! The dialogue of the exercise, to the letter, on a terminal.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::process::{Child, Stdio};
use std::thread::{self, JoinHandle};

use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::command::{UPPERCASE, wait_for, words};
use crate::link::Link;
use crate::namespace::tool;
use crate::peers::{answer_once, serve_tcp, serve_udp};
use crate::text::upper;

pub const PROMPT: &str = "Input lowercase sentence:";
/// Ctrl-D and Ctrl-C.
const END: &str = "\x04";
const INTERRUPT: &str = "\x03";

/// A terminal, with the command in it.
pub struct Terminal {
    keyboard: File,
    screen: JoinHandle<String>,
    child: Child,
}

impl Terminal {
    pub fn start(arguments: &str) -> Self {
        Self::start_with(arguments, &[])
    }

    /// With these variables in the environment.
    pub fn start_with(arguments: &str, variables: &[(&str, &str)]) -> Self {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let keyboard = openpt(flags).unwrap();
        grantpt(&keyboard).unwrap();
        unlockpt(&keyboard).unwrap();
        let name = ptsname(&keyboard, Vec::new())
            .unwrap()
            .into_string()
            .unwrap();
        // The screen shows only what the command prints, not what is typed.
        let terminal = File::options().read(true).write(true).open(name).unwrap();
        let quiet = tool("stty")
            .arg("-echo")
            .stdin(terminal.try_clone().unwrap())
            .status();
        assert!(quiet.unwrap().success());
        let keyboard = File::from(keyboard);
        let mut source = keyboard.try_clone().unwrap();
        let screen = thread::spawn(move || {
            let mut screen = Vec::new();
            // The kernel reports an error once no program has the terminal open any more.
            source.read_to_end(&mut screen).ok();
            String::from_utf8(screen).unwrap()
        });
        // In a session of its own, with this as its terminal, Ctrl-C means what it should.
        let mut command = tool("setsid");
        command
            .args(["--ctty", "--wait", UPPERCASE])
            .args(words(arguments))
            .envs(variables.iter().copied());
        command.stdin(terminal.try_clone().unwrap());
        command
            .stdout(terminal.try_clone().unwrap())
            .stderr(Stdio::from(OwnedFd::from(terminal)));
        let child = command.spawn().unwrap();
        Self {
            keyboard,
            screen,
            child,
        }
    }

    pub fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
    }

    /// How it ended, and all that was on the screen.
    #[track_caller]
    pub fn end(mut self) -> (Option<i32>, String) {
        let ended = || self.child.try_wait().unwrap();
        let status = wait_for("the command", ended);
        let screen = self.screen.join().unwrap().replace("\r\n", "\n");
        (status.code(), screen)
    }
}

/// What is on the screen after a whole dialogue.
#[track_caller]
pub fn assert_dialogue(arguments: &str, keys: &str, screen: &str) {
    let mut terminal = Terminal::start(arguments);
    terminal.press(keys);
    assert_eq!(terminal.end(), (Some(0), screen.into()), "{arguments}");
}

pub fn dialogue_in_memory_is_that_of_the_exercise() {
    let tcp = |answer| format!("{PROMPT}From Server:  {answer}\n");
    assert_dialogue("", "hello, world\n", &tcp("HELLO, WORLD"));
    assert_dialogue("tcp", "zwei straßen\n", &tcp("ZWEI STRASSEN"));
    assert_dialogue("tcp", "\n", &tcp(""));
    let udp = |answer| format!("{PROMPT}{answer}\n");
    assert_dialogue("udp", "hello, world\n", &udp("HELLO, WORLD"));
    assert_dialogue("udp", "zwei straßen\n", &udp("ZWEI STRASSEN"));
    assert_dialogue("udp", "\n", &udp(""));
    // Without the end of a line, as Ctrl-D pressed twice sends it.
    assert_dialogue("", &format!("hello{END}{END}"), &tcp("HELLO"));
    assert_dialogue("udp", &format!("hello{END}{END}"), &udp("HELLO"));
}

pub fn dialogue_without_a_sentence_ends_quietly() {
    for arguments in ["", "tcp", "udp"] {
        assert_dialogue(arguments, END, &format!("{PROMPT}\n"));
    }
}

pub fn dialogue_with_a_stock_server_is_that_of_the_exercise() {
    serve_tcp(answer_once);
    serve_udp(upper);
    for link in Link::ALL {
        for (protocol, prefix) in [("tcp", "From Server:  "), ("udp", "")] {
            let arguments = format!("{protocol} {} {}", link.kernel().ip(), link.option);
            assert_dialogue(
                &arguments,
                "straße\n",
                &format!("{PROMPT}{prefix}STRASSE\n"),
            );
            assert_dialogue(&arguments, END, &format!("{PROMPT}\n"));
        }
    }
}

/// As the server of the exercise does, had it nothing to say.
pub fn server_that_closes_without_an_answer_gives_an_empty_one() {
    let listener = TcpListener::bind("[::]:12000").unwrap();
    for link in Link::ALL {
        let server = link.kernel().ip();
        let mut terminal = Terminal::start(&format!("tcp {server} {}", link.option));
        let (mut stream, _) = listener.accept().unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        terminal.press("hello\n");
        let screen = format!("{PROMPT}From Server:  \n");
        assert_eq!(terminal.end(), (Some(0), screen));
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        assert_eq!(text, "hello");
    }
}

pub fn server_that_is_gone_when_the_sentence_comes_is_explained() {
    let listener = TcpListener::bind("[::]:12000").unwrap();
    for link in Link::ALL {
        let server = link.kernel();
        let mut terminal = Terminal::start(&format!("tcp {} {}", server.ip(), link.option));
        drop(listener.accept().unwrap());
        terminal.press("hello\n");
        let sentence = "the server closed the connection before it had the whole text";
        let screen = format!("{PROMPT}uppercase: {server}: {sentence}\n");
        assert_eq!(terminal.end(), (Some(1), screen));
    }
}

pub fn ctrl_c_at_the_prompt_ends_the_client_and_its_connection() {
    let listener = TcpListener::bind("[::]:12000").unwrap();
    for link in Link::ALL {
        let arguments = format!("tcp {} {}", link.kernel().ip(), link.option);
        let mut terminal = Terminal::start(&arguments);
        let (mut stream, _) = listener.accept().unwrap();
        terminal.press(INTERRUPT);
        let (code, screen) = terminal.end();
        assert_eq!(code, Some(130));
        // It may come before the prompt.
        let printed = screen.replace("^C", "");
        assert!(
            printed.starts_with(PROMPT) || printed.trim_end().is_empty(),
            "{screen:?}"
        );
        stream
            .set_read_timeout(Some(crate::command::LIMIT))
            .unwrap();
        match stream.read(&mut [0; 10]) {
            Ok(0) => {}
            Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset),
            Ok(length) => panic!("{length} bytes"),
        }
    }
}

pub fn dialogue_goes_on_after_the_signal_for_a_report() {
    serve_tcp(answer_once);
    serve_udp(upper);
    let server = Link::ALL[0].kernel().ip();
    for (arguments, prefix) in [
        ("", "From Server:  "),
        ("udp", ""),
        (&*format!("tcp {server} --tap tap0"), "From Server:  "),
        (&*format!("udp {server} --tap tap0"), ""),
    ] {
        println!("{arguments}");
        let mut terminal = Terminal::start(arguments);
        crate::command::wait_until_caught(terminal.child.id(), Signal::USR1);
        for _ in 0..3 {
            kill_process(Pid::from_child(&terminal.child), Signal::USR1).unwrap();
        }
        terminal.press("hello\n");
        assert_eq!(
            terminal.end(),
            (Some(0), format!("{PROMPT}{prefix}HELLO\n"))
        );
    }
}
