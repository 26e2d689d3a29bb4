//! How fast a text becomes its upper case: `cargo bench --bench transform`.
//!
//! It is compared with a plain copy, which shows what the memory allows; with the standard
//! library's `str::to_uppercase`, which does the same work on a whole text in a `String`; and with
//! a copy and `make_ascii_uppercase`, which knows no other letters.

use std::hint::black_box;

use divan::Bencher;
use divan::counter::BytesCount;
#[cfg(not(feature = "unicode"))]
use uppercase::transform::Ascii as Upper;
use uppercase::transform::Transform;
#[cfg(feature = "unicode")]
use uppercase::transform::Unicode as Upper;

/// What a segment carries, a large buffer, and more than a cache holds.
const LENGTHS: [usize; 3] = [1460, 65_536, 64 << 20];
/// How long each may be measured, in seconds.
const TIME: u64 = 1;

fn main() {
    divan::main();
}

#[divan::bench_group]
mod ascii {
    use super::*;

    #[divan::bench(args = LENGTHS, max_time = TIME)]
    fn copy_from_slice(bencher: Bencher, length: usize) {
        copy(bencher, ascii(length).as_bytes());
    }

    #[divan::bench(args = LENGTHS, max_time = TIME)]
    fn make_ascii_uppercase(bencher: Bencher, length: usize) {
        let text = ascii(length);
        let mut output = vec![0; length];
        bencher.counter(BytesCount::new(length)).bench_local(|| {
            output.copy_from_slice(black_box(text.as_bytes()));
            output.make_ascii_uppercase();
            black_box(&mut output);
        });
    }

    #[divan::bench(args = LENGTHS, max_time = TIME)]
    fn convert(bencher: Bencher, length: usize) {
        upper(bencher, ascii(length).as_bytes());
    }

    #[divan::bench(args = LENGTHS, max_time = TIME)]
    fn to_uppercase(bencher: Bencher, length: usize) {
        standard(bencher, &ascii(length));
    }
}

#[divan::bench_group]
mod mixed {
    use super::*;

    #[divan::bench(args = LENGTHS, max_time = TIME)]
    fn copy_from_slice(bencher: Bencher, length: usize) {
        copy(bencher, mixed(length).as_bytes());
    }

    #[divan::bench(args = LENGTHS, max_time = TIME)]
    fn convert(bencher: Bencher, length: usize) {
        upper(bencher, mixed(length).as_bytes());
    }

    #[divan::bench(args = LENGTHS, max_time = TIME)]
    fn to_uppercase(bencher: Bencher, length: usize) {
        standard(bencher, &mixed(length));
    }
}

fn ascii(length: usize) -> String {
    let line = "The quick brown fox jumps over the lazy dog, again and again.\n";
    line.chars().cycle().take(length).collect()
}

/// Words of several alphabets, characters that grow and some that have no case. Whole characters
/// only, so a little shorter or longer.
fn mixed(length: usize) -> String {
    let words =
        "the quick brown fox, straße, ŉ, ΐ, ﬃ, привет, мир, γειά σου κόσμε, 日本語 😀 été\n";
    let mut text = String::new();
    for character in words.chars().cycle() {
        if text.len() >= length {
            break;
        }
        text.push(character);
    }
    text
}

fn copy(bencher: Bencher, text: &[u8]) {
    let mut output = vec![0; text.len()];
    bencher.counter(BytesCount::of_slice(text)).bench_local(|| {
        output.copy_from_slice(black_box(text));
        black_box(&mut output);
    });
}

fn upper(bencher: Bencher, text: &[u8]) {
    let mut output = vec![0; Upper::MAX_GROWTH * text.len()];
    let mut upper = Upper::new();
    bencher.counter(BytesCount::of_slice(text)).bench_local(|| {
        let progress = upper.convert(black_box(text), &mut output);
        assert_eq!(progress.consumed, text.len());
        black_box(&mut output);
    });
}

fn standard(bencher: Bencher, text: &str) {
    bencher
        .counter(BytesCount::of_str(text))
        .bench_local(|| black_box(text).to_uppercase());
}
