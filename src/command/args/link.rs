//! The options for what a stack is plugged into, and for its addresses.

use clap::FromArgMatches;
use smoltcp::wire::{IpAddress, IpCidr};
#[cfg(all(feature = "tuntap", target_os = "linux"))]
use uppercase::device::tuntap::Mode;
use uppercase::link::EthernetAddress;

use crate::command::values::{address, cable, cidr, mac};

/// What a stack is plugged into.
pub enum Network {
    /// A wire in memory, with the server at its other end.
    Memory,
    /// The cable with this UDP port at its first end.
    Cable(u16),
    /// The interface of this name.
    #[cfg(all(feature = "tuntap", target_os = "linux"))]
    Interface(String, Mode),
}

#[derive(clap::Args)]
pub struct Link {
    /// A cable to other programs on this host; it does not need root. PORT is the UDP port of
    /// `serve` on it, such as 9000
    ///
    /// Frames pass in datagrams of 127.0.0.1, and no other host is reached. `serve` has the port
    /// itself; each client takes the first one of the 63 ports after it that is free. So several
    /// clients can run at a time: the one at 9001 has the addresses 192.168.69.2 and fdaa::2, the one
    /// at 9002 has 192.168.69.3 and fdaa::3, and so on. They reach each other, too. An emulated board
    /// can be at either end (`-netdev dgram` of QEMU).
    #[cfg_attr(
        all(feature = "tuntap", target_os = "linux"),
        arg(conflicts_with_all = ["tap", "tun", "host_ip"])
    )]
    #[arg(long, value_name = "PORT", value_parser = cable())]
    cable: Option<u16>,
    /// The TAP interface (Ethernet) to use; it is created if it does not exist
    #[cfg(all(feature = "tuntap", target_os = "linux"))]
    #[arg(long, value_name = "NAME", conflicts_with = "tun")]
    tap: Option<String>,
    /// The TUN interface (plain IP) to use; it is created if it does not exist
    #[cfg(all(feature = "tuntap", target_os = "linux"))]
    #[arg(long, value_name = "NAME")]
    tun: Option<String>,
    /// An address of this program, with its prefix; can be repeated.
    /// Default: 192.168.69.1/24 and fdaa::1/64 for `serve`, .2 and ::2 for clients (on a cable, for
    /// the first one)
    #[arg(long, value_name = "ADDRESS/PREFIX", value_parser = cidr)]
    ip: Vec<IpCidr>,
    /// An address of the kernel's side of an interface that is created; can be repeated. One that
    /// exists must have it already. Default: 192.168.69.100/24 and fdaa::100/64
    #[cfg(all(feature = "tuntap", target_os = "linux"))]
    #[arg(long, value_name = "ADDRESS/PREFIX", value_parser = cidr)]
    pub host_ip: Vec<IpCidr>,
    /// Pass every TCP segment in its own packet, with its checksum, as on a wire; slower, but a
    /// capture of the interface shows what a wire would
    #[cfg(all(feature = "tuntap", target_os = "linux"))]
    #[arg(long)]
    pub no_offload: bool,
    /// Ask the DHCP server of the network that the TAP interface is in for an IPv4 address
    ///
    /// It also gives a router, unless --gateway does, and name servers, unless --dns does. Neither
    /// side has a default address then; those of --ip and --host-ip are used beside what is obtained.
    /// Before an address is used, the link is asked whether another host has it. What is obtained is
    /// printed, and what becomes of it.
    #[cfg(all(feature = "tuntap", target_os = "linux"))]
    #[arg(long, conflicts_with_all = ["cable", "tun"])]
    pub dhcp: bool,
    /// Form IPv6 addresses with the prefixes that the routers of the network advertise (SLAAC); can be
    /// given beside --dhcp
    ///
    /// The network is the one that the TAP interface is in. One of its routers is used as the gateway,
    /// unless --gateway gives one, and their name servers, unless --dns gives some. Neither side has a
    /// default address then; those of --ip and --host-ip are used beside those that are formed. What
    /// is formed is printed, and what becomes of it.
    #[cfg(all(feature = "tuntap", target_os = "linux"))]
    #[arg(long, conflicts_with_all = ["cable", "tun"])]
    pub slaac: bool,
    /// The router to all other networks; can be given once for IPv4 and once for IPv6
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    pub gateway: Vec<IpAddress>,
    /// The hardware address of this program on a TAP interface or a cable. Default: one made from
    /// its first address or, if the network gives that, from this machine and the name of the interface
    #[arg(long, value_name = "ADDRESS", value_parser = mac)]
    mac: Option<EthernetAddress>,
}

impl Link {
    /// What the arguments are for the server at the other end of the wire in memory.
    pub fn of_server_in_memory() -> Self {
        let command = <Self as clap::Args>::augment_args(clap::Command::new("server"));
        let matches = command.get_matches_from(["server"]);
        Self::from_arg_matches(&matches).expect("no option is needed")
    }

    /// The network to use.
    pub fn network(&self) -> Network {
        if let Some(port) = self.cable {
            return Network::Cable(port);
        }
        #[cfg(all(feature = "tuntap", target_os = "linux"))]
        for (name, mode) in [(&self.tap, Mode::Tap), (&self.tun, Mode::Tun)] {
            if let Some(name) = name {
                return Network::Interface(name.clone(), mode);
            }
        }
        Network::Memory
    }

    /// The addresses of the kernel's side of an interface that is created.
    #[cfg(all(feature = "tuntap", target_os = "linux"))]
    pub fn host_addresses(&self) -> Vec<IpCidr> {
        match self.host_ip.is_empty() && !self.asks_network() {
            true => default_addresses(100),
            false => self.host_ip.clone(),
        }
    }

    /// Whether addresses were given.
    pub fn chooses_addresses(&self) -> bool {
        !self.ip.is_empty()
    }

    /// Our own addresses; by default those that end in `host`.
    pub fn addresses(&self, host: u8) -> Vec<IpCidr> {
        if self.asks_network() || !self.ip.is_empty() {
            return self.ip.clone();
        }
        default_addresses(host)
    }

    /// Whether the network is asked for addresses.
    pub fn asks_network(&self) -> bool {
        self.asks_dhcp() || self.asks_routers()
    }

    /// Whether routers are asked for prefixes.
    pub fn asks_routers(&self) -> bool {
        #[cfg(all(feature = "tuntap", target_os = "linux"))]
        return self.slaac;
        #[cfg(not(all(feature = "tuntap", target_os = "linux")))]
        false
    }

    /// Whether a DHCP server is asked for an address.
    pub fn asks_dhcp(&self) -> bool {
        #[cfg(all(feature = "tuntap", target_os = "linux"))]
        return self.dhcp;
        #[cfg(not(all(feature = "tuntap", target_os = "linux")))]
        false
    }

    /// Our hardware address. It follows from the first IP address, so that it is unique where that
    /// is, and the same at the next start, when neighbors may still remember it. Where the network is
    /// asked for addresses, it is the same for the same reason: a DHCP server gives the same one again.
    pub fn hardware_address(&self, addresses: &[IpCidr]) -> EthernetAddress {
        self.mac.unwrap_or_else(|| {
            #[cfg(all(feature = "tuntap", target_os = "linux"))]
            if self.asks_network()
                && let Network::Interface(name, _) = self.network()
            {
                return crate::command::card::card(&name);
            }
            let [a, b, c, d] = match addresses.first().map(IpCidr::address) {
                Some(IpAddress::Ipv4(address)) => address.octets(),
                Some(IpAddress::Ipv6(address)) => *address.octets().last_chunk().unwrap_or(&[0; 4]),
                None => [0; 4],
            };
            EthernetAddress([0x02, 0, a, b, c, d])
        })
    }
}

/// The addresses in the default networks that end so; as the number is written, so that 100 is ::100.
fn default_addresses(host: u8) -> Vec<IpCidr> {
    let digits = u16::from(host);
    let ipv6 = digits / 100 * 0x100 + digits / 10 % 10 * 0x10 + digits % 10;
    vec![
        IpCidr::new(IpAddress::v4(192, 168, 69, host), 24),
        IpCidr::new(IpAddress::v6(0xfdaa, 0, 0, 0, 0, 0, 0, ipv6), 64),
    ]
}
