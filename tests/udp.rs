//! The UDP server and client.
