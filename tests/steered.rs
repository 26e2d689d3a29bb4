//! The server for many connections keeps all promises of the other one: the same tests, with this
//! one in its place (see `common/scene.rs`), and some of its own.

#![allow(
    clippy::duplicate_mod,
    reason = "each of these brings `mod common`, here and there"
)]

#[path = "bad_input.rs"]
mod bad_input;
mod common;
#[path = "steered/many.rs"]
mod many;
#[path = "simulation/model.rs"]
mod model;
#[path = "simulation/sessions.rs"]
mod sessions;
#[path = "tcp.rs"]
mod tcp;
#[path = "tcp_closing.rs"]
mod tcp_closing;
#[path = "tcp_ends.rs"]
mod tcp_ends;
#[path = "tcp_errors.rs"]
mod tcp_errors;
#[path = "tcp_places.rs"]
mod tcp_places;
#[path = "simulation/town.rs"]
mod town;
#[path = "steered/twins.rs"]
mod twins;
