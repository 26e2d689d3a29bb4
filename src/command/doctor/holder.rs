//! The program that is attached to an interface.

use std::fs;
use std::path::Path;

/// A process.
pub struct Holder {
    pub pid: u32,
    pub name: String,
}

/// The process that is attached to the interface; `None` if it is hidden from this user.
pub fn holder(interface: &str) -> Option<Holder> {
    let processes = fs::read_dir("/proc").ok()?.flatten();
    processes
        .filter_map(|process| {
            let pid = process.file_name().to_str()?.parse().ok()?;
            Some((pid, process.path()))
        })
        .find(|(_, path)| is_attached(path, interface))
        .map(|(pid, path)| {
            let name = fs::read_to_string(path.join("comm")).unwrap_or_default();
            Holder {
                pid,
                name: name.trim().into(),
            }
        })
}

/// The kernel tells of each file of the driver which interface it is attached to.
fn is_attached(process: &Path, interface: &str) -> bool {
    let files = fs::read_dir(process.join("fdinfo"));
    files.into_iter().flatten().flatten().any(|file| {
        let text = fs::read_to_string(file.path()).unwrap_or_default();
        let name = text.lines().find_map(|line| line.strip_prefix("iff:"));
        name.is_some_and(|name| name.trim() == interface)
    })
}
