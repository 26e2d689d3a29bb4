//! What `serve` has seen, which it prints after SIGUSR1 and at the end.

use std::fmt;

use uppercase::trace::json::Object;
use uppercase::{stack, tcp, udp};

use super::reporter::Printed;

/// How often something has happened.
pub struct Count {
    /// Its name for programs.
    pub name: &'static str,
    pub count: u64,
    /// What it is, in words behind the number.
    pub what: &'static str,
}

/// What has passed a device.
pub struct Traffic {
    /// What the device is.
    pub device: &'static str,
    /// Frames that have come.
    pub received_frames: u64,
    /// Frames that have left.
    pub sent_frames: u64,
    /// How many there were of others, and what has become of them.
    pub notes: Vec<Count>,
}

/// All counts since the start.
pub struct Report {
    parts: Vec<Part>,
}

/// The counts of one layer.
struct Part {
    /// Its name for programs.
    name: &'static str,
    /// What is printed of the part in any case; nothing, if it has notes only.
    title: String,
    /// The numbers of the title.
    totals: Vec<(&'static str, u64)>,
    /// A line is printed for each of which there was any.
    notes: Vec<Count>,
}

impl Report {
    pub fn new(
        tcp: Option<tcp::Counters>,
        udp: Option<udp::Counters>,
        stack: stack::Counters,
        traffic: Traffic,
    ) -> Self {
        let tcp = tcp.map(|tcp| of_tcp(tcp, stack));
        let udp = udp.map(of_udp);
        let ip = [of_dropped(stack), of_refused(stack), of_device(traffic)];
        Self {
            parts: tcp.into_iter().chain(udp).chain(ip).collect(),
        }
    }
}

fn of_tcp(tcp: tcp::Counters, stack: stack::Counters) -> Part {
    Part {
        name: "tcp",
        title: format!("TCP: {} opened", counted(tcp.opened, "connection")),
        totals: vec![("opened", tcp.opened.into())],
        notes: notes(&[
            ("expired", tcp.expired, "ended: the client took too long"),
            ("queued", stack.queued, "SYNs waited for a free slot"),
            (
                "dropped",
                stack.dropped,
                "SYNs dropped: the backlog was full",
            ),
            (
                "copies",
                stack.copies,
                "SYNs dropped: they were answered before",
            ),
            ("cookies", stack.cookies, "SYNs answered with a SYN cookie"),
            ("proven", stack.proven, "connections opened by a SYN cookie"),
        ]),
    }
}

fn of_udp(udp: udp::Counters) -> Part {
    Part {
        name: "udp",
        title: format!("UDP: {} answered", counted(udp.answered, "datagram")),
        totals: vec![("answered", udp.answered.into())],
        notes: notes(&[
            (
                "too_large",
                udp.too_large,
                "dropped: the answer is too long for a datagram",
            ),
            (
                "unanswerable",
                udp.unanswerable,
                "dropped: an answer is not allowed, or could begin a loop",
            ),
        ]),
    }
}

fn of_dropped(stack: stack::Counters) -> Part {
    let notes = notes(&[
        (
            "misdirected",
            stack.misdirected,
            "for other hosts, or for a group, as on any network",
        ),
        (
            "forged",
            stack.forged,
            "from an address that no other host can have",
        ),
        (
            "group_source",
            stack.group_source,
            "from an Ethernet group address",
        ),
        (
            "group_frame",
            stack.group_frame,
            "for one host, in a frame for a group",
        ),
        (
            "unroutable",
            stack.unroutable,
            "from a source to which there is no route",
        ),
        ("source_route", stack.source_route, "with a source route"),
        ("corrupt", stack.corrupt, "with a wrong header or checksum"),
        (
            "untaken",
            stack.untaken,
            "datagrams with a wrong checksum, or for a full queue",
        ),
        (
            "hidden",
            stack.hidden,
            "fragments, or TCP behind other headers",
        ),
        (
            "too_long",
            stack.too_long,
            "to send, but longer than the link carries",
        ),
        (
            "unknown",
            stack.unknown,
            "frames that are neither ARP nor IP, or cut short",
        ),
    ]);
    let sum: u64 = notes.iter().map(|note| note.count).sum();
    Part {
        name: "dropped",
        title: format!("IP: {} dropped", counted(sum, "packet")),
        totals: vec![("packets", sum)],
        notes,
    }
}

fn of_refused(stack: stack::Counters) -> Part {
    let refused = u64::from(stack.unserved);
    let packets = counted(refused, "packet");
    let title = format!("IP: {packets} refused, as nothing serves the port or protocol");
    Part {
        name: "refused",
        title: if refused > 0 { title } else { String::new() },
        totals: vec![("packets", refused)],
        notes: notes(&[(
            "limited",
            stack.limited,
            "without an ICMP error: there were too many",
        )]),
    }
}

fn of_device(traffic: Traffic) -> Part {
    let received = counted(traffic.received_frames, "frame");
    let sent = traffic.sent_frames;
    Part {
        name: "device",
        title: format!("{}: {received} received, {sent} sent", traffic.device),
        totals: vec![
            ("received_frames", traffic.received_frames),
            ("sent_frames", sent),
        ],
        notes: traffic.notes,
    }
}

fn notes(counts: &[(&'static str, u32, &'static str)]) -> Vec<Count> {
    let counts = counts.iter().map(|&(name, count, what)| Count {
        name,
        count: count.into(),
        what,
    });
    counts.collect()
}

/// What there was none of is left out, but for the first line of each part.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in &self.parts {
            if !part.title.is_empty() {
                writeln!(f, "{}", part.title)?;
            }
            for note in part.notes.iter().filter(|note| note.count > 0) {
                writeln!(f, "  {} {}", note.count, note.what)?;
            }
        }
        Ok(())
    }
}

/// All counts, those of nothing, too.
impl Printed for Report {
    fn json(&self) -> Object {
        let mut report = Object::new();
        report.text("report", "counters");
        for part in &self.parts {
            let mut counts = Object::new();
            let notes = part.notes.iter().map(|note| (note.name, note.count));
            for (name, count) in part.totals.iter().copied().chain(notes) {
                counts.number(name, count);
            }
            report.raw(part.name, &counts.end());
        }
        report
    }
}

/// A number of things: one of them, or several.
fn counted(count: impl Into<u64>, thing: &str) -> String {
    match count.into() {
        1 => format!("1 {thing}"),
        count => format!("{count} {thing}s"),
    }
}
