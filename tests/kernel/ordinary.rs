//! A user without rights, and what such a user finds on a machine: the driver's file, the settings of
//! the kernel.

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;

use crate::command::{UPPERCASE, own_directory};
use crate::namespace::tool;

pub const DRIVER: &str = "/dev/net/tun";
/// The command, where every user may start it.
pub const PROGRAM: &str = "/run/uppercase";

/// How to become a user without rights.
pub struct Ordinary {
    /// Whether this test is root outside of all user namespaces, too.
    pub is_real_root: bool,
}

impl Ordinary {
    /// On a machine where every user may open the driver and start the command.
    pub fn new() -> Self {
        run(&["mount", "-t", "proc", "none", "/proc"]);
        own_directory();
        File::create(PROGRAM).unwrap();
        run(&["mount", "--bind", UPPERCASE, PROGRAM]);
        // Only real root can make the file; where it cannot be made, that of this machine is open to
        // all, or no test would run.
        let before = fs::read_dir("/dev/net").is_ok();
        let is_real_root = before && {
            run(&[
                "mount",
                "-t",
                "tmpfs",
                "-o",
                "mode=0755",
                "none",
                "/dev/net",
            ]);
            make_driver("0666")
        };
        if before && !is_real_root {
            run(&["umount", "/dev/net"]);
        }
        Self { is_real_root }
    }

    /// The number of this user.
    pub fn id(&self) -> u32 {
        if self.is_real_root { 65_534 } else { 1000 }
    }

    /// A program of this user's.
    pub fn program(&self, program: &str) -> Command {
        let id = self.id();
        let mut command = if self.is_real_root {
            let mut setpriv = tool("setpriv");
            setpriv.args([format!("--reuid={id}"), format!("--regid={id}")]);
            setpriv.arg("--clear-groups");
            setpriv
        } else {
            // One more user namespace, in which it is not root. (With another one, which tells this
            // system call from that of the command.)
            let mut unshare = tool("unshare");
            unshare.arg("--uts");
            unshare.args([format!("--map-user={id}"), format!("--map-group={id}")]);
            unshare
        };
        command.arg(program).current_dir("/");
        // Of the directories that only root may search, the error would be another one.
        command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        command
    }

    /// The command with these arguments, separated by spaces.
    pub fn uppercase(&self, arguments: &str) -> Command {
        let mut command = self.program(PROGRAM);
        command.args(crate::command::words(arguments));
        command
    }
}

/// Makes the driver's file, if this is real root.
pub fn make_driver(mode: &str) -> bool {
    let mut mknod = Command::new("mknod");
    let status = mknod.args(["-m", mode, DRIVER, "c", "10", "200"]).output();
    status.is_ok_and(|output| output.status.success())
}

/// Puts a file with this content in the place of another.
pub fn replace(file: &str, content: &str) {
    let own = format!("/run/{}", file.replace('/', "-"));
    fs::write(&own, content).unwrap();
    run(&["mount", "--bind", &own, file]);
}

/// Lets a setting of the kernel, which it may not even have, seem to have this value.
pub fn pretend(setting: &str, value: &str) {
    let path = format!("/proc/sys/{}", setting.replace('.', "/"));
    let path = Path::new(&path);
    let directory = path.parent().unwrap().to_str().unwrap();
    run(&["mount", "-t", "tmpfs", "none", directory]);
    fs::write(path, format!("{value}\n")).unwrap();
}

/// Runs a program that must succeed.
#[track_caller]
pub fn run(arguments: &[&str]) {
    let output = tool(arguments[0]).args(&arguments[1..]).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {errors}");
}
