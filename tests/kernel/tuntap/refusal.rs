//! A kernel that refuses a system call.

/// From now on this thread's `ioctl`s of this kind fail, if they set this, or anything at all.
pub fn refuse(call: u32, argument: Option<u64>) {
    use seccompiler::{
        BpfProgram, SeccompAction, SeccompCmpArgLen as Length, SeccompCmpOp as Compare,
        SeccompCondition as Condition, SeccompFilter, SeccompRule, apply_filter,
    };
    let is_call = Condition::new(1, Length::Dword, Compare::Eq, call.into()).unwrap();
    let sets = match argument {
        Some(argument) => Condition::new(2, Length::Qword, Compare::Eq, argument),
        None => Condition::new(2, Length::Qword, Compare::Ne, 0),
    };
    let rule = SeccompRule::new(vec![is_call, sets.unwrap()]).unwrap();
    let filter = SeccompFilter::new(
        [(libc::SYS_ioctl, vec![rule])].into(),
        SeccompAction::Allow,
        SeccompAction::Errno(22),
        std::env::consts::ARCH.try_into().unwrap(),
    );
    let program: BpfProgram = filter.unwrap().try_into().unwrap();
    apply_filter(&program).unwrap();
}
