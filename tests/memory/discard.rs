//! What a host must discard, and what it must not answer (RFC 1122, 4443, 8200): each rule by its
//! sentence. `docs/conformance.md` lists them, and those that other tests show.

use super::common;

mod addresses;
mod errors;
mod frames;
mod headers;
mod host;
