//! What must hold for every input: one module for each fuzz target. Its `run` takes what
//! libFuzzer makes up and panics if a promise is broken.

pub mod arguments;
pub mod captures;
pub mod frames;
pub mod names;
pub mod segments;
pub mod transform;

pub mod clients;
pub mod forge;
pub mod host;
pub mod house;
pub mod judge;
pub mod line;
pub mod parties;
pub mod setup;

/// The files of the command that read its arguments.
#[cfg(unix)]
#[allow(dead_code)]
#[path = "../../../src/command"]
pub mod command {
    pub mod args;
    mod card;
    pub mod destination;
    mod drawing;
    mod faults;
    mod record;
    mod values;

    /// What `card` and `faults` ask of the command.
    mod host {
        pub fn random_seed() -> u64 {
            0
        }
    }
}

#[allow(clippy::new_without_default)] // Only tests use it.
#[path = "../../memory/common/mod.rs"]
pub mod common;
