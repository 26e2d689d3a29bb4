//! Parts of the package by themselves, in memory, with any set of features: the library may be
//! without a heap, and its text without Unicode.

#[cfg(feature = "cable")]
mod cable;
mod capture;
mod conformance;
#[cfg(all(feature = "embassy", feature = "client", feature = "medium-ip"))]
mod embassy;
mod features;
mod firmware;
mod imports;
#[cfg(feature = "trace")]
mod pcapng;
mod phy;
#[cfg(feature = "fragmentation")]
mod plain_host;
#[cfg(feature = "fragmentation")]
mod reassembly;
mod transform;
