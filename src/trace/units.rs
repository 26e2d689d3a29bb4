//! Times and amounts, short enough to be read at a glance.

use std::format;
use std::string::String;

/// A time in microseconds with three digits: `0`, `12 µs`, `1.5 ms`, `1.0 s`.
pub(super) fn time(micros: i64) -> String {
    match micros {
        0 => "0".into(),
        ..0 => format!("-{}", time(-micros.max(-i64::MAX))),
        1..1_000 => format!("{micros} µs"),
        1_000..999_500 => decimal(micros as f64 / 1e3, "ms"),
        _ => decimal(micros as f64 / 1e6, "s"),
    }
}

/// A number of bytes: `9 bytes`, `476 kB`.
pub(super) fn bytes(bytes: u64) -> String {
    match bytes {
        1 => "1 byte".into(),
        0..1_000 => format!("{bytes} bytes"),
        1_000..999_500 => decimal(bytes as f64 / 1e3, "kB"),
        1_000_000..999_500_000 => decimal(bytes as f64 / 1e6, "MB"),
        _ if bytes < 1_000_000 => "1.0 MB".into(),
        _ => decimal(bytes as f64 / 1e9, "GB"),
    }
}

/// Three digits, or all of those in front of the point, without zeros at the end but one.
fn decimal(value: f64, unit: &str) -> String {
    if value >= 99.95 {
        return format!("{value:.0} {unit}");
    }
    let digits = if value >= 9.995 { 1 } else { 2 };
    let text = format!("{value:.digits$}");
    let short = text.strip_suffix('0').filter(|_| digits == 2);
    format!("{} {unit}", short.unwrap_or(&text))
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
            (61_240_000, "61.2 s"),
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
