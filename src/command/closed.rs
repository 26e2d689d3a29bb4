//! Whether standard output was closed when the process started.
//!
//! Before `main`, the standard library opens `/dev/null` in place of a closed file, so that no other
//! file takes its number. Output is lost then, without an error. So this looks earlier.

/// Whether it was.
pub fn output_was_closed() -> bool {
    #[cfg(target_os = "linux")]
    return early::OUTPUT_WAS_CLOSED.load(std::sync::atomic::Ordering::Relaxed);
    #[cfg(not(target_os = "linux"))]
    false
}

#[cfg(target_os = "linux")]
mod early {
    // The loader calls each function that a section lists; nothing else here is unsafe.
    #![allow(unsafe_code)]

    use std::sync::atomic::{AtomicBool, Ordering};

    pub static OUTPUT_WAS_CLOSED: AtomicBool = AtomicBool::new(false);

    // SAFETY: the functions of this section are called once, before `main`, with arguments that a
    // function of the C language may leave alone. This one makes a system call and stores a flag,
    // for which the standard library need not have started.
    #[used]
    #[unsafe(link_section = ".init_array")]
    static LOOK: extern "C" fn() = look;

    extern "C" fn look() {
        let flags = rustix::io::fcntl_getfd(rustix::stdio::stdout());
        OUTPUT_WAS_CLOSED.store(flags.is_err(), Ordering::Relaxed);
    }
}
