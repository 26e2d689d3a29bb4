//! The server for many connections keeps all promises of the other one, and some of its own.

mod many;
mod same;
mod twins;
