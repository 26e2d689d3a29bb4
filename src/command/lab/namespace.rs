//! A network of this process's own: a network namespace and, without the rights of root, a user
//! namespace around it. See namespaces(7), user_namespaces(7), capabilities(7).

// Only the system call that enters a namespace is unsafe.
#![allow(unsafe_code)]

use std::fs;
use std::io;

use rustix::io::Errno;
use rustix::process::{getegid, geteuid};
use rustix::thread::{
    CapabilitySet, SecureComputingMode, UnshareFlags, capabilities,
    configure_capability_in_ambient_set, secure_computing_mode, set_capabilities, unshare_unsafe,
};

use crate::command::obstacle::{Obstacle, as_root, program, setting};

/// What programs in the network may do: set it up, look at its packets, serve on any port.
const RIGHTS: [CapabilitySet; 3] = [
    CapabilitySet::NET_ADMIN,
    CapabilitySet::NET_RAW,
    CapabilitySet::NET_BIND_SERVICE,
];

/// The settings that limit how many namespaces of a kind a user may have.
const USERS: &str = "user.max_user_namespaces";
const NETWORKS: &str = "user.max_net_namespaces";

/// As many namespaces of a kind as small systems permit by default.
const MANY: u64 = 15_000;

/// The way into a network of this process's own. The process has one thread.
pub struct Entrance {
    needs_users: bool,
    /// As many networks as this user may have. In a namespace, the setting is that of the namespace.
    most_networks: Option<u64>,
}

impl Entrance {
    /// Looks at what there is outside.
    pub fn find() -> Self {
        let is_able = |set| capabilities(None).is_ok_and(|sets| sets.effective.contains(set));
        Self {
            needs_users: !is_able(CapabilitySet::SYS_ADMIN),
            most_networks: setting(NETWORKS),
        }
    }

    /// Whether this user needs a user namespace before there can be a network namespace.
    pub fn needs_users(&self) -> bool {
        self.needs_users
    }

    /// Enters a new network, with a user namespace if that is needed.
    pub fn enter(&self) -> Result<(), Obstacle> {
        if self.needs_users {
            self.enter_users()?;
        }
        self.enter_network()
    }

    /// Enters a new user namespace, as the user that this is outside. There, it has all rights over
    /// the namespaces that it makes, and hands on those over its network to what it starts.
    pub fn enter_users(&self) -> Result<(), Obstacle> {
        let (user, group, most) = (geteuid(), getegid(), setting(USERS));
        unshare(UnshareFlags::NEWUSER).map_err(|error| {
            let what = "this user gets no user namespace";
            refused(what, error, USERS, most)
        })?;
        // Without setgroups: to leave a group can give rights (user_namespaces(7)).
        for (file, content) in [
            ("uid_map", format!("{user} {user} 1")),
            ("setgroups", "deny".into()),
            ("gid_map", format!("{group} {group} 1")),
        ] {
            fs::write(format!("/proc/self/{file}"), content).map_err(|error| {
                let what = "this user has no rights in its user namespace";
                let errno = Errno::from_io_error(&error).unwrap_or(Errno::IO);
                refused(what, errno, USERS, most)
            })?;
        }
        hand_on().map_err(|error| {
            let what = format!("the rights in the user namespace cannot be handed on ({error})");
            Obstacle::new(what, with_root())
        })
    }

    /// Enters a new network namespace.
    pub fn enter_network(&self) -> Result<(), Obstacle> {
        unshare(UnshareFlags::NEWNET).map_err(|error| {
            let what = "this user gets no network namespace";
            refused(what, error, NETWORKS, self.most_networks)
        })
    }
}

fn unshare(flags: UnshareFlags) -> Result<(), Errno> {
    // SAFETY: file descriptors stay shared, which is all that could be seen from another thread.
    unsafe { unshare_unsafe(flags) }
}

/// A program that is started keeps only the ambient capabilities, unless it is root's.
fn hand_on() -> io::Result<()> {
    let mut sets = capabilities(None)?;
    for right in RIGHTS {
        sets.inheritable |= right;
    }
    set_capabilities(None, sets)?;
    for right in RIGHTS {
        configure_capability_in_ambient_set(right, true)?;
    }
    Ok(())
}

/// Why the kernel refuses it, as far as its settings tell.
fn refused(what: &str, error: Errno, limit: &str, most: Option<u64>) -> Obstacle {
    const CLONE: &str = "kernel.unprivileged_userns_clone";
    const APPARMOR: &str = "kernel.apparmor_restrict_unprivileged_userns";
    let sysctl = |setting: &str, value: u64| as_root(&format!("sysctl {setting}={value}"));
    let (why, mend) = match (error, most) {
        (Errno::NOSPC | Errno::USERS, Some(0)) => (format!("{limit} is 0"), sysctl(limit, MANY)),
        (Errno::NOSPC | Errno::USERS, Some(most)) => (
            format!("there are {most} already, which is {limit}"),
            sysctl(limit, most.saturating_mul(2)),
        ),
        (Errno::INVAL, _) => ("the kernel was built without them".into(), with_root()),
        _ if setting(CLONE) == Some(0) => (format!("{CLONE} is 0"), sysctl(CLONE, 1)),
        _ if setting(APPARMOR).is_some_and(|value| value != 0) => (
            format!("AppArmor forbids it, as {APPARMOR} is not 0"),
            sysctl(APPARMOR, 0),
        ),
        _ if is_filtered() => (
            format!("a filter of system calls, as containers have one, refuses it: {error}"),
            "start the container with --security-opt seccomp=unconfined --security-opt \
             apparmor=unconfined --device /dev/net/tun"
                .into(),
        ),
        _ => (error.to_string(), with_root()),
    };
    Obstacle::new(format!("{what}: {why}"), mend)
}

/// Whether a filter judges the system calls of this process.
fn is_filtered() -> bool {
    // Only `Disabled` and `Filter` can be the answer: in strict mode the question ends the process.
    matches!(secure_computing_mode(), Ok(SecureComputingMode::Filter))
}

fn with_root() -> String {
    as_root(&format!("{} lab", program()))
}
