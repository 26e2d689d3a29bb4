//! What the driver of the board is written with, from the files of the library.
#![no_std]

pub mod firmware;
#[path = "../../../../../src/logging.rs"]
mod logging;

/// As much of the library's link layer as a driver sees.
pub mod link {
    /// The address of a network card.
    #[derive(Clone, Copy)]
    pub struct EthernetAddress(pub [u8; 6]);

    impl EthernetAddress {
        /// Whether it is the address of one station, not of a group.
        pub const fn is_unicast(self) -> bool {
            self.0[0] & 1 == 0
        }
    }
}
