//! How the values of options are read, and what is said of those that cannot be.

use std::net::IpAddr;

use smoltcp::time::Duration;
use smoltcp::wire::{self, IpAddress, IpCidr};
use uppercase::device::cable::CLIENTS;
use uppercase::link::EthernetAddress;
use uppercase::simulation::Probability;

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

/// A time with its unit.
pub fn duration(text: &str) -> Result<Duration, String> {
    let units = [("us", 1.0), ("µs", 1.0), ("ms", 1e3), ("s", 1e6)];
    let read = |(unit, micros)| {
        let number = text.strip_suffix(unit)?.trim_end().parse::<f64>().ok()?;
        let micros = number * micros;
        (0.0..=1e12)
            .contains(&micros)
            .then(|| Duration::from_micros(micros as u64))
    };
    let time = units.into_iter().find_map(read);
    time.ok_or_else(|| "a time is needed, such as 50ms or 1.5s".into())
}

/// How likely something is.
pub fn probability(text: &str) -> Result<Probability, String> {
    let number = text.strip_suffix('%').unwrap_or(text).parse::<f64>();
    match number {
        Ok(percent) if (0.0..=100.0).contains(&percent) => {
            Ok(Probability::per_million((percent * 1e4) as u32))
        }
        _ => Err("a part of all frames is needed, such as 20%".into()),
    }
}

/// A bandwidth, in bits per second.
pub fn rate(text: &str) -> Result<u64, String> {
    let number = text.trim_end_matches(char::is_alphabetic);
    let unit = match &text[number.len()..] {
        "" | "bit" => 1.0,
        "kbit" | "k" => 1e3,
        "Mbit" | "M" => 1e6,
        "Gbit" | "G" => 1e9,
        _ => 0.0,
    };
    match number.parse::<f64>().map(|number| number * unit) {
        Ok(bits) if (1.0..=1e12).contains(&bits) => Ok(bits as u64),
        _ => Err("a number of bits in a second is needed, such as 9600, 56kbit or 10Mbit".into()),
    }
}

/// The longest IP packet. Each host has to take 576 bytes over IPv4 (RFC 791, 3.1).
pub fn mtu() -> clap::builder::RangedI64ValueParser<u16> {
    clap::value_parser!(u16).range(576..=1500)
}

/// The number of a frame.
pub fn drops() -> clap::builder::RangedU64ValueParser {
    clap::value_parser!(u64).range(1..)
}

/// The buffers of a client, in bytes.
pub fn buffer() -> impl clap::builder::TypedValueParser<Value = usize> {
    use clap::builder::TypedValueParser;
    clap::value_parser!(u32)
        .range(1..=1 << 20)
        .map(|bytes| bytes as usize)
}

/// When the server's host starts again.
pub fn crash(text: &str) -> Result<Duration, String> {
    let time = text.strip_prefix("server@").map(duration);
    match time {
        Some(Ok(time)) => Ok(time),
        _ => Err("the host and a time are needed, such as server@2s".into()),
    }
}
