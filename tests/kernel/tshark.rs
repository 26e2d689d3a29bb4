//! Capture files, and what `tshark` says of them.

mod runs;
mod shown;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::net::{SocketAddr, UdpSocket};
use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

use smoltcp::phy::Medium;
use smoltcp::wire::IpEndpoint;
use uppercase::device::capture::Direction;
use uppercase::trace::file::records;
use uppercase::trace::pcapng::{LinkType, Packet, Reader};

use crate::command::{own_directory, run, start, wait_for, words};
use crate::namespace::tool;
use shown::{FIELDS, MORE_FIELDS, Row, ours};

/// Checksums are verified, each packet is shown by itself, and no name is looked up.
const OPTIONS: [&str; 8] = [
    "ip.check_checksum:TRUE",
    "tcp.check_checksum:TRUE",
    "udp.check_checksum:TRUE",
    "ip.defragment:FALSE",
    "ipv6.defragment:FALSE",
    "tcp.desegment_tcp_streams:FALSE",
    "tcp.analyze_sequence_numbers:TRUE",
    "tcp.relative_sequence_numbers:TRUE",
];

/// What is wrong with a packet.
const PROBLEMS: &str = "_ws.malformed || _ws.short || ip.checksum.status == Bad || \
    tcp.checksum.status == Bad || udp.checksum.status == Bad || icmp.checksum.status == Bad || \
    icmpv6.checksum.status == Bad";

/// `tshark` on a file, without the configuration of the user.
fn tshark(file: &Path) -> Command {
    let mut tshark = tool("tshark");
    tshark.env("HOME", "/nonexistent");
    // That port is one of HPR to it (RFC 2353).
    tshark
        .args(["-n", "-d", "udp.port==12000,data", "-r"])
        .arg(file);
    for option in OPTIONS {
        tshark.args(["-o", option]);
    }
    tshark
}

fn output(command: &mut Command) -> String {
    let outcome = run(command, "");
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    String::from_utf8(outcome.stdout).expect("text")
}

/// These fields of each packet. Those that it has more than once are joined by commas.
fn all_fields(file: &Path, names: &[&str]) -> Vec<Vec<String>> {
    let mut tshark = tshark(file);
    tshark.args(["-T", "fields", "-E", "separator=/t", "-E", "aggregator=,"]);
    for name in names {
        tshark.args(["-e", name]);
    }
    let output = output(&mut tshark);
    let row = |line: &str| line.split('\t').map(String::from).collect();
    output.lines().map(row).collect()
}

/// The same, with one array of `N` fields for each packet.
pub fn fields<const N: usize>(file: &Path, names: [&str; N]) -> Vec<[String; N]> {
    let rows = all_fields(file, &names).into_iter();
    rows.map(|row| row.try_into().expect("as many fields as were asked for"))
        .collect()
}

/// Fails if `tshark` finds a packet that is malformed, cut, or has a bad checksum.
#[track_caller]
pub fn assert_no_problem(file: &Path) {
    let problems = output(tshark(file).args(["-Y", PROBLEMS]));
    assert_eq!(problems, "");
}

/// The packets of a file that is good.
#[track_caller]
pub fn packets(file: &Path) -> Vec<Packet> {
    let packets = Reader::new(File::open(file).expect("a file")).expect("a capture");
    packets.map(|packet| packet.expect("it is whole")).collect()
}

pub fn simulated_runs_are_read_as_tshark_reads_them() {
    let file = own_directory().join("runs.pcapng");
    let media = [Medium::Ethernet, Medium::Ip];
    runs::write(File::create(&file).expect("a file"), &media, 1000);
    assert_no_problem(&file);

    let packets = packets(&file);
    let rows = fields(
        &file,
        [
            "frame.interface_id",
            "frame.interface_name",
            "frame.packet_flags_direction",
            "frame.time_epoch",
            "frame.cap_len",
            "frame.len",
        ],
    );
    assert!(packets.len() > 10_000, "{}", packets.len());
    assert_eq!(packets.len(), rows.len());
    for (number, (packet, row)) in packets.iter().zip(rows).enumerate() {
        let direction = match packet.direction.expect("it is known") {
            Direction::Inbound => "0x00000001",
            Direction::Outbound => "0x00000002",
        };
        let time = packet.time;
        let ours = [
            packet.interface.index.to_string(),
            packet.interface.name.clone().expect("it has one"),
            direction.to_owned(),
            format!("{}.{:09}", time.as_secs(), time.subsec_nanos()),
            packet.bytes.len().to_string(),
            packet.original_length.to_string(),
        ];
        assert_eq!(ours, row, "packet {}", number + 1);
    }
}

/// The formats that `editcap` writes, and whether they have interfaces' names and directions.
const FORMATS: [(&str, bool); 4] = [
    ("pcapng", true),
    ("pcap", false),
    ("nsecpcap", false),
    ("modpcap", false),
];

pub fn files_that_editcap_writes_have_the_same_packets() {
    let directory = own_directory();
    let file = directory.join("runs.pcapng");
    runs::write(
        File::create(&file).expect("a file"),
        &[Medium::Ethernet],
        20,
    );
    let ours = packets(&file);
    for (format, is_complete) in FORMATS {
        let copy = directory.join(format);
        let outcome = run(
            tool("editcap").args(["-F", format]).args([&file, &copy]),
            "",
        );
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        let theirs = packets(&copy);
        assert_eq!(ours.len(), theirs.len(), "{format}");
        for (ours, theirs) in ours.iter().zip(&theirs) {
            assert_eq!(ours.bytes, theirs.bytes, "{format}");
            assert_eq!(ours.time, theirs.time, "{format}");
            assert_eq!(ours.interface.link, theirs.interface.link, "{format}");
            if is_complete {
                assert_eq!(ours.interface.name, theirs.interface.name, "{format}");
                assert_eq!(ours.direction, theirs.direction, "{format}");
            }
        }
    }
}

/// What `tcpdump` is started with, and the link type that it then writes.
const CAPTURES: [(&str, LinkType); 4] = [
    ("-i lo", LinkType::Ethernet),
    ("-i lo --time-stamp-precision=nano", LinkType::Ethernet),
    ("-i any -y LINUX_SLL", LinkType::LinuxCooked),
    ("-i any -y LINUX_SLL2", LinkType::LinuxCooked2),
];

pub fn files_that_tcpdump_writes_are_read() {
    let file = own_directory().join("lo.pcap");
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
    for (arguments, link) in CAPTURES {
        let mut tcpdump = tool("tcpdump");
        let filter = words("-Z root -c 1 dst host 127.0.0.9 and udp dst port 12000");
        tcpdump
            .args(words(arguments))
            .arg("-w")
            .arg(&file)
            .args(filter);
        let mut tcpdump = start(&mut tcpdump);
        // It does not see what was sent before it listens.
        wait_for("a packet", || {
            let _ = socket.send_to(b"hello", "127.0.0.9:12000");
            tcpdump.has_ended().then_some(())
        });
        assert_eq!(tcpdump.end().code, Some(0), "{arguments}");

        let packets = packets(&file);
        assert_eq!(packets.len(), 1, "{arguments}");
        assert_eq!(packets[0].interface.link, link, "{arguments}");
        let age = SystemTime::UNIX_EPOCH.elapsed().expect("it is later") - packets[0].time;
        assert!(age.as_secs() < 600, "{arguments}: {age:?}");
        let (medium, frame) = packets[0].frame().expect("it is one of IP");
        let packet = match medium {
            Medium::Ethernet => &frame[14..],
            Medium::Ip => &frame[..],
        };
        assert_eq!(packet[..1], [0x45], "{arguments}");
        assert!(packet.ends_with(b"hello"), "{arguments}");
    }
}

pub fn simulated_runs_are_shown_as_tshark_reads_them() {
    let file = own_directory().join("runs.pcapng");
    let media = [Medium::Ethernet, Medium::Ip];
    runs::write(File::create(&file).expect("a file"), &media, 1000);
    let reader = Reader::new(File::open(&file).expect("a file")).expect("a capture");
    let frames = records(reader);
    assert!(frames.error.is_none(), "{:?}", frames.error);
    let ladder = frames.ladder();

    let names: Vec<_> = FIELDS.into_iter().chain(MORE_FIELDS).collect();
    let rows = all_fields(&file, &names);
    assert_eq!(ladder.frames().len(), rows.len());
    let mut protocols = BTreeMap::new();
    let (mut last, mut flows) = (None, 0);
    for (number, (frame, row)) in ladder.frames().iter().zip(&rows).enumerate() {
        let (ours, theirs) = (ours(frame), Row::new(row).expected());
        assert_eq!(ours, theirs, "packet {}", number + 1);
        // Addresses and ports stand where they are other ones than before.
        let flow = Row::new(row).endpoints().and_then(|[source, destination]| {
            let flow = BTreeSet::from([source, destination]);
            let is_another = last.replace(flow.clone()) != Some(flow);
            is_another.then(|| format!("{} → {}", socket(source), socket(destination)))
        });
        assert_eq!(frame.flow, flow, "packet {}", number + 1);
        flows += usize::from(flow.is_some());
        *protocols.entry(frame.message.protocol).or_insert(0) += 1;
    }
    assert!(flows > 800, "{flows}");
    for protocol in ["ARP", "ICMP", "ICMPv6", "IPv4", "NDP", "TCP", "UDP"] {
        assert!(protocols.contains_key(protocol), "{protocols:?}");
    }
}

/// An address of IPv6 stands in brackets before its port (RFC 5952, 6).
fn socket(endpoint: IpEndpoint) -> SocketAddr {
    SocketAddr::new(endpoint.addr.into(), endpoint.port)
}
