//! IPv6 addresses with the prefixes of routers (RFC 4862), on a virtual clock.

mod lan;

mod addresses;
mod forged;
mod routers;
