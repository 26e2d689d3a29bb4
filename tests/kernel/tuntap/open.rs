//! Opening: what is made, what is left alone, what is refused.

use std::error::Error;
use std::fs;
use std::os::unix::fs::PermissionsExt;

use rustix::thread::{CapabilitySet, capabilities, set_capabilities};
use smoltcp::phy::{Device, Medium};
use smoltcp::wire::IpCidr;
use uppercase::device::tuntap::{Fault, Mode, OpenError, TunTap};

use crate::namespace::{ip, tool};

pub fn cidr(text: &str) -> IpCidr {
    text.parse().expect("an address with a prefix length")
}

fn exists(name: &str) -> bool {
    ip("-o link").contains(&format!(" {name}: "))
}

fn refused(name: &str, mode: Mode, host: &[IpCidr]) -> OpenError {
    let error = TunTap::open(name, mode, host).unwrap_err();
    println!("{error}");
    error
}

fn without(capability: CapabilitySet, test: impl FnOnce()) {
    let before = capabilities(None).unwrap();
    let mut sets = before;
    sets.effective -= capability;
    set_capabilities(None, sets).unwrap();
    test();
    set_capabilities(None, before).unwrap();
}

pub fn created_interface_is_complete_and_disappears() {
    for (name, mode, medium, header) in [
        ("tap0", Mode::Tap, Medium::Ethernet, 14),
        ("tun0", Mode::Tun, Medium::Ip, 0),
    ] {
        let mut host = vec![cidr("10.1.0.1/24"), cidr("10.2.0.1/16")];
        if cfg!(feature = "ipv6") {
            host.push(cidr("fd00:1::1/64"));
        }
        let device = TunTap::open(name, mode, &host).unwrap();
        assert!(device.was_created());
        assert_eq!(
            (device.name(), device.mode(), device.mtu()),
            (name, mode, 1500)
        );
        assert_eq!(device.fault(), None);
        assert_eq!(device.capabilities().medium, medium);
        assert_eq!(device.capabilities().max_transmission_unit, 1500 + header);

        let link = ip(&format!("-d link show {name}"));
        assert!(link.contains("UP"), "{link}");
        assert!(
            link.contains(&format!("tun type {mode} pi off vnet_hdr on")),
            "{link}"
        );
        let addresses = ip(&format!("addr show {name}"));
        for address in host {
            let address = format!(" {address} ");
            let line = addresses
                .lines()
                .find(|line| line.contains(&address))
                .expect(&addresses);
            assert!(!line.contains("tentative"), "{line}");
        }
        drop(device);
        assert!(!exists(name));
    }
}

pub fn existing_interface_stays_as_it_is() {
    for (name, mode) in [("tap0", Mode::Tap), ("tun0", Mode::Tun)] {
        ip(&format!("tuntap add dev {name} mode {mode}"));
        ip(&format!("addr add 10.1.0.1/24 dev {name}"));
        ip(&format!("link set {name} mtu 1400 up"));
        let before = ip(&format!("-4 addr show {name}"));
        let device = TunTap::open(name, mode, &[cidr("10.2.0.1/24")]).unwrap();
        assert!(!device.was_created());
        assert_eq!((device.mtu(), device.fault()), (1400, None));
        drop(device);
        assert_eq!(ip(&format!("-4 addr show {name}")), before);
        ip(&format!("link delete {name}"));
    }
}

pub fn existing_interface_that_is_off_is_opened_and_stays_off() {
    ip("tuntap add dev tap0 mode tap");
    let device = TunTap::open("tap0", Mode::Tap, &[]).unwrap();
    assert_eq!(device.fault(), Some(Fault::Down));
    assert!(ip("link show tap0").contains("state DOWN"));
}

pub fn owner_of_an_interface_needs_no_privilege() {
    ip("tuntap add dev tap0 mode tap user root");
    ip("link set tap0 up");
    without(CapabilitySet::NET_ADMIN, || {
        let device = TunTap::open("tap0", Mode::Tap, &[cidr("10.1.0.1/24")]).unwrap();
        assert!(!device.was_created());
    });
}

pub fn missing_privilege_is_explained() {
    without(CapabilitySet::NET_ADMIN, || {
        let error = refused("tap0", Mode::Tap, &[cidr("10.1.0.1/24")]);
        assert!(matches!(error, OpenError::Permission { exists: false, .. }));
        assert!(
            error
                .to_string()
                .contains("sudo ip tuntap add dev tap0 mode tap user $USER")
        );
    });
    // In a user namespace there is no other user that an interface could belong to.
    let other = ["tuntap", "add", "tap1", "mode", "tap", "user", "65534"];
    if tool("ip").args(other).status().unwrap().success() {
        without(CapabilitySet::NET_ADMIN, || {
            let error = refused("tap1", Mode::Tap, &[]);
            assert!(matches!(error, OpenError::Permission { exists: true, .. }));
            assert!(error.to_string().contains("dev tap2 mode tap"));
        });
    }
}

pub fn missing_driver_is_explained() {
    let mount = ["-t", "tmpfs", "none", "/dev/net"];
    assert!(tool("mount").args(mount).status().unwrap().success());
    let error = refused("tap0", Mode::Tap, &[]);
    assert!(matches!(error, OpenError::NoDriver(_)));
    assert!(error.source().is_some());
    assert!(
        fs::metadata("/dev/net/tun").is_err(),
        "the driver's file was made"
    );

    fs::write("/dev/net/tun", "").unwrap();
    fs::set_permissions("/dev/net/tun", fs::Permissions::from_mode(0o000)).unwrap();
    without(
        CapabilitySet::DAC_OVERRIDE | CapabilitySet::DAC_READ_SEARCH,
        || {
            let error = refused("tap0", Mode::Tap, &[]);
            assert!(matches!(error, OpenError::DriverPermission(_)));
        },
    );
}

pub fn busy_interface_is_refused() {
    let device = TunTap::open("tap0", Mode::Tap, &[]).unwrap();
    assert!(matches!(
        refused("tap0", Mode::Tap, &[]),
        OpenError::Busy(_)
    ));
    drop(device);
    TunTap::open("tap0", Mode::Tap, &[]).unwrap();
}

pub fn interface_of_another_kind_is_refused() {
    ip("tuntap add dev tun0 mode tun");
    let error = refused("tun0", Mode::Tap, &[]);
    assert!(matches!(
        error,
        OpenError::WrongMode {
            found: Mode::Tun,
            ..
        }
    ));
    ip("tuntap add dev tap0 mode tap");
    let error = refused("tap0", Mode::Tun, &[]);
    assert!(matches!(
        error,
        OpenError::WrongMode {
            found: Mode::Tap,
            ..
        }
    ));
    for mode in [Mode::Tap, Mode::Tun] {
        assert!(matches!(refused("lo", mode, &[]), OpenError::NotTunTap(_)));
    }
    ip("link add br0 type bridge");
    assert!(matches!(
        refused("br0", Mode::Tap, &[]),
        OpenError::NotTunTap(_)
    ));
    ip("tuntap add dev tap1 mode tap multi_queue");
    assert!(matches!(
        refused("tap1", Mode::Tap, &[]),
        OpenError::MultiQueue(_)
    ));
}

pub fn impossible_names_are_refused() {
    for name in [
        "",
        ".",
        "..",
        "tap 0",
        "tap/0",
        "tap:0",
        "tap%d",
        "tap\0",
        "tap\n",
        "tap-with-16-byte",
    ] {
        assert!(matches!(refused(name, Mode::Tap, &[]), OpenError::Name(_)));
    }
    for name in ["t", "tap-of-15-bytes", "täp", "tap0.1"] {
        let device = TunTap::open(name, Mode::Tap, &[]).unwrap();
        assert_eq!(device.name(), name);
    }
}

pub fn addresses_of_other_interfaces_are_refused() {
    ip("link add veth0 type veth peer veth1");
    ip("addr add 10.1.0.1/24 dev veth0");
    ip("link set veth0 up");
    let mut clashes = vec!["10.1.0.1/24", "10.1.0.1/8", "127.0.0.1/32"];
    let mut neighbors = vec!["10.1.0.2/24"];
    if cfg!(feature = "ipv6") {
        ip("addr add fd00:1::1/64 dev veth0");
        clashes.extend(["fd00:1::1/64", "::1/128"]);
        neighbors.push("fd00:1::2/64");
    }
    for address in clashes {
        let error = refused("tap0", Mode::Tap, &[cidr("10.9.0.1/24"), cidr(address)]);
        assert!(matches!(error, OpenError::AddressInUse { .. }));
    }
    for address in neighbors {
        let error = refused("tap0", Mode::Tap, &[cidr(address)]);
        assert!(matches!(error, OpenError::SubnetInUse { interface, .. } if interface == "veth0"));
    }
    assert!(!exists("tap0"));
    // A part of another interface's subnet is allowed, and so is a subnet around one.
    for address in ["10.1.0.129/25", "10.1.1.1/16"] {
        TunTap::open("tap0", Mode::Tap, &[cidr(address)]).unwrap();
    }
    if cfg!(feature = "ipv6") {
        let _first = TunTap::open("tap0", Mode::Tap, &[cidr("fe80::1/64")]).unwrap();
        TunTap::open("tap1", Mode::Tap, &[cidr("fe80::1/64")]).unwrap();
    }
}

pub fn ipv6_that_is_switched_off_is_explained() {
    if cfg!(feature = "ipv6") {
        fs::write("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1").unwrap();
        let error = refused(
            "tap0",
            Mode::Tap,
            &[cidr("10.1.0.1/24"), cidr("fd00:1::1/64")],
        );
        assert!(matches!(error, OpenError::Ipv6Off { .. }));
        assert!(!exists("tap0"));
    }
}
