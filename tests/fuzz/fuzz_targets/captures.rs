#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| uppercase_fuzz::captures::run(input));
