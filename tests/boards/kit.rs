//! The driver kit: scenes about a board's network driver, over frames on its cable. What goes wrong is
//! told in a sentence with its likely cause.

mod bench;
mod checksums;
mod filters;
mod finding;
mod lengths;
mod link;
mod order;
pub mod own;
mod stream;
mod time;

pub use bench::{Bench, Traits};
pub use finding::{Cause, Finding};

/// A scene about a driver.
pub type Scene = (&'static str, fn(&mut Bench) -> Result<(), Finding>);

/// Makes a list of names and functions out of functions.
macro_rules! scenes {
    ($($module:ident::$scene:ident),* $(,)?) => {
        &[$((stringify!($scene), $module::$scene)),*]
    };
}

/// From the simplest to those that need that others pass.
pub const SCENES: &[Scene] = scenes![
    order::answers_each_frame_once_and_at_once,
    order::reads_the_length_of_each_frame,
    filters::answers_for_its_own_card_only,
    lengths::answers_frames_of_every_length,
    order::goes_on_after_bursts_beyond_its_ring,
    order::goes_on_with_both_rings_full,
    checksums::makes_and_verifies_checksums,
    time::retransmits_by_its_clock,
    stream::carries_a_mebibyte_each_way,
];

/// Where the link can be switched off from here.
pub const LINK_SCENES: &[Scene] = scenes![link::comes_back_with_its_link];

/// Of a board that has IPv6.
pub const IPV6_SCENES: &[Scene] = scenes![filters::receives_frames_to_its_groups];
