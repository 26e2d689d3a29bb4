//! A device that has room again only some time after each frame, as that of a network card has.

use super::common;

use std::cell::Cell;

use smoltcp::phy::{Device, DeviceCapabilities, RxToken, TxToken};
use smoltcp::time::Instant;
use smoltcp::wire::{IpCidr, IpEndpoint, IpProtocol, Ipv4Packet};
use uppercase::device::wire::Wire;
use uppercase::link::EthernetAddress;
use uppercase::stack::{Config, FRAGMENTATION_OVERHEAD};
use uppercase::{PORT, Stack, udp};

use common::Text;
use common::frames;
use common::network::{CLIENT, Link, SERVER};

const LINK: Link = Link::IP_V4;

/// Has room for one frame, but not before it has been asked for some time.
struct Slow<D> {
    device: D,
    /// How often a stack asks after each frame and gets no token, and how often it still does.
    patience: u32,
    refusals: Cell<u32>,
}

struct Slowed<'t, T>(T, u32, &'t Cell<u32>);

impl<T: TxToken> TxToken for Slowed<'_, T> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, fill: F) -> R {
        self.2.set(self.1);
        self.0.consume(length, fill)
    }
}

impl<D: Device> Device for Slow<D> {
    type RxToken<'t>
        = D::RxToken<'t>
    where
        Self: 't;
    type TxToken<'t>
        = Slowed<'t, D::TxToken<'t>>
    where
        Self: 't;

    fn receive(&mut self, now: Instant) -> Option<(Self::RxToken<'_>, Self::TxToken<'_>)> {
        let (receive, transmit) = self.device.receive(now)?;
        Some((receive, Slowed(transmit, self.patience, &self.refusals)))
    }

    fn transmit(&mut self, now: Instant) -> Option<Self::TxToken<'_>> {
        if let Some(fewer) = self.refusals.get().checked_sub(1) {
            self.refusals.set(fewer);
            return None;
        }
        let token = self.device.transmit(now)?;
        Some(Slowed(token, self.patience, &self.refusals))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        self.device.capabilities()
    }
}

#[test]
fn answers_in_several_fragments_all_leave_whole() {
    for patience in (0..4).chain(126..131).chain(254..260) {
        answers_leave_whole(patience);
    }
}

fn answers_leave_whole(patience: u32) {
    let wire = Wire::<8, 1500>::new();
    let (device, mut peer) = wire.ports(LINK.medium);
    let device = Slow {
        device,
        patience,
        refusals: Cell::new(0),
    };
    let config = Config::new(EthernetAddress([2, 0, 0, 0, 0, SERVER]), 1)
        .with_addresses(&[IpCidr::new(LINK.address(SERVER), 24)]);
    let now = Instant::ZERO;
    let stack = Stack::new(device, config, vec![], now).expect("the configuration is right");
    let mut stack = stack.with_fragmentation(vec![0; 4000 + FRAGMENTATION_OVERHEAD]);
    let parts = common::ask::parts(4000, 4);
    let server = udp::Server::from_parts(stack.sockets(), parts, PORT);
    let mut server = server.expect("it has room").with_transform::<Text>();

    // Four requests; each answer is three fragments long.
    let client = IpEndpoint::new(LINK.address(CLIENT), 40_000);
    let mut fragments = Vec::new();
    for step in 0..4000 {
        if step < 4 {
            let text = format!("{step}{}", "ΐ".repeat(600));
            let request = frames::udp(LINK, client, LINK.server(), text.as_bytes());
            let token = peer
                .transmit(now)
                .expect("the server takes what it is sent");
            token.consume(request.len(), |frame| frame.copy_from_slice(&request));
        }
        let _ = stack.poll(now, &mut server);
        if let Some((token, _)) = peer.receive(now) {
            token.consume(|frame| {
                let packet = Ipv4Packet::new_checked(frame).expect("it is IPv4");
                assert_eq!(packet.next_header(), IpProtocol::Udp);
                fragments.push((packet.ident(), packet.frag_offset(), packet.more_frags()));
            });
        }
    }
    assert_eq!(server.counters().answered, 4);
    assert_eq!(fragments.len(), 4 * 3, "{patience}: {fragments:?}");
    for answer in fragments.chunks(3) {
        assert!(answer.iter().all(|(ident, ..)| *ident == answer[0].0));
        assert_eq!(answer.iter().filter(|(.., more)| !more).count(), 1);
    }
}
