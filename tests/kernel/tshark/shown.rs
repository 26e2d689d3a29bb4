//! What a ladder shows of a packet, and what it has to show by what `tshark` says of it.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::net::IpAddr;

use smoltcp::wire::IpEndpoint;
use uppercase::trace::{Frame, Value};

/// What `tshark` is asked for.
pub const FIELDS: [&str; 39] = [
    "frame.protocols",
    "frame.time_relative",
    "frame.len",
    "arp.opcode",
    "arp.src.proto_ipv4",
    "arp.dst.proto_ipv4",
    "arp.src.hw_mac",
    "ip.frag_offset",
    "ip.flags.mf",
    "ip.id",
    "ip.len",
    "ip.hdr_len",
    "ip.src",
    "ip.dst",
    "ipv6.src",
    "ipv6.dst",
    "tcp.flags",
    "tcp.seq",
    "tcp.seq_raw",
    "tcp.ack",
    "tcp.window_size",
    "tcp.len",
    "tcp.options.mss_val",
    "tcp.options.wscale.shift",
    "tcp.options.sack_le",
    "tcp.options.sack_re",
    "tcp.payload",
    "tcp.srcport",
    "tcp.dstport",
    "udp.srcport",
    "udp.dstport",
    "udp.length",
    "data.data",
    "icmp.type",
    "icmp.code",
    "icmpv6.type",
    "icmpv6.code",
    "icmpv6.nd.ns.target_address",
    "icmpv6.nd.na.target_address",
];
/// The hardware address of a neighbor is one of these.
pub const MORE_FIELDS: [&str; 1] = ["icmpv6.opt.linkaddr"];

/// Names and values of fields, in any order.
pub type Shown = BTreeSet<(&'static str, String)>;

const SYN: u16 = 1 << 1;
const RST: u16 = 1 << 2;
const ACK: u16 = 1 << 4;
const FLAGS: [&str; 8] = ["FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"];

/// What a ladder shows. Its judgements, such as `retransmission`, are not of the packet alone.
pub fn ours(frame: &Frame) -> Shown {
    let mut shown = Shown::new();
    shown.insert(("time", frame.sent.to_string()));
    shown.insert(("frame length", frame.length.to_string()));
    shown.insert(("protocol", frame.message.protocol.into()));
    for field in &frame.message.fields {
        let value = match &field.value {
            // Sequence numbers from before the first one wrap.
            Value::Number(number) => number.rem_euclid(1 << 32).to_string(),
            Value::Text(text) if field.name == "name" && frame.message.protocol == "TCP" => {
                sorted(text.split(' '))
            }
            Value::Text(text) => text.clone(),
            Value::Payload(bytes) => bytes.iter().fold(String::new(), |mut hex, byte| {
                let _ = write!(hex, "{byte:02x}");
                hex
            }),
        };
        if field.name != "note" {
            shown.insert((field.name, value));
        }
    }
    shown
}

fn sorted<'w>(words: impl Iterator<Item = &'w str>) -> String {
    let words: BTreeSet<&str> = words.collect();
    words.into_iter().collect::<Vec<_>>().join(" ")
}

/// One packet, as `tshark` has it.
pub struct Row<'r> {
    values: &'r [String],
}

impl<'r> Row<'r> {
    pub fn new(values: &'r [String]) -> Self {
        Self { values }
    }

    /// All values of a field, the outermost header's first; a message of ICMP has other headers in
    /// it.
    fn all(&self, name: &str) -> impl Iterator<Item = &'r str> {
        let mut names = FIELDS.iter().chain(&MORE_FIELDS);
        let index = names.position(|field| *field == name);
        let value = &self.values[index.expect("it was asked for")];
        value.split(',').filter(|value| !value.is_empty())
    }

    fn first(&self, name: &str) -> Option<&'r str> {
        self.all(name).next()
    }

    #[track_caller]
    fn text(&self, name: &str) -> &'r str {
        let value = self.first(name);
        value.unwrap_or_else(|| panic!("tshark has no {name}: {:?}", self.values))
    }

    #[track_caller]
    fn number(&self, name: &str) -> u64 {
        let text = self.text(name);
        let number = match text.strip_prefix("0x") {
            Some(hex) => u64::from_str_radix(hex, 16),
            None => text.parse(),
        };
        number.unwrap_or_else(|error| panic!("{name} {text}: {error}"))
    }

    /// What a ladder has to show.
    pub fn expected(&self) -> Shown {
        let mut shown = Shown::new();
        let (seconds, nanos) = self
            .text("frame.time_relative")
            .split_once('.')
            .expect("a time");
        let micros = seconds.parse::<u64>().expect("digits") * 1_000_000;
        let micros = micros + nanos.parse::<u64>().expect("digits") / 1000;
        shown.insert(("time", micros.to_string()));
        shown.insert(("frame length", self.text("frame.len").into()));
        let protocols: Vec<_> = self.text("frame.protocols").split(':').collect();
        let has = |protocol| protocols.contains(&protocol);
        let protocol = if self.is_fragment() {
            self.fragment(&mut shown);
            "IPv4"
        } else if has("arp") {
            self.arp(&mut shown);
            "ARP"
        } else if has("icmp") {
            self.icmp(&mut shown);
            "ICMP"
        } else if has("icmpv6") {
            self.icmpv6(&mut shown)
        } else if has("tcp") {
            self.tcp(&mut shown);
            "TCP"
        } else {
            assert!(has("udp"), "{protocols:?}");
            self.udp(&mut shown);
            "UDP"
        };
        shown.insert(("protocol", protocol.into()));
        shown
    }

    fn is_fragment(&self) -> bool {
        let has_more = matches!(self.first("ip.flags.mf"), Some("1" | "True"));
        has_more
            || self
                .first("ip.frag_offset")
                .is_some_and(|offset| offset != "0")
    }

    /// Its source and its destination, where a ladder has its ports.
    pub fn endpoints(&self) -> Option<[IpEndpoint; 2]> {
        if self.is_fragment() {
            return None;
        }
        let protocol = self.text("frame.protocols").split(':');
        let protocol =
            protocol.filter(|protocol| ["tcp", "udp", "icmp", "icmpv6"].contains(protocol));
        let protocol = protocol
            .take(1)
            .find(|protocol| !protocol.starts_with("icmp"))?;
        Some(["src", "dst"].map(|end| {
            let address = self.first(&format!("ip.{end}"));
            let address = address.unwrap_or_else(|| self.text(&format!("ipv6.{end}")));
            let address: IpAddr = address.parse().expect("an address");
            let port = self.number(&format!("{protocol}.{end}port"));
            IpEndpoint::new(address.into(), port as u16)
        }))
    }

    fn arp(&self, shown: &mut Shown) {
        let (source, target) = (
            self.text("arp.src.proto_ipv4"),
            self.text("arp.dst.proto_ipv4"),
        );
        match self.number("arp.opcode") {
            1 => {
                shown.insert(("name", "ARP request".into()));
                shown.insert(("address", target.into()));
            }
            2 => {
                shown.insert(("name", "ARP reply".into()));
                shown.insert(("address", source.into()));
                shown.insert(("hardware", self.text("arp.src.hw_mac").into()));
            }
            other => panic!("no stack sends ARP {other}"),
        }
    }

    fn fragment(&self, shown: &mut Shown) {
        let more = matches!(self.text("ip.flags.mf"), "1" | "True");
        shown.insert(("name", "IPv4 fragment".into()));
        // In units of 8 bytes, as in the header.
        let offset = self.number("ip.frag_offset") * 8;
        shown.insert(("offset", offset.to_string()));
        let length = self.number("ip.len") - self.number("ip.hdr_len");
        shown.insert(("length", length.to_string()));
        shown.insert(("more", if more { "more follow" } else { "the last" }.into()));
        shown.insert(("of", "UDP".into()));
        shown.insert(("id", self.number("ip.id").to_string()));
    }

    fn tcp(&self, shown: &mut Shown) {
        let flags = self.number("tcp.flags") as u16;
        let names = FLAGS.iter().enumerate();
        let names = names.filter(|(bit, _)| flags & 1 << bit != 0);
        shown.insert(("name", sorted(names.map(|(_, name)| *name))));
        let sequence = match flags & RST != 0 && self.number("tcp.seq_raw") == 0 {
            // Of a host without a connection (RFC 9293, 3.10.7.1): it has no first number, and tshark
            // takes this one for the second.
            true => "0",
            false => self.text("tcp.seq"),
        };
        shown.insert(("sequence", sequence.into()));
        if flags & ACK != 0 {
            shown.insert(("acknowledgement", self.text("tcp.ack").into()));
        }
        if flags & RST == 0 {
            shown.insert(("window", self.text("tcp.window_size").into()));
        }
        if flags & SYN != 0 {
            shown.insert(("mss", self.text("tcp.options.mss_val").into()));
            shown.insert(("scale", self.text("tcp.options.wscale.shift").into()));
            shown.insert(("option", "SACK".into()));
        }
        let edges = self
            .all("tcp.options.sack_le")
            .zip(self.all("tcp.options.sack_re"));
        for (left, right) in edges {
            shown.insert(("selective", format!("{left}-{right}")));
        }
        if self.number("tcp.len") > 0 {
            shown.insert(("length", self.text("tcp.len").into()));
            shown.insert(("payload", beginning(self.text("tcp.payload"))));
        }
    }

    fn udp(&self, shown: &mut Shown) {
        let length = self.number("udp.length") - 8;
        shown.insert(("name", "UDP".into()));
        shown.insert(("length", length.to_string()));
        if length > 0 {
            shown.insert(("payload", beginning(self.text("data.data"))));
        }
    }

    fn icmp(&self, shown: &mut Shown) {
        let (kind, code) = (self.number("icmp.type"), self.number("icmp.code"));
        assert_eq!((kind, code), (3, 3), "no stack sends another one");
        shown.insert(("name", "ICMP port unreachable".into()));
        self.quoted(shown);
    }

    fn icmpv6(&self, shown: &mut Shown) -> &'static str {
        let hardware = self.first("icmpv6.opt.linkaddr");
        match (self.number("icmpv6.type"), self.number("icmpv6.code")) {
            (135, 0) => {
                shown.insert(("name", "neighbor solicitation".into()));
                let target = self.text("icmpv6.nd.ns.target_address");
                shown.insert(("address", target.into()));
                "NDP"
            }
            (136, 0) => {
                shown.insert(("name", "neighbor advertisement".into()));
                let target = self.text("icmpv6.nd.na.target_address");
                shown.insert(("address", target.into()));
                let hardware = hardware.map(|address| ("hardware", address.into()));
                shown.extend(hardware);
                "NDP"
            }
            (1, 4) => {
                shown.insert(("name", "ICMPv6 port unreachable".into()));
                self.quoted(shown);
                "ICMPv6"
            }
            other => panic!("no stack sends {other:?}"),
        }
    }

    fn quoted(&self, shown: &mut Shown) {
        let (source, destination) = (self.text("udp.srcport"), self.text("udp.dstport"));
        shown.insert(("quoted", format!("UDP {source} → {destination}")));
    }
}

/// As much of a payload as a ladder keeps, in hexadecimal digits.
fn beginning(hex: &str) -> String {
    hex[..hex.len().min(512)].into()
}
