//! The log: by the crate `log`, by `defmt`, by both, or by neither.
//!
//! Where both features are on, as Cargo unites those of all dependents, each line goes to both. Where
//! neither is, nothing of a line is compiled in.
//!
//! `defmt` knows no names in a format, so values stand behind it. It is given their texts, not the
//! values: smoltcp implements `defmt::Format` only where its own log is by `defmt`, and refuses to be
//! built with both.

macro_rules! line {
    ($level:ident, $format:literal $(, $value:expr)* $(,)?) => {{
        #[cfg(feature = "log")]
        ::log::$level!($format $(, $value)*);
        #[cfg(feature = "defmt")]
        ::defmt::$level!($format $(, ::defmt::Display2Format(&$value))*);
        #[cfg(not(any(feature = "log", feature = "defmt")))]
        if false {
            // They are used in either case.
            $(let _ = &$value;)*
        }
    }};
}

macro_rules! debug_line {
    ($($line:tt)*) => { $crate::logging::line!(debug, $($line)*) };
}

macro_rules! info_line {
    ($($line:tt)*) => { $crate::logging::line!(info, $($line)*) };
}

macro_rules! warn_line {
    ($($line:tt)*) => { $crate::logging::line!(warn, $($line)*) };
}

// `warn` is the name of an attribute: only a name that is imported can be it, too.
pub(crate) use {debug_line as debug, info_line as info, line, warn_line as warn};
