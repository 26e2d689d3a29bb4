//! Whether there is offload, and doing without.

use std::thread;

use smoltcp::phy::Device;
use uppercase::device::tuntap::TunTap;

use super::refusal::refuse;
use super::wire::{MODES, options};
use crate::namespace::ip;

pub fn offload_is_on_unless_it_is_refused() {
    for mode in MODES {
        for (offload, word) in [(true, "on"), (false, "off")] {
            let device = TunTap::open_with("test0", mode, &[], options(offload)).unwrap();
            assert_eq!(device.offload(), offload);
            assert!(format!("{device:?}").contains(&format!("offload: {offload}")));
            let link = ip("-d link show test0");
            assert!(link.contains(&format!("vnet_hdr {word}")), "{link}");
            assert_eq!(device.capabilities().checksum.tcp.tx(), !offload);
            assert_eq!(device.capabilities().checksum.tcp.rx(), !offload);
            assert!(device.capabilities().checksum.udp.rx());
        }
    }
}

/// A kernel that knows no offload, or refuses it: each of these calls fails.
pub fn kernel_without_offload_is_lived_with() {
    const TUNGETFEATURES: u32 = 0x8004_54cf;
    const TUNSETOFFLOAD: u32 = 0x4004_54d0;
    const TUNSETVNETHDRSZ: u32 = 0x4004_54d8;
    for call in [TUNSETVNETHDRSZ, TUNSETOFFLOAD, TUNGETFEATURES] {
        thread::spawn(move || {
            refuse(call, None);
            for mode in MODES {
                let device = TunTap::open("test0", mode, &[]).unwrap();
                assert!(!device.offload());
                assert_eq!(device.fault(), None);
                assert!(device.capabilities().checksum.tcp.rx());
                let link = ip("-d link show test0");
                assert!(link.contains("vnet_hdr off"), "{link}");
            }
        })
        .join()
        .unwrap();
    }
}
