//! The stack with its servers and clients in memory, on a virtual clock: no rights, no kernel, and
//! no program of others. They keep what they need in `Vec`s.

mod capabilities;
mod common;

#[cfg(feature = "addressing")]
mod addressing;
mod admission;
mod bad_input;
#[cfg(feature = "conflict-detection")]
mod conflicts;
mod congestion;
#[cfg(feature = "dhcp")]
mod dhcp;
#[cfg(feature = "fragmentation")]
mod discard;
mod dns;
#[cfg(feature = "fragmentation")]
mod exhausted_device;
mod far_segments;
#[cfg(feature = "fragmentation")]
mod fragments;
#[cfg(feature = "mld")]
mod groups;
mod half_open;
mod hashed;
#[cfg(all(feature = "trace", feature = "syn-cookies", feature = "unicode"))]
mod ladder;
mod last_acknowledgement;
mod limits;
mod link;
mod long_answers;
#[cfg(feature = "paths")]
mod loss;
mod lost_handshake;
mod naps;
mod neighbors;
mod no_flags;
mod no_room;
mod off_path;
mod old_numbers;
mod one_frame;
mod opposite;
#[cfg(all(feature = "paths", feature = "fragmentation"))]
mod paths;
mod pauses;
mod remedies;
#[cfg(feature = "syn-cookies")]
mod requests;
mod services;
mod simulation;
mod simultaneous_open;
#[cfg(all(feature = "dhcp", feature = "slaac"))]
mod slaac;
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
