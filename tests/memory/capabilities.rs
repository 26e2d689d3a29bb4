//! What a device says of itself counts for smoltcp behind the link layer, too.

use std::collections::VecDeque;

use smoltcp::phy::{Device, DeviceCapabilities, Medium, PacketMeta, RxToken, TxToken};
use smoltcp::time::Instant;
use smoltcp::wire::{IpCidr, IpEndpoint, TcpControl, TcpRepr, TcpSeqNumber};
use uppercase::link::EthernetAddress;
use uppercase::stack::Config;
use uppercase::{Servers, Stack, tcp, udp};

use super::common::Text;
use super::common::frames::{self, read_tcp};
use super::common::network::{CLIENT, Link, SERVER};

const LINKS: [Link; 2] = [Link::IP_V4, Link::ETHERNET_V4];
const FIRST: TcpSeqNumber = TcpSeqNumber(1000);

/// A device that says of itself what the test wants.
struct Fake {
    capabilities: DeviceCapabilities,
    received: VecDeque<Vec<u8>>,
    transmitted: Vec<(Vec<u8>, PacketMeta)>,
}

struct Receive(Vec<u8>);

impl RxToken for Receive {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, read: F) -> R {
        read(&self.0)
    }
}

struct Transmit<'t>(&'t mut Vec<(Vec<u8>, PacketMeta)>, PacketMeta);

impl TxToken for Transmit<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, fill: F) -> R {
        let mut frame = vec![0; length];
        let result = fill(&mut frame);
        self.0.push((frame, self.1));
        result
    }

    fn set_meta(&mut self, meta: PacketMeta) {
        self.1 = meta;
    }
}

impl Device for Fake {
    type RxToken<'t> = Receive;
    type TxToken<'t> = Transmit<'t>;

    fn receive(&mut self, _: Instant) -> Option<(Receive, Transmit<'_>)> {
        let frame = self.received.pop_front()?;
        let transmit = Transmit(&mut self.transmitted, PacketMeta::default());
        Some((Receive(frame), transmit))
    }

    fn transmit(&mut self, _: Instant) -> Option<Transmit<'_>> {
        Some(Transmit(&mut self.transmitted, PacketMeta::default()))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        self.capabilities.clone()
    }
}

fn capabilities(link: Link) -> DeviceCapabilities {
    let mut capabilities = DeviceCapabilities::default();
    capabilities.medium = link.medium;
    capabilities.max_transmission_unit = header(link) + 1500;
    capabilities
}

fn header(link: Link) -> usize {
    match link.medium {
        Medium::Ethernet => 14,
        _ => 0,
    }
}

/// The frames that a server transmits to a client that sends 2800 bytes, after its SYN-ACK.
fn answers(link: Link, capabilities: DeviceCapabilities) -> Vec<(Vec<u8>, PacketMeta)> {
    let device = Fake {
        capabilities,
        received: VecDeque::new(),
        transmitted: Vec::new(),
    };
    let config = Config::new(EthernetAddress([2, 0, 0, 0, 0, SERVER]), 1)
        .with_addresses(&[IpCidr::new(link.address(SERVER), 24)]);
    let now = Instant::ZERO;
    let mut stack = Stack::new(device, config, vec![], now).expect("the configuration is right");
    let mut pool = tcp::Pool::<1, 8192, 8192, Text>::new();
    let mut datagrams = udp::Buffers::<1, 64>::new();
    let mut servers = Servers::new(
        stack.sockets(),
        &mut pool,
        &mut datagrams,
        tcp::Config::default(),
    )
    .expect("there is a slot");
    let client = IpEndpoint::new(link.address(CLIENT), 40_000);
    let segment = TcpRepr {
        seq_number: FIRST,
        window_len: 60_000,
        ..frames::segment(client, link.server())
    };
    let mut send = |segment: &TcpRepr<'_>| {
        let frame = frames::tcp(link, client.addr, link.server().addr, segment);
        stack.device_mut().received.push_back(frame);
        for _ in 0..8 {
            let _ = stack.poll(now, &mut servers);
        }
        std::mem::take(&mut stack.device_mut().transmitted)
    };
    let answered = send(&TcpRepr {
        control: TcpControl::Syn,
        max_seg_size: Some(1400),
        ..segment
    });
    // Its checksum may be left to the device.
    let number = answered[0].0[header(link) + 24..][..4].try_into();
    let own = TcpSeqNumber(i32::from_be_bytes(number.expect("4 bytes")));
    let acknowledgement = TcpRepr {
        seq_number: FIRST + 1,
        ack_number: Some(own + 1),
        ..segment
    };
    send(&acknowledgement);
    let text = [b'x'; 1400];
    let first = TcpRepr {
        payload: &text,
        ..acknowledgement
    };
    let second = TcpRepr {
        seq_number: FIRST + 1 + text.len(),
        ..first
    };
    let mut transmitted = send(&second); // It comes first, so that the service gets both at once.
    transmitted.extend(send(&first));
    transmitted
}

#[test]
#[cfg(feature = "segmentation")]
fn device_that_cuts_segments_gets_several_at_once() {
    for link in LINKS {
        let mut capabilities = capabilities(link);
        capabilities.checksum.tcp = smoltcp::phy::Checksum::None;
        capabilities.segmentation.tcpv4 = std::num::NonZeroUsize::new(65_535);
        let answers = answers(link, capabilities);
        let cut = answers.iter().find_map(|(frame, meta)| {
            let segment = meta.segmentation_offload_size?;
            Some((frame.len() - header(link) - 40, segment.get()))
        });
        let (payload, segment) = cut.expect("a frame for the device to cut");
        assert_eq!(segment, 1400, "{link:?}");
        assert!(payload > 1400, "{payload} bytes for {link:?}");
    }
}

#[test]
#[cfg(feature = "segmentation")]
fn capabilities_that_contradict_each_other_are_no_panic() {
    for link in LINKS {
        for checksum in [smoltcp::phy::Checksum::Both, smoltcp::phy::Checksum::None] {
            for longest in [1, 40, 1500, 65_535, usize::MAX] {
                let mut capabilities = capabilities(link);
                capabilities.checksum.tcp = checksum;
                capabilities.segmentation.tcpv4 = std::num::NonZeroUsize::new(longest);
                assert!(!answers(link, capabilities).is_empty());
            }
        }
    }
}

#[test]
fn window_is_not_larger_than_the_longest_burst() {
    for link in LINKS {
        for (most, largest) in [(1, 1460), (2, 2920), (usize::MAX, 8192)] {
            let mut capabilities = capabilities(link);
            capabilities.max_burst_size = Some(most);
            let answers = answers(link, capabilities);
            let segments = answers
                .iter()
                .filter_map(|(frame, _)| read_tcp(link, frame));
            let windows: Vec<_> = segments.map(|(.., segment)| segment.window_len).collect();
            assert_eq!(windows.iter().max(), Some(&largest), "{windows:?}");
        }
    }
}
