//! What several test targets share; each uses a part of it.
#![allow(dead_code)]

pub mod missing;
pub mod name_server;
pub mod stock;
pub mod text;
pub mod transcript;
