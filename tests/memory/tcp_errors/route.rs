//! The way to the server: no route, no neighbor, or a gateway.

use smoltcp::wire::{IpAddress, IpCidr, IpEndpoint};
use uppercase::PORT;
use uppercase::tcp::{Config, Error};

use super::common::network::{Link, NOBODY, Network, SERVER};
use super::common::scene;
use super::common::talk::{TIMEOUT, Talk};
use super::outcome;

#[test]
fn an_address_on_another_network_needs_a_gateway() {
    for link in Link::ETHERNET {
        let mut network = Network::new(link);
        let far = IpEndpoint::new(link.far_address(), PORT);
        assert_eq!(outcome(&mut network, far), Err(Error::NoRoute), "{link:?}");
    }
}

#[test]
fn an_address_of_the_other_ip_version_needs_one_too() {
    for link in Link::ALL {
        let mut network = Network::new(link);
        let other = if link.ipv6 {
            IpAddress::v4(192, 168, 69, 1)
        } else {
            IpAddress::v6(0xfdaa, 0, 0, 0, 0, 0, 0, 1)
        };
        let server = IpEndpoint::new(other, PORT);
        assert_eq!(
            outcome(&mut network, server),
            Err(Error::NoRoute),
            "{link:?}"
        );
    }
}

#[test]
fn an_address_that_is_no_host_is_an_error_and_not_a_panic() {
    for link in Link::ALL {
        let mut network = Network::new(link);
        let addresses = if link.ipv6 {
            [
                IpAddress::v6(0, 0, 0, 0, 0, 0, 0, 0),
                IpAddress::v6(0xff02, 0, 0, 0, 0, 0, 0, 1),
            ]
        } else {
            [IpAddress::v4(0, 0, 0, 0), IpAddress::v4(224, 0, 0, 1)]
        };
        for address in addresses {
            let server = IpEndpoint::new(address, PORT);
            assert!(outcome(&mut network, server).is_err(), "{server}");
        }
        let server = IpEndpoint::new(link.address(SERVER), 0);
        assert!(outcome(&mut network, server).is_err(), "{server}");
        let broadcast = IpEndpoint::new(IpAddress::v4(255, 255, 255, 255), PORT);
        assert!(outcome(&mut network, broadcast).is_err(), "{broadcast}");
    }
}

#[test]
fn no_host_has_the_address() {
    for link in Link::ETHERNET {
        let mut network = Network::new(link);
        let nobody = IpEndpoint::new(link.address(NOBODY), PORT);
        assert_eq!(
            outcome(&mut network, nobody),
            Err(Error::NoNeighbor),
            "{link:?}"
        );
    }
}

#[test]
fn no_host_has_the_address_of_the_gateway() {
    for link in Link::ETHERNET {
        let mut network = Network::with(link, &[], Some(link.address(NOBODY)));
        let far = IpEndpoint::new(link.far_address(), PORT);
        assert_eq!(
            outcome(&mut network, far),
            Err(Error::NoNeighbor),
            "{link:?}"
        );
    }
}

#[test]
fn a_server_behind_a_gateway_is_reached() {
    for link in Link::ALL {
        let prefix = if link.ipv6 { 128 } else { 32 };
        let far = IpCidr::new(link.far_address(), prefix);
        let mut network = Network::with(link, &[far], Some(link.address(SERVER)));
        let mut server = scene::server(&mut network, 1, 512, Config::default());
        let there = IpEndpoint::new(far.address(), PORT);
        let mut talk = Talk::new(&mut network, there, 512, b"far away");
        network.run(TIMEOUT, &mut [&mut server], &mut [&mut talk]);
        assert_eq!(talk.expect_answer(), b"FAR AWAY", "{link:?}");
    }
}
