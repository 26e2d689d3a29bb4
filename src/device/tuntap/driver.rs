//! The driver behind `/dev/net/tun`: its system calls, from `linux/if_tun.h`.

// The kernel reads and writes what it is given; nothing else here does.
#![allow(unsafe_code)]

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;

use rustix::fs::OFlags;
use rustix::io::Errno;
use rustix::ioctl::{Getter, IntegerSetter, Opcode, Setter, Updater, ioctl, opcode};

use super::Mode;

const DRIVER: &str = "/dev/net/tun";

const TUNSETIFF: Opcode = opcode::write::<i32>(b'T', 202);
const TUNGETFEATURES: Opcode = opcode::read::<u32>(b'T', 207);
const TUNSETOFFLOAD: Opcode = opcode::write::<u32>(b'T', 208);
const TUNSETVNETHDRSZ: Opcode = opcode::write::<i32>(b'T', 216);
const TUNSETVNETLE: Opcode = opcode::write::<i32>(b'T', 220);

const IFF_TUN: i16 = 0x0001;
const IFF_TAP: i16 = 0x0002;
const IFF_NO_PI: i16 = 0x1000;
const IFF_VNET_HDR: i16 = 0x4000;

const TUN_F_CSUM: usize = 0x01;
const TUN_F_TSO4: usize = 0x02;
const TUN_F_TSO6: usize = 0x04;
const TUN_F_USO4: usize = 0x20;
const TUN_F_USO6: usize = 0x40;

/// `struct ifreq` as this driver uses it: of its union, only the flags.
#[repr(C)]
struct InterfaceRequest {
    name: [u8; 16],
    flags: i16,
    /// As long as the rest of the union is where it is longest, on 64-bit systems.
    rest: [u8; 22],
}

/// Opens the driver. Reads and writes will not block.
pub(super) fn open() -> io::Result<File> {
    let nonblocking = OFlags::NONBLOCK.bits();
    OpenOptions::new()
        .read(true)
        .write(true)
        // The bits of a flag are a C `int` everywhere.
        .custom_flags(nonblocking as i32)
        .open(DRIVER)
}

/// Whether the driver can put a [`header`](super::header) before each frame.
pub(super) fn knows_headers(driver: &File) -> bool {
    // SAFETY: TUNGETFEATURES writes one `unsigned int`, and `Getter` has room for it.
    let features = unsafe { ioctl(driver, Getter::<TUNGETFEATURES, u32>::new()) };
    features.is_ok_and(|features| features & IFF_VNET_HDR as u32 != 0)
}

/// Attaches to the interface `name`, of 15 bytes at most, or makes it.
pub(super) fn attach(driver: &File, name: &str, mode: Mode, headers: bool) -> Result<(), Errno> {
    let kind = match mode {
        Mode::Tap => IFF_TAP,
        Mode::Tun => IFF_TUN,
    };
    let mut request = InterfaceRequest {
        name: [0; 16],
        flags: kind | IFF_NO_PI | if headers { IFF_VNET_HDR } else { 0 },
        rest: [0; 22],
    };
    request.name[..name.len()].copy_from_slice(name.as_bytes());
    // SAFETY: TUNSETIFF reads and writes one `struct ifreq`. `InterfaceRequest` is laid out like
    // it and no shorter, the name in it ends with a zero, and any bytes are a valid one.
    unsafe { ioctl(driver, Updater::<TUNSETIFF, _>::new(&mut request)) }
}

/// Agrees on how the headers look: `length` bytes, least significant byte first. A program that
/// was attached to the interface before may have wanted something else.
pub(super) fn set_header(driver: &File, length: i32) -> Result<(), Errno> {
    // SAFETY: both read one `int`, which `Setter` holds.
    unsafe {
        ioctl(driver, Setter::<TUNSETVNETHDRSZ, i32>::new(length))?;
        ioctl(driver, Setter::<TUNSETVNETLE, i32>::new(1))
    }
}

/// Says whether the kernel may leave out checksums and need not cut TCP segments, in what it
/// hands out. This belongs to the interface, and outlives the program that said it.
pub(super) fn set_offload(driver: &File, offload: bool) -> Result<(), Errno> {
    let flags = if offload {
        TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6
    } else {
        0
    };
    set_offload_flags(driver, flags)
}

/// Whether the kernel cuts a frame into UDP datagrams (Linux 6.2). It is asked to hand out such
/// frames: if it agrees, it also takes them. The question changes what it hands out, so it has to
/// come before [`set_offload`].
pub(super) fn cuts_datagrams(driver: &File) -> bool {
    set_offload_flags(driver, TUN_F_CSUM | TUN_F_USO4 | TUN_F_USO6).is_ok()
}

fn set_offload_flags(driver: &File, flags: usize) -> Result<(), Errno> {
    // SAFETY: TUNSETOFFLOAD takes these flags as a number, and no pointer.
    unsafe { ioctl(driver, IntegerSetter::<TUNSETOFFLOAD>::new_usize(flags)) }
}
