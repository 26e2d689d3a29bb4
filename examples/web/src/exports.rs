//! What the page calls: a C interface. Texts and bytes are handed over by address and length, the
//! length in the upper half of 64 bits; the one that receives them releases them.

use std::cell::RefCell;

use crate::{Run, Script, download, report};

thread_local! {
    /// The run that the page shows.
    static RUN: RefCell<Option<Run>> = const { RefCell::new(None) };
    /// Why the last call has failed, if it has.
    static TROUBLE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// What is called once, before anything else.
#[unsafe(no_mangle)]
extern "C" fn begin() {
    std::panic::set_hook(Box::new(|panic| TROUBLE.set(panic.to_string())));
}

/// Why the last call has failed.
#[unsafe(no_mangle)]
extern "C" fn trouble() -> u64 {
    hand_over(TROUBLE.take())
}

/// Room for so many bytes, which a later call takes over.
#[unsafe(no_mangle)]
extern "C" fn allocate(length: usize) -> *mut u8 {
    Box::into_raw(vec![0_u8; length].into_boxed_slice()).cast()
}

/// Releases what a call has returned.
///
/// # Safety
/// `address` and `length` are those of one buffer that was handed over, which is not used again.
#[unsafe(no_mangle)]
unsafe extern "C" fn release(address: *mut u8, length: usize) {
    // SAFETY: the caller's promise; each buffer is a boxed slice.
    drop(unsafe { Box::from_raw(std::ptr::slice_from_raw_parts_mut(address, length)) });
}

/// Runs a script, drawn so many pixels wide; the run is kept for the calls below.
///
/// # Safety
/// As [`release`], of the script.
#[unsafe(no_mangle)]
unsafe extern "C" fn run(address: *mut u8, length: usize, width: u32) -> u64 {
    // SAFETY: the caller's promise; each buffer is a boxed slice.
    let script = unsafe { Box::from_raw(std::ptr::slice_from_raw_parts_mut(address, length)) };
    let run = Run::new(&Script::parse(&String::from_utf8_lossy(&script)));
    let report = report::run(&run, width);
    RUN.set(Some(run));
    hand_over(report)
}

/// The bytes of a frame and what they say.
#[unsafe(no_mangle)]
extern "C" fn frame(index: usize) -> u64 {
    of_run(|run| report::frame(run, index))
}

/// The ladder as text.
#[unsafe(no_mangle)]
extern "C" fn text(columns: usize) -> u64 {
    of_run(|run| download::text(run, columns))
}

/// The ladder as a picture.
#[unsafe(no_mangle)]
extern "C" fn picture(width: u32) -> u64 {
    of_run(|run| download::picture(run, width))
}

/// The frames as a capture file.
#[unsafe(no_mangle)]
extern "C" fn capture() -> u64 {
    of_run(download::capture)
}

fn of_run<T: Into<Vec<u8>> + Default>(make: impl FnOnce(&Run) -> T) -> u64 {
    hand_over(RUN.with_borrow(|run| run.as_ref().map(make).unwrap_or_default()))
}

fn hand_over(bytes: impl Into<Vec<u8>>) -> u64 {
    let bytes = bytes.into().into_boxed_slice();
    let length = bytes.len() as u64;
    let address: *mut u8 = Box::into_raw(bytes).cast();
    length << 32 | address as u64
}
