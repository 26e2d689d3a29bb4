//! What several tests share; each uses a part of it.
#![allow(dead_code)]

pub mod network;
pub mod talk;
pub mod text;
