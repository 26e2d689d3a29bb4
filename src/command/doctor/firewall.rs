//! The firewall of this host, and the command that lets an interface through.

use std::fs;
use std::path::Path;
use std::process::Command;

use uppercase::device::tuntap::Mode;

use crate::command::obstacle::{as_root, program};

/// Which packets do not pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hook {
    /// Those that come to this host.
    Input,
    /// Those that it sends.
    Output,
}

/// What lets packets through that come from the interface, or go there.
pub fn command(hook: Hook, interface: &str, mode: Mode) -> String {
    let (direction, matches) = match hook {
        Hook::Input => ("in", "iifname"),
        Hook::Output => ("out", "oifname"),
    };
    // These keep the rules themselves, and would not know of others.
    if fs::read_to_string("/etc/ufw/ufw.conf").is_ok_and(|text| text.contains("ENABLED=yes")) {
        return as_root(&format!("ufw allow {direction} on {interface}"));
    }
    if Path::new("/run/firewalld").exists() {
        return as_root(&format!(
            "firewall-cmd --zone=trusted --add-interface={interface}"
        ));
    }
    let Some(rules) = rules() else {
        return as_root(&format!("{} doctor serve --{mode} {interface}", program()));
    };
    let accept = chains(&rules, hook).into_iter().map(|chain| {
        as_root(&format!(
            "nft insert rule {chain} {matches} {interface} accept"
        ))
    });
    match accept.collect::<Vec<_>>() {
        accept if accept.is_empty() => as_root("nft list ruleset"),
        accept => accept.join(" && "),
    }
}

/// The chains of rules; `None` where they are hidden from this user, or there is no program for them.
fn rules() -> Option<String> {
    let output = Command::new("nft").args(["list", "chains"]).output().ok()?;
    let rules = String::from_utf8(output.stdout).ok()?;
    (output.status.success() && !rules.is_empty()).then_some(rules)
}

/// The chains that judge these packets, each with its table and the family of that.
fn chains(rules: &str, hook: Hook) -> Vec<String> {
    let hook = match hook {
        Hook::Input => "input",
        Hook::Output => "output",
    };
    let (mut table, mut chain, mut found) = ("", "", Vec::new());
    for line in rules.lines() {
        let words: Vec<_> = line.split_whitespace().collect();
        match words[..] {
            ["table", "inet" | "ip" | "ip6", _, "{"] => {
                table = line.trim_start_matches("table ").trim_end_matches(" {");
            }
            // Of a bridge, or of frames.
            ["table", ..] => table = "",
            ["chain", name, "{"] => chain = name,
            ["type", "filter", "hook", judged, ..] if judged == hook && !table.is_empty() => {
                found.push(format!("{table} {chain}"));
            }
            _ => {}
        }
    }
    found
}
