//! Times and amounts, short enough to be read at a glance.

use std::format;
use std::string::String;

/// A time in microseconds, in seven columns up to 10 000 s: `0`, `12 µs`, `1.5 ms`, `1.0 s`.
pub(super) fn time(micros: i64) -> String {
    match micros {
        0 => "0".into(),
        ..0 => format!("-{}", time(-micros.max(-i64::MAX))),
        1..1_000 => format!("{micros} µs"),
        1_000..999_500 => decimal(micros as f64 / 1e3, 3, "ms"),
        // After a second, milliseconds still tell one row from the next.
        _ => decimal(micros as f64 / 1e6, 4, "s"),
    }
}

/// A number of bytes: `9 bytes`, `476 kB`.
pub(super) fn bytes(bytes: u64) -> String {
    match bytes {
        1 => "1 byte".into(),
        0..1_000 => format!("{bytes} bytes"),
        1_000..999_500 => decimal(bytes as f64 / 1e3, 3, "kB"),
        1_000_000..999_500_000 => decimal(bytes as f64 / 1e6, 3, "MB"),
        _ if bytes < 1_000_000 => "1.0 MB".into(),
        _ => decimal(bytes as f64 / 1e9, 3, "GB"),
    }
}

/// `digits` of the number, or all of those in front of the point, without zeros at the end but one.
fn decimal(value: f64, digits: usize, unit: &str) -> String {
    let mut behind = digits - 1;
    let mut limit = 10.0;
    // What rounds to one digit more in front of the point has one digit less behind it.
    while behind > 0 && value >= limit - 0.5 * 10_f64.powi(-(behind as i32)) {
        behind -= 1;
        limit *= 10.0;
    }
    let text = format!("{value:.behind$}");
    let short = match text.split_once('.') {
        Some((_, places)) => {
            let zeros = places.len() - places.trim_end_matches('0').len();
            &text[..text.len() - zeros.min(places.len() - 1)]
        }
        None => &text,
    };
    format!("{short} {unit}")
}

#[cfg(test)]
mod tests {
    use super::{bytes, time};

    #[test]
    fn times_have_a_readable_unit() {
        let expected = [
            (0, "0"),
            (12, "12 µs"),
            (999, "999 µs"),
            (1_500, "1.5 ms"),
            (1_523, "1.52 ms"),
            (12_345, "12.3 ms"),
            (99_960, "100 ms"),
            (999_499, "999 ms"),
            (999_500, "1.0 s"),
            (1_000_000, "1.0 s"),
            (1_015_000, "1.015 s"),
            (9_999_600, "10.0 s"),
            (61_240_000, "61.24 s"),
            (123_456_000, "123.5 s"),
            (3_600_000_000, "3600 s"),
            (-5, "-5 µs"),
        ];
        for (micros, text) in expected {
            assert_eq!(time(micros), text);
        }
        assert_eq!(time(i64::MIN), "-9223372036855 s");
    }

    #[test]
    fn amounts_have_a_readable_unit() {
        let expected = [
            (0, "0 bytes"),
            (1, "1 byte"),
            (999, "999 bytes"),
            (1_000, "1.0 kB"),
            (476_120, "476 kB"),
            (999_999, "1.0 MB"),
            (70_000_000, "70.0 MB"),
            (5_000_000_000, "5.0 GB"),
        ];
        for (amount, text) in expected {
            assert_eq!(bytes(amount), text);
        }
    }
}
