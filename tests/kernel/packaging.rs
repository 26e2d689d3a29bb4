//! What packages install beside the program: read by the shells and by `man`.

use crate::command::{run, uppercase};
use crate::filter::shell;
use crate::namespace::{Test, tests, tool};

pub const TESTS: &[Test] = tests![
    bash_completes_commands_and_options,
    completions_of_each_shell_name_the_commands,
    pages_of_the_manual_are_read_by_man,
    unknown_page_is_explained,
];

fn bash_completes_commands_and_options() {
    for (words, completed) in [
        ("uppercase se", "serve"),
        ("uppercase lab --ladder-", "--ladder-json"),
        ("uppercase serve --no-sp", "--no-spin"),
    ] {
        let script = format!(
            "source <($1 completions bash)
             COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
             _uppercase uppercase \"${{COMP_WORDS[COMP_CWORD]}}\" uppercase
             echo \"${{COMPREPLY[*]}}\""
        );
        assert_eq!(shell(&script).trim_end(), completed, "{words}");
    }
}

fn completions_of_each_shell_name_the_commands() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = uppercase(&format!("completions {shell}"), "");
        assert!(script.text().contains("doctor"), "{shell}");
    }
}

fn pages_of_the_manual_are_read_by_man() {
    for (of, title, option) in [
        ("", "uppercase(1)", "--ladder"),
        ("serve", "uppercase-serve(1)", "--no-spin"),
    ] {
        let page = uppercase(&format!("man {of}"), "");
        let mut reader = tool("man");
        reader
            .args(["--warnings", "--local-file", "-"])
            .env("MANWIDTH", "80");
        let read = run(&mut reader, page.text());
        let text = read.text();
        assert!(text.contains(title) && text.contains(option), "{text}");
        assert!(text.contains("Examples:"), "{text}");
    }
}

fn unknown_page_is_explained() {
    uppercase("man shout", "")
        .assert_failed("there is no command shout: `uppercase --help` lists them");
}
