//! How the hosts and the wire are.

use smoltcp::time::Duration;
use uppercase::simulation::{Conditions, Probability};
use uppercase::tcp::CongestionControl;

use crate::host::Plan;

/// How the hosts and the wire are. Each is a line of a [script](crate::script) with its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How long a frame takes from one end of the wire to the other, in milliseconds.
    pub delay: u64,
    /// How many of a hundred frames are lost by chance.
    pub loss: u32,
    /// What the wire carries in a second, in kilobits; 0 for any amount.
    pub rate: u64,
    /// How many frames wait for the wire at most, where it does not carry any amount.
    pub queue: usize,
    /// The longest IP packet that a router between clients and server forwards, in bytes; with
    /// [`WHOLE`] there is no router.
    pub mtu: usize,
    /// Whether what the router says of longer packets is lost on its way.
    pub filters_errors: bool,
    /// Each buffer of a connection, in bytes.
    pub buffer: usize,
    /// How many clients there are.
    pub clients: usize,
    /// How many connections the server has room for.
    pub places: usize,
    /// Whether a host holds back what is short while something is not acknowledged (RFC 1122, 4.2.3.4).
    pub nagle: bool,
    /// How long a host waits with an acknowledgement, in milliseconds.
    pub ack_delay: u64,
    /// How a sender reacts to loss.
    pub congestion: CongestionControl,
    /// Whether the server is one of plain smoltcp.
    pub is_plain: bool,
    /// Whether IPv6 is spoken, not IPv4.
    pub ipv6: bool,
}

/// What Ethernet carries in a frame, in bytes.
pub const WHOLE: usize = 1500;
/// The least that each path of IPv4 is taken to carry (RFC 791), and that IPv6 asks of each
/// (RFC 8200, 5), in bytes.
const LEAST_MTU: [usize; 2] = [576, 1280];

impl Default for Settings {
    fn default() -> Self {
        Self {
            delay: 20,
            loss: 0,
            rate: 0,
            queue: 16,
            mtu: WHOLE,
            filters_errors: false,
            buffer: 4096,
            clients: 1,
            places: 2,
            nagle: false,
            ack_delay: 0,
            congestion: CongestionControl::Cubic,
            is_plain: false,
            ipv6: false,
        }
    }
}

impl Settings {
    /// Changes the setting of this name. What cannot be is not changed; what is too large or too
    /// small is as large or as small as it can be.
    pub fn set(&mut self, name: &str, value: &str) {
        let number = |least: u64, most: u64| {
            let number: Option<u64> = value.parse().ok();
            number.map(|number| number.clamp(least, most))
        };
        let size = |least: u64, most: u64| number(least, most).map(|number| number as usize);
        let put = |place: &mut u64, number: Option<u64>| *place = number.unwrap_or(*place);
        let put_size = |place: &mut usize, size: Option<usize>| *place = size.unwrap_or(*place);
        match name {
            "delay" => put(&mut self.delay, number(0, 2000)),
            "loss" => self.loss = number(0, 100).map_or(self.loss, |percent| percent as u32),
            "rate" => put(&mut self.rate, number(0, 1_000_000)),
            "queue" => put_size(&mut self.queue, size(1, 1000)),
            "mtu" => put_size(&mut self.mtu, size(LEAST_MTU[0] as u64, WHOLE as u64)),
            "buffer" => put_size(&mut self.buffer, size(64, 65_535)),
            "clients" => put_size(&mut self.clients, size(1, 3)),
            "places" => put_size(&mut self.places, size(1, 4)),
            "ack" => put(&mut self.ack_delay, number(0, 500)),
            "icmp" => self.filters_errors = value == "filtered",
            "nagle" => self.nagle = value == "on",
            "server" => self.is_plain = value == "plain",
            "ip" => self.ipv6 = value == "6",
            "congestion" => {
                self.congestion = match value {
                    "none" => CongestionControl::None,
                    "reno" => CongestionControl::Reno,
                    _ => CongestionControl::Cubic,
                }
            }
            _ => {}
        }
    }

    /// The longest packet that the router forwards, if there is one.
    pub fn path(&self) -> Option<usize> {
        let least = LEAST_MTU[usize::from(self.ipv6)];
        (self.mtu < WHOLE).then_some(self.mtu.max(least))
    }

    /// Where the hosts are.
    pub fn plan(&self) -> Plan {
        Plan {
            ipv6: self.ipv6,
            is_routed: self.path().is_some(),
        }
    }

    /// What the wire does to frames: with a router, that of the server.
    pub fn conditions(&self) -> Conditions {
        Conditions::PERFECT
            .with_delay(self.delay())
            .with_loss(Probability::percent(self.loss))
            .with_bandwidth((self.rate > 0).then_some(self.rate * 1000))
            .with_queue(self.queue)
    }

    /// What the wire between the clients and the router does to frames.
    pub fn near_conditions(&self) -> Conditions {
        Conditions::PERFECT.with_delay(self.delay())
    }

    /// How long a frame takes: to the router and from it to the server half of the whole each.
    fn delay(&self) -> Duration {
        let whole = Duration::from_millis(self.delay);
        match self.path() {
            None => whole,
            Some(_) => whole / 2,
        }
    }
}
