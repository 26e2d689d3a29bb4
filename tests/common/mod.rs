//! What several tests share; each uses a part of it.
#![allow(dead_code)]

pub mod ask;
pub mod busy;
pub mod chance;
pub mod frames;
pub mod hand;
pub mod network;
pub mod peer;
pub mod scene;
pub mod talk;
pub mod text;
pub mod transcript;
