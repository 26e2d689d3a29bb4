//! What is so with all of Unicode only: text that grows, and waits.

use uppercase::transform::{Transform, Unicode};

use super::every_char;

#[test]
fn pending_output_comes_without_more_input() {
    let mut upper = Unicode::new();
    let mut output = [0; 6];
    let progress = upper.convert("ΐ".as_bytes(), &mut output[..1]);
    assert_eq!((progress.consumed, progress.produced), (2, 1));
    assert!(upper.has_pending());
    let progress = upper.convert(b"", &mut output[1..]);
    assert_eq!((progress.consumed, progress.produced), (0, 5));
    assert!(upper.is_empty());
    assert_eq!(output, *"\u{399}\u{308}\u{301}".as_bytes());
}

#[test]
fn a_text_ends_where_finish_says() {
    let mut upper = Unicode::new();
    let mut output = [0; 8];
    assert_eq!(upper.convert(b"\xf0\x9f\x98", &mut output).consumed, 3);
    assert!(!upper.is_empty() && !upper.has_pending());
    // What has not come by the end does not come from the next text.
    assert_eq!(upper.finish(&mut []), 0);
    assert!(upper.has_pending());
    let progress = upper.convert(b"\x80a", &mut output);
    assert_eq!((progress.consumed, progress.produced), (2, 5));
    assert_eq!(output[..5], *b"\xf0\x9f\x98\x80A");
    assert!(upper.is_empty());
}

#[test]
fn a_text_grows_three_times_at_most() {
    let growth = |c: &char| {
        let upper: usize = c.to_uppercase().map(char::len_utf8).sum();
        assert!(upper <= 6);
        upper.div_ceil(c.len_utf8())
    };
    let most: Vec<char> = every_char()
        .filter(|c| growth(c) >= Unicode::MAX_GROWTH)
        .collect();
    assert_eq!(most, ['ΐ', 'ΰ']);
    assert!(most.iter().all(|c| growth(c) == Unicode::MAX_GROWTH));
}
