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

#[allow(clippy::new_without_default)] // Only tests use it.
#[path = "../../memory/common/mod.rs"]
pub mod common;
