//! The server of a client, as users write it: an address or a name, and a port behind either.

use std::net::IpAddr;

use smoltcp::wire::IpAddress;

/// A server that a user has named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    /// The whole of it, as it was written.
    pub text: String,
    pub location: Location,
    /// The interface that the user has written behind a link-local address (RFC 4007, 11).
    pub zone: Option<String>,
    pub port: Option<u16>,
}

/// Where a server is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    Address(IpAddress),
    /// Its addresses are looked up.
    Name(String),
}

impl From<IpAddress> for Destination {
    fn from(address: IpAddress) -> Self {
        Self {
            text: address.to_string(),
            location: Location::Address(address),
            zone: None,
            port: None,
        }
    }
}

impl Destination {
    /// Whether it is the host itself that it leads to: a loopback address (RFC 1122, 3.2.1.3;
    /// RFC 4291, 2.5.3), or a name that means one (RFC 6761, 6.3).
    pub fn is_loopback(&self) -> bool {
        match &self.location {
            Location::Address(address) => IpAddr::from(*address).is_loopback(),
            Location::Name(name) => is_within(name, "localhost"),
        }
    }

    /// Whether it is a name that is looked up by multicast DNS (RFC 6762, 3).
    pub fn is_of_multicast_dns(&self) -> bool {
        matches!(&self.location, Location::Name(name) if is_within(name, "local"))
    }
}

/// Whether a name is this domain, or in it.
fn is_within(name: &str, domain: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    let last = name.rsplit('.').next().unwrap_or_default();
    last.eq_ignore_ascii_case(domain)
}

/// Reads `192.168.69.1`, `fdaa::1`, `fe80::1%tap0`, `[fdaa::1]` or a name, with `:PORT` behind all but
/// an IPv6 address without brackets.
pub fn destination(text: &str) -> Result<Destination, String> {
    if text.contains('/') {
        return Err(
            "give the name or the address only, without what stands before or behind".into(),
        );
    }
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => in_brackets(rest)?,
        None => match text.split_once(':') {
            Some((host, port)) if !port.contains(':') => (host, Some(port)),
            _ => (text, None),
        },
    };
    let port = port.map(|port| match port.parse() {
        Ok(number @ 1..) => Ok(number),
        _ => Err(format!(
            "{port:?} is not a port, which is a number from 1 to 65535"
        )),
    });
    let (host, zone) = match host.split_once('%') {
        Some((host, zone)) => (host, Some(zone)),
        None => (host, None),
    };
    let address = host.parse::<IpAddr>().ok();
    let is_ipv6 = matches!(address, Some(IpAddr::V6(_)));
    match zone {
        Some("") => return Err("the name of an interface is missing behind %".into()),
        Some(_) if !is_ipv6 => {
            return Err("only an IPv6 address can have an interface behind %".into());
        }
        _ => {}
    }
    let location = match address {
        // ::ffff:192.168.69.1 is an IPv4 address (RFC 4291, 2.5.5.2).
        Some(address) => Location::Address(address.to_canonical().into()),
        None if host.contains(':') => return Err("this is not an IPv6 address".into()),
        None if is_numeric(host) => {
            return Err("an IPv4 address has four numbers, each from 0 to 255".into());
        }
        None => Location::Name(host.into()),
    };
    Ok(Destination {
        text: text.into(),
        location,
        zone: zone.map(Into::into),
        port: port.transpose()?,
    })
}

/// The address in brackets, which begins here, and the port behind it.
fn in_brackets(rest: &str) -> Result<(&str, Option<&str>), String> {
    let (host, behind) = rest
        .split_once(']')
        .ok_or("the ] behind the address is missing")?;
    let bare = host.split('%').next().unwrap_or_default();
    if !matches!(bare.parse(), Ok(IpAddr::V6(_))) {
        return Err("an IPv6 address is needed between [ and ], such as [fdaa::1]".into());
    }
    match behind.strip_prefix(':') {
        Some(port) => Ok((host, Some(port))),
        None if behind.is_empty() => Ok((host, None)),
        None => Err("only :PORT can stand behind an address in brackets".into()),
    }
}

/// Whether it would be taken for an address, and not for a name: no domain of the first level is a
/// number (RFC 3696, 2).
fn is_numeric(host: &str) -> bool {
    !host.is_empty() && host.chars().all(|c| c.is_ascii_digit() || c == '.')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (String, Option<String>, Option<u16>) {
        let Destination {
            location,
            zone,
            port,
            ..
        } = destination(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let location = match location {
            Location::Address(address) => address.to_string(),
            Location::Name(name) => format!("name {name}"),
        };
        (location, zone, port)
    }

    #[test]
    fn addresses_and_names_are_understood_as_people_write_them() {
        for (text, location, zone, port) in [
            ("192.168.69.1", "192.168.69.1", None, None),
            ("192.168.69.1:7", "192.168.69.1", None, Some(7)),
            ("fdaa::1", "fdaa::1", None, None),
            ("FDAA:0:0::1", "fdaa::1", None, None),
            ("::1", "::1", None, None),
            ("[fdaa::1]", "fdaa::1", None, None),
            ("[fdaa::1]:65535", "fdaa::1", None, Some(65535)),
            ("fe80::1%tap0", "fe80::1", Some("tap0"), None),
            ("[fe80::1%tap0]:7", "fe80::1", Some("tap0"), Some(7)),
            ("::ffff:10.0.0.1", "10.0.0.1", None, None),
            ("localhost", "name localhost", None, None),
            (
                "server.example.:12000",
                "name server.example.",
                None,
                Some(12000),
            ),
            ("printer.local", "name printer.local", None, None),
            ("3com.com", "name 3com.com", None, None),
        ] {
            let expected = (location.into(), zone.map(str::to_string), port);
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_meant_is_refused_by_a_sentence() {
        for (text, sentence) in [
            ("http://192.168.69.1", "give the name or the address only"),
            ("192.168.69.1/24", "give the name or the address only"),
            ("192.168.69", "an IPv4 address has four numbers"),
            ("192.168.69.300", "an IPv4 address has four numbers"),
            ("192.168.69.1.5", "an IPv4 address has four numbers"),
            ("fdaa:::1", "this is not an IPv6 address"),
            ("fdaa::1::2", "this is not an IPv6 address"),
            ("[fdaa::1", "the ] behind the address is missing"),
            (
                "[192.168.69.1]",
                "an IPv6 address is needed between [ and ]",
            ),
            ("[name]:7", "an IPv6 address is needed between [ and ]"),
            ("[fdaa::1]7", "only :PORT can stand behind"),
            ("name:", "\"\" is not a port"),
            ("name:0", "\"0\" is not a port"),
            ("192.168.69.1:70000", "\"70000\" is not a port"),
            ("name:http", "\"http\" is not a port"),
            ("fe80::1%", "the name of an interface is missing"),
            ("192.168.69.1%tap0", "only an IPv6 address"),
            ("name%tap0", "only an IPv6 address"),
        ] {
            let error = destination(text).expect_err(text);
            assert!(error.starts_with(sentence), "{text}: {error}");
        }
    }

    #[test]
    fn names_of_special_use_are_known_in_any_letter_case() {
        let is = |text: &str| {
            let destination = destination(text).expect("a destination");
            (destination.is_loopback(), destination.is_of_multicast_dns())
        };
        for text in ["localhost", "LocalHost.", "a.localhost", "127.9.9.9", "::1"] {
            assert_eq!(is(text), (true, false), "{text}");
        }
        for text in ["printer.local", "PRINTER.LOCAL.", "local"] {
            assert_eq!(is(text), (false, true), "{text}");
        }
        for text in [
            "notlocalhost",
            "localhost.example",
            "local.example",
            "fe80::1",
        ] {
            assert_eq!(is(text), (false, false), "{text}");
        }
    }
}
