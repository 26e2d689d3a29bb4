//! What the page is made of: two stacks of the package `uppercase`, the wire between them, and what
//! becomes of each frame on it.
//!
//! A [`Run`] is a pure function of its [`Script`]: it takes a few milliseconds, so the page runs all
//! of it anew whenever something is changed.

pub mod decode;
mod download;
#[cfg(target_family = "wasm")]
mod exports;
mod forgery;
pub mod host;
pub mod log;
pub mod name;
pub mod report;
mod run;
pub mod sample;
pub mod scenarios;
pub mod script;
pub mod settings;
pub mod through;

pub use download::{capture, picture, text};
pub use run::Run;
pub use script::Script;
