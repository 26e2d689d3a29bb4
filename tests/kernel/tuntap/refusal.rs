//! A kernel that refuses a system call.

use std::os::fd::{AsFd, AsRawFd};

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen as Length, SeccompCmpOp as Compare,
    SeccompCondition as Condition, SeccompFilter, SeccompRule, apply_filter,
};

/// From now on this thread's `ioctl`s of this kind fail, if they set this, or anything at all.
pub fn refuse(call: u32, argument: Option<u64>) {
    let is_call = Condition::new(1, Length::Dword, Compare::Eq, call.into()).unwrap();
    let sets = match argument {
        Some(argument) => Condition::new(2, Length::Qword, Compare::Eq, argument),
        None => Condition::new(2, Length::Qword, Compare::Ne, 0),
    };
    refuse_if(libc::SYS_ioctl, vec![is_call, sets.unwrap()]);
}

/// From now on this thread cannot write more bytes than these to this file.
pub fn refuse_writes(file: impl AsFd, most: u64) {
    let file = file.as_fd().as_raw_fd() as u64;
    let is_file = Condition::new(0, Length::Dword, Compare::Eq, file).unwrap();
    let is_large = Condition::new(2, Length::Qword, Compare::Gt, most).unwrap();
    refuse_if(libc::SYS_write, vec![is_file, is_large]);
}

/// From now on no socket takes a datagram of this length from this thread: its buffer is full.
pub fn refuse_datagrams(length: u64) {
    let has_length = Condition::new(2, Length::Qword, Compare::Eq, length).unwrap();
    fail_if(libc::SYS_sendto, vec![has_length], libc::EAGAIN as u32);
}

/// From now on neither this thread nor what it starts gets a user namespace and nothing else.
pub fn refuse_namespaces() {
    let flags = libc::CLONE_NEWUSER as u64;
    let is_user = Condition::new(0, Length::Dword, Compare::Eq, flags).unwrap();
    fail_if(libc::SYS_unshare, vec![is_user], libc::EPERM as u32);
}

/// From now on neither this thread nor what it starts may write `length` bytes at once.
pub fn refuse_writes_of(length: u64) {
    let has_length = Condition::new(2, Length::Qword, Compare::Eq, length).unwrap();
    fail_if(libc::SYS_write, vec![has_length], libc::EPERM as u32);
}

/// Makes a system call fail with EINVAL if its arguments are such.
fn refuse_if(call: i64, conditions: Vec<Condition>) {
    fail_if(call, conditions, libc::EINVAL as u32);
}

/// Makes a system call fail if its arguments are such.
fn fail_if(call: i64, conditions: Vec<Condition>, error: u32) {
    let filter = SeccompFilter::new(
        [(call, vec![SeccompRule::new(conditions).unwrap()])].into(),
        SeccompAction::Allow,
        SeccompAction::Errno(error),
        std::env::consts::ARCH.try_into().unwrap(),
    );
    let program: BpfProgram = filter.unwrap().try_into().unwrap();
    apply_filter(&program).unwrap();
}
