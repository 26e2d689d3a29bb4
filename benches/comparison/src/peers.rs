//! The servers of others. Each is what its own examples and manuals would have you write, with
//! Nagle's algorithm off, and each upper-cases ASCII only, which is less than ours does. The plain
//! pool is ours, and no command has it. The TAP itself is no server but the limit of those on a TAP.

pub mod embassy;
pub mod epoll;
pub mod plain;
pub mod ring;
pub mod smoltcp;
pub mod tap;
pub mod threads;

/// Two servers like those of the exercise, in one process: one client after the other, and one
/// datagram after the other. The first goes on until its client has sent all.
pub const PYTHON: &str = include_str!("peers/server.py");

/// The port of the exercise.
pub const PORT: u16 = 12000;
/// A buffer of one connection, in bytes, where a peer has buffers of its own.
pub const BUFFER: usize = 65_536;
/// What a server prints once clients may come.
pub const READY: &str = "ready";
