//! What several tests share; each uses a part of it. So do the fuzz targets.
#![allow(dead_code)]

pub mod ask;
pub mod busy;
pub mod cable;
pub mod chance;
pub mod discovery;
pub mod frames;
pub mod hand;
#[path = "../../shared/name_server.rs"]
pub mod name_server;
pub mod network;
pub mod peer;
pub mod scene;
pub mod talk;
#[path = "../../shared/text.rs"]
pub mod text;
#[path = "../../shared/transcript.rs"]
pub mod transcript;

/// The upper-casing of the servers of these tests.
#[cfg(not(feature = "unicode"))]
pub use uppercase::transform::Ascii as Text;
#[cfg(feature = "unicode")]
pub use uppercase::transform::Unicode as Text;
