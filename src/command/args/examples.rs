//! The examples below the help, no wider than a terminal of 80 columns.

pub const OF_ALL: &str = "\
Examples:
  uppercase                                  one sentence, all in memory
  uppercase --ladder                         ... and each packet of it
  uppercase < book.txt > BOOK.txt            a file, all in memory
  uppercase serve --cable 9000               both servers, in one terminal
  uppercase tcp 192.168.69.1 --cable 9000    ... and a client, in another
  sudo uppercase serve --tap tap0            both servers on a TAP interface
  echo hello | nc -N 192.168.69.1 12000      ... and another client, nc
  uppercase lab                              ... without root, in a network of
                                             their own, and a shell in it
  uppercase doctor                           what `lab` and a TAP lack here

Each command has more: `uppercase serve --help`, for instance.

Exit status: 0 if all went well (`serve` ends at Ctrl-C), 1 if not, 2 if the
arguments are wrong, 130 if a client was ended by Ctrl-C, 141 if the reader of
its output has closed it. `lab` ends with the exit status of its command.";

pub const OF_SERVE: &str = "\
Examples:
  uppercase serve --cable 9000               for clients in other terminals
  uppercase serve --cable 9000 --ladder      ... with each packet drawn
  uppercase serve --cable 9000 --loss 20%    ... with faults on purpose
  sudo uppercase serve --tap tap0            for nc, ping and all programs here
  sudo uppercase serve --tun tun0 --port 80  ... on a TUN, and another port
  sudo uppercase serve --tap tap0 --dhcp     with an address of the network
                                             that tap0 is in
  kill -USR1 $(pidof uppercase)              what it has answered so far";

pub const OF_TCP: &str = "\
Examples:
  uppercase tcp                              one sentence, all in memory
  uppercase tcp < book.txt > BOOK.txt        a file
  uppercase tcp 192.168.69.1 --cable 9000    to `uppercase serve --cable 9000`
  uppercase tcp --ladder --loss 20%          each packet, with losses
  uppercase tcp --ladder --stop-reading --buffer 100
                                             how a window becomes 0
  sudo uppercase tcp 192.168.69.100 --tap tap0
                                             to a server of this host's own";

pub const OF_UDP: &str = "\
Examples:
  uppercase udp                              one sentence, all in memory
  uppercase udp < book.txt > BOOK.txt        a file, a datagram for each line
  uppercase udp fdaa::1 --cable 9000         to `uppercase serve --cable 9000`
  uppercase udp --ladder --drop 3            what is sent again, and when
  sudo uppercase udp 192.168.69.100 --tap tap0
                                             to a server of this host's own";

pub const OF_LADDER: &str = "\
Examples:
  uppercase ladder dialogue.pcapng           on this terminal
  uppercase ladder dialogue.pcapng --svg dialogue.svg
                                             as a picture
  uppercase ladder dialogue.pcapng --json    for a program to read
  tcpdump -c 20 -w - | uppercase ladder -    what tcpdump sees";

#[cfg(all(feature = "tuntap", target_os = "linux"))]
pub const OF_LAB: &str = "\
Examples:
  uppercase lab                              a shell beside the servers
  uppercase lab -- nc -N 192.168.69.1 12000  a command beside them
  uppercase lab --ladder -- sh -c 'echo hello | nc -N 192.168.69.1 12000'
                                             ... with each packet drawn
  uppercase lab --capture lab.pcapng         a shell, and a file for Wireshark";

#[cfg(all(feature = "tuntap", target_os = "linux"))]
pub const OF_DOCTOR: &str = "\
Examples:
  uppercase doctor                           what `lab` and a TAP lack here
  uppercase doctor lab                       `uppercase lab` alone
  sudo uppercase doctor serve --tap tap0     ... as root, who sees the rules of
                                             the firewall, too
  uppercase doctor lab --json                for a program to read";

#[cfg(feature = "completions")]
pub const OF_COMPLETIONS: &str = "\
Examples:
  source <(uppercase completions bash)       for this shell
  uppercase completions bash > ~/.local/share/bash-completion/completions/uppercase
                                             for each bash from now on
  uppercase completions zsh > ~/.zfunc/_uppercase
                                             ... zsh, with ~/.zfunc in fpath
  uppercase completions fish > ~/.config/fish/completions/uppercase.fish
                                             ... fish";

#[cfg(feature = "completions")]
pub const OF_MAN: &str = "\
Examples:
  uppercase man | man -l -                   read it
  uppercase man serve > uppercase-serve.1    that of `uppercase serve`";

#[cfg(test)]
mod tests {
    use super::super::{command, parse};

    /// The commands in the help of all commands.
    fn examples() -> Vec<String> {
        let mut command = command();
        command.build();
        let mut pages = vec![&command];
        pages.extend(command.get_subcommands());
        let text = pages.iter().filter_map(|page| page.get_after_help());
        let text: String = text.map(|text| format!("{text}\n")).collect();
        text.lines().map(str::to_owned).collect()
    }

    /// The words of `uppercase` in a line, up to its explanation, a pipe or a redirection.
    fn words(line: &str) -> Option<Vec<&str>> {
        let line = line.trim_start();
        let line = line.strip_prefix("sudo ").unwrap_or(line);
        if !line.starts_with("uppercase") {
            return None;
        }
        let line = line.split("  ").next().unwrap_or_default();
        let line = line.split(['<', '>', '|']).next().unwrap_or_default();
        Some(line.split_whitespace().collect())
    }

    #[test]
    fn examples_of_the_help_are_accepted() {
        let examples = examples();
        let commands: Vec<_> = examples.iter().filter_map(|line| words(line)).collect();
        assert!(commands.len() > 20);
        for words in commands {
            let parsed = parse(command(), words.iter().copied());
            assert!(parsed.is_ok(), "{words:?}: {}", parsed.err().unwrap());
        }
    }

    #[test]
    fn examples_of_the_help_fit_on_a_terminal() {
        // But for paths that are as long as they are.
        for line in examples().iter().filter(|line| !line.contains('~')) {
            assert!(line.chars().count() < 80, "{line}");
        }
    }

    #[test]
    fn each_command_has_examples() {
        let mut all = command();
        all.build();
        for command in all.get_subcommands().filter(|one| one.get_name() != "help") {
            assert!(command.get_after_help().is_some(), "{}", command.get_name());
        }
    }
}
