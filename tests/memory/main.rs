//! The stack with its servers and clients in memory, on a virtual clock: no rights, no kernel, and
//! no program of others. They keep what they need in `Vec`s.

mod common;

mod admission;
mod bad_input;
mod congestion;
mod dns;
#[cfg(feature = "fragmentation")]
mod exhausted_device;
#[cfg(feature = "syn-cookies")]
mod half_open;
mod hashed;
mod last_acknowledgement;
mod link;
mod naps;
mod neighbors;
mod no_room;
mod opposite;
mod remedies;
#[cfg(feature = "syn-cookies")]
mod requests;
mod services;
mod simulation;
#[cfg(feature = "unicode")]
mod stall;
mod tcp;
mod tcp_closing;
mod tcp_ends;
mod tcp_errors;
mod tcp_places;
#[cfg(feature = "unicode")]
mod transcript;
#[cfg(feature = "trace")]
mod transitions;
mod turning_points;
#[cfg(feature = "fragmentation")]
mod udp;
#[cfg(feature = "fragmentation")]
mod udp_client;
mod windows;
