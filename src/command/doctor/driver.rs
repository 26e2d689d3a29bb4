//! The driver for TAP and TUN interfaces, and the file by which it is reached.

use std::fs::{self, File};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

use rustix::fs::{major, minor};
use rustix::io::Errno;

use crate::command::obstacle::{Obstacle, as_root};

const DEVICE: &str = "/dev/net/tun";
/// From the kernel's list of devices (admin-guide/devices.txt).
const NUMBER: (u32, u32) = (10, 200);
/// What starts a container that may use it.
const CONTAINER: &str = "start the container with --device /dev/net/tun";

/// Whether the driver can be opened.
pub fn check() -> Result<(), Obstacle> {
    // The driver makes nothing of a file that is opened and closed.
    let opened = File::options().read(true).write(true).open(DEVICE);
    let Err(error) = opened else {
        return is_driver();
    };
    let make = as_root(&format!(
        "sh -c 'mkdir -p /dev/net && rm -f {DEVICE} && mknod -m 0666 {DEVICE} c {} {}'",
        NUMBER.0, NUMBER.1
    ));
    let (what, mend) = match Errno::from_io_error(&error) {
        Some(Errno::NOENT) if is_in_container() => (
            format!("there is no {DEVICE} in this container"),
            CONTAINER.into(),
        ),
        Some(Errno::NOENT) if is_loaded() => (format!("there is no {DEVICE}"), make),
        Some(Errno::NOENT | Errno::NODEV | Errno::NXIO) => (
            format!("there is no {DEVICE}, as the kernel's module `tun` is not loaded"),
            as_root("modprobe tun"),
        ),
        Some(Errno::ACCESS) => (
            format!("{DEVICE} is not open to this user{}", mode()),
            as_root(&format!("chmod 0666 {DEVICE}")),
        ),
        Some(Errno::PERM) => (
            format!("{DEVICE} is forbidden to this container"),
            CONTAINER.into(),
        ),
        _ => (format!("{DEVICE} cannot be opened ({error})"), make),
    };
    Err(Obstacle::new(what, mend))
}

/// Another file may stand where it should be.
fn is_driver() -> Result<(), Obstacle> {
    let is_driver = fs::metadata(DEVICE).is_ok_and(|file| {
        let number = (major(file.rdev()), minor(file.rdev()));
        file.file_type().is_char_device() && number == NUMBER
    });
    match is_driver {
        true => Ok(()),
        false => Err(Obstacle::new(
            format!("{DEVICE} is a file, and not the driver"),
            as_root(&format!(
                "sh -c 'rm {DEVICE} && mknod -m 0666 {DEVICE} c {} {}'",
                NUMBER.0, NUMBER.1
            )),
        )),
    }
}

/// Whether the kernel has the driver at present.
fn is_loaded() -> bool {
    fs::read_to_string("/proc/misc")
        .is_ok_and(|drivers| drivers.lines().any(|line| line.ends_with(" tun")))
}

/// Where Docker and Podman say that they are.
fn is_in_container() -> bool {
    ["/.dockerenv", "/run/.containerenv"]
        .iter()
        .any(|file| Path::new(file).exists())
}

/// The mode of the file, in parentheses, if it can be known.
fn mode() -> String {
    let mode = fs::metadata(DEVICE).map(|file| file.mode() & 0o7777);
    mode.map_or_else(|_| String::new(), |mode| format!(" (mode {mode:04o})"))
}
