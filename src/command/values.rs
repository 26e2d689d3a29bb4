//! How the values of options are read, and what is said of those that cannot be.

use std::net::IpAddr;

use smoltcp::time::Duration;
use smoltcp::wire::{self, IpAddress, IpCidr};
use uppercase::device::cable::CLIENTS;
use uppercase::link::EthernetAddress;

/// A port.
pub fn port() -> clap::builder::RangedI64ValueParser<u16> {
    clap::value_parser!(u16).range(1..)
}

/// The UDP port of a cable, after which there are ports for its clients.
pub fn cable() -> clap::builder::RangedI64ValueParser<u16> {
    clap::value_parser!(u16).range(1..=i64::from(u16::MAX - CLIENTS))
}

/// A number of connections.
pub fn connections() -> impl clap::builder::TypedValueParser<Value = usize> {
    use clap::builder::TypedValueParser;
    clap::value_parser!(u32)
        .range(1..=1_000_000)
        .map(|connections| connections as usize)
}

/// How many requests wait.
pub fn backlog() -> impl clap::builder::TypedValueParser<Value = usize> {
    use clap::builder::TypedValueParser;
    clap::value_parser!(u32)
        .range(0..=65_536)
        .map(|backlog| backlog as usize)
}

/// A time to spin.
pub fn microseconds(text: &str) -> Result<Duration, String> {
    match text.parse() {
        Ok(microseconds @ 0..=1000) => Ok(Duration::from_micros(microseconds)),
        _ => Err("a number of microseconds is needed, 0 to 1000".into()),
    }
}

/// A time limit.
pub fn seconds(text: &str) -> Result<Duration, String> {
    match text.parse::<f64>() {
        Ok(seconds) if (0.001..=1e9).contains(&seconds) => {
            Ok(Duration::from_micros((seconds * 1e6) as u64))
        }
        _ => Err("a number of seconds is needed, 0.001 or more".into()),
    }
}

/// An address, which may be in brackets.
pub fn address(text: &str) -> Result<IpAddress, String> {
    let bare = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    let bare = bare.filter(|bare| bare.contains(':')).unwrap_or(text);
    if let Some((address, zone)) = bare.split_once('%')
        && address.parse::<IpAddr>().is_ok()
    {
        return Err(format!("there is one interface only: leave %{zone} out"));
    }
    let address = bare.parse::<IpAddr>().map(IpAddress::from);
    address.map_err(|_| "an IPv4 or IPv6 address is needed, such as 192.168.69.1".into())
}

/// An address of one host, with the length of its prefix.
pub fn cidr(text: &str) -> Result<IpCidr, String> {
    let parsed = text.split_once('/').and_then(|(address, prefix)| {
        let address = IpAddress::from(address.parse::<IpAddr>().ok()?);
        let longest = if matches!(address, IpAddress::Ipv4(_)) {
            32
        } else {
            128
        };
        let prefix = prefix.parse().ok().filter(|prefix| *prefix <= longest)?;
        address.is_unicast().then(|| IpCidr::new(address, prefix))
    });
    parsed.ok_or_else(|| {
        "an address of one host and the length of its prefix are needed, such as 192.168.69.1/24"
            .into()
    })
}

/// The hardware address of one host.
pub fn mac(text: &str) -> Result<EthernetAddress, String> {
    let parsed = text.parse::<wire::EthernetAddress>();
    match parsed.map(EthernetAddress::from) {
        Ok(address) if address.is_unicast() => Ok(address),
        _ => Err("the hardware address of one host is needed, such as 02:00:00:00:00:01".into()),
    }
}
