//! The hosts on each side: names, addresses and ports, and which of them a frame has to name.

use std::collections::BTreeSet;
use std::format;
use std::net::SocketAddr;
use std::string::{String, ToString};
use std::vec::Vec;

use smoltcp::wire::{IpAddress, IpEndpoint};

use super::frame::Frame;
use super::quote::plain;
use super::record::Record;
use super::row::{Kind, Part, Row};
use super::sides::Side;
use super::sight::Sight;

/// Addresses that a title names before it counts them.
const MOST_ADDRESSES: usize = 2;

/// Addresses of a side that are kept.
const MOST_KEPT: usize = 1000;

/// The hosts on both sides.
#[derive(Debug, Default)]
pub(super) struct Hosts {
    parties: [Party; 2],
    /// The ports of the last frame that has some.
    last: Option<(IpEndpoint, IpEndpoint)>,
}

/// The hosts on one side.
#[derive(Debug, Default)]
struct Party {
    names: Vec<String>,
    /// Addresses with ports, in the order in which they are seen.
    addresses: Vec<IpAddress>,
    /// Addresses that were seen in other frames only.
    others: Vec<IpAddress>,
    ports: BTreeSet<u16>,
    /// Whether there may be more hosts than those that were seen.
    is_open: bool,
}

impl Hosts {
    /// Takes note of the hosts of a frame.
    pub(super) fn see(&mut self, frame: &Frame, record: &Record, sight: &Sight<'_>) {
        let [from, to] = [frame.from, frame.to()].map(Side::index);
        self.parties[from].name(record.from.as_deref());
        self.parties[to].name(record.to.as_deref());
        if let Some((source, destination)) = frame.endpoints {
            self.parties[from].port(source);
            self.parties[to].port(destination);
        } else if let Some(source) = sight.source() {
            add(&mut self.parties[from].others, source);
        }
    }

    /// Has frames name what the titles do not say, as titles are drawn before all hosts are known:
    /// only the side that answers is known then.
    pub(super) fn expect_more(&mut self) {
        self.parties[Side::Left.index()].is_open = true;
    }

    /// What stands above each side.
    pub(super) fn titles(&self) -> [Vec<String>; 2] {
        self.parties.each_ref().map(Party::title)
    }

    /// Lets each frame name its ports where they are other ones than those of the frame with ports
    /// before it, and its addresses where there are several on its side.
    pub(super) fn name_flows(&mut self, frames: &mut [Frame], rows: &[Row]) {
        let is_one = self.parties.each_ref().map(Party::is_one);
        for row in rows {
            let Kind::Frame(index, Part::Whole | Part::Departure) = row.kind else {
                continue;
            };
            let frame = &mut frames[index];
            let Some((source, destination)) = frame.endpoints else {
                continue;
            };
            let flow = (source.min(destination), source.max(destination));
            if is_one == [true; 2] || self.last.replace(flow) == Some(flow) {
                continue;
            }
            let [from, to] = [frame.from, frame.to()].map(Side::index);
            let [shown_from, shown_to] = [
                self.parties[from].shown(source),
                self.parties[to].shown(destination),
            ];
            // The other side has only one port, which its title says.
            frame.flow = Some(match (is_one[from], is_one[to]) {
                (true, _) => format!("{shown_to}:"),
                (_, true) => format!("{shown_from}:"),
                _ => format!("{shown_from} → {shown_to}"),
            });
        }
    }
}

impl Party {
    fn name(&mut self, name: Option<&str>) {
        let name = name.map(plain);
        self.names
            .extend(name.filter(|name| !self.names.contains(name)));
    }

    fn port(&mut self, endpoint: IpEndpoint) {
        if !endpoint.addr.is_multicast() && !endpoint.addr.is_unspecified() {
            add(&mut self.addresses, endpoint.addr);
        }
        // More than a few are not one.
        if self.ports.len() < 2 {
            self.ports.insert(endpoint.port);
        }
    }

    /// Whether the title says all that there is to say of ports.
    fn is_one(&self) -> bool {
        // Of a host with a name it makes no difference which of its addresses it is.
        let is_one_host = self.addresses.len() <= 1 || self.names.len() == 1;
        is_one_host && self.ports.len() <= 1 && !self.is_open
    }

    fn shown(&self, endpoint: IpEndpoint) -> String {
        match self.addresses.len() {
            0 | 1 if !self.is_open => endpoint.port.to_string(),
            _ => with_port(endpoint),
        }
    }

    fn title(&self) -> Vec<String> {
        let mut title: Vec<String> = match &self.names[..] {
            [] => Vec::new(),
            names => std::vec![names.join(", ")],
        };
        let addresses = match self.addresses.is_empty() {
            true => &self.others,
            false => &self.addresses,
        };
        let port = match (&addresses[..], self.ports.first()) {
            ([address], Some(port)) if self.ports.len() == 1 => {
                Some(with_port(IpEndpoint::new(*address, *port)))
            }
            _ => None,
        };
        if let Some(port) = port {
            title.push(port);
            return title;
        }
        let shown = addresses.iter().take(MOST_ADDRESSES);
        title.extend(shown.map(IpAddress::to_string));
        match addresses.len().saturating_sub(MOST_ADDRESSES) {
            0 => {}
            1 => title.push("and 1 other".into()),
            more => title.push(format!("and {more} others")),
        }
        title
    }
}

/// An address with a port: one of IPv6 is in brackets (RFC 3986, 3.2.2).
fn with_port(endpoint: IpEndpoint) -> String {
    SocketAddr::new(endpoint.addr.into(), endpoint.port).to_string()
}

fn add(addresses: &mut Vec<IpAddress>, address: IpAddress) {
    let is_full = addresses.len() >= MOST_KEPT;
    if !address.is_unspecified() && !is_full && !addresses.contains(&address) {
        addresses.push(address);
    }
}
