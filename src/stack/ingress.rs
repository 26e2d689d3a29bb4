//! What arrives: every frame is judged here, in this order. Each refusal is counted, but for frames
//! that are for another card, or neither ARP nor IP.

use smoltcp::socket::tcp::State;
use smoltcp::wire::{HardwareAddress, IpProtocol, IpVersion};

use super::Sockets;
use super::accept::{Accept, Arrival, Verdict};
use super::control::Connection;
use super::counters::{Counters, count};
use super::delivery::give_segment;
use super::host::Host;
use super::neighbors::Neighbors;
use super::port::Way;
use super::service::Service;
use crate::packet::{Content, Frame};

/// What has to be remembered from frame to frame.
pub(super) struct Judges<'a> {
    pub(super) neighbors: Neighbors,
    pub(super) accept: Accept<'a>,
    pub(super) counters: Counters,
}

/// Why a frame is dropped.
enum Refusal {
    /// It is for another card.
    OtherCard,
    /// It is neither ARP nor IP, or too short.
    Unknown,
    /// Its sender on Ethernet is a group: an answer would have to go to all of it.
    GroupSource,
    /// A segment in fragments, or behind a hop-by-hop header: its connection cannot be told.
    Hidden,
    /// It gives an address of this host as its sender.
    Forged,
    /// A segment from an address to which there is no route, or which is that of a group.
    Unroutable,
    /// It is for another host, or a segment for a group.
    Misdirected,
}

/// What has been received, for the budgets of a poll.
pub(super) enum Received {
    /// A datagram for a UDP socket of this port.
    Datagram(u16),
    /// The last segment of a connection: the next client may need its slot.
    End,
    Other,
}

/// Judges a frame, and gives it to the sockets that it is for.
pub(super) fn receive<'a>(
    bytes: &[u8],
    host: &Host,
    judges: &mut Judges<'a>,
    sockets: &mut Sockets<'a>,
    service: &mut dyn Service<'a>,
    way: &mut Way<'_>,
) -> Received {
    let frame = Frame::parse(host.addresses.medium, bytes);
    if let Err(refusal) = check_frame(&frame, host).and_then(|()| check_packet(&frame, host)) {
        judges.counters.refuse(&refusal);
        return Received::Other;
    }
    #[cfg(feature = "client")]
    host.reachability
        .received(&frame, &host.addresses, sockets, way.now);
    introduce(&frame, host, &mut judges.neighbors, sockets, way);

    let Some(packet) = frame.packet() else {
        way.deliver(&mut sockets.set, None, bytes);
        return Received::Other;
    };
    let Some(segment) = packet.segment() else {
        let port = packet.udp_destination();
        // smoltcp 0.14 would answer a datagram for a group by an error, which RFC 1122, 3.2.2 and
        // RFC 4443, 2.4 (e.3) forbid.
        let is_own = host.addresses.is_own(&packet.destination);
        if !is_own && port.is_some_and(|port| !sockets.has_udp(port)) {
            judges.counters.refuse(&Refusal::Misdirected);
            return Received::Other;
        }
        way.deliver(&mut sockets.set, None, bytes);
        return port.map_or(Received::Other, Received::Datagram);
    };
    let arrival = Arrival {
        bytes,
        frame: &frame,
        packet,
        segment: &segment,
    };
    let table = service.table(segment.destination.port);
    #[cfg(feature = "client")]
    let table = table.or_else(|| sockets.clients.table(segment.destination.port));
    let Some(table) = table else {
        way.deliver(&mut sockets.set, None, bytes);
        return Received::Other;
    };
    let Judges {
        accept, counters, ..
    } = judges;
    match accept.judge(table, &arrival, host, way.now, counters) {
        Verdict::Deliver(slot) => {
            if let Some(connection) = table.touch(slot) {
                let state = give_segment(&arrival, host, connection, way);
                if matches!(state, State::TimeWait | State::Closed | State::Listen) {
                    return Received::End;
                }
            }
        }
        // No socket of this set listens.
        Verdict::Refuse => way.deliver(&mut sockets.set, None, bytes),
        Verdict::Delivered | Verdict::Drop => {}
        Verdict::Answer(answer) => {
            let answer = answer.as_bytes();
            way.transmit.transmit(answer.len(), way.meta, &mut |frame| {
                frame.copy_from_slice(answer)
            });
        }
        Verdict::Replace(slot, segment) => {
            if let Some(connection) = table.touch(slot) {
                let Connection { set, control, .. } = connection;
                way.deliver(set, Some(control), segment.as_bytes());
            }
        }
    }
    Received::Other
}

/// The link layer: the hardware addresses of a frame.
fn check_frame(frame: &Frame<'_>, host: &Host) -> Result<(), Refusal> {
    if let Content::Other = frame.content {
        return Err(Refusal::Unknown);
    }
    let Some(hardware) = frame.hardware else {
        return Ok(());
    };
    if hardware.destination.is_unicast() && hardware.destination != host.addresses.hardware {
        return Err(Refusal::OtherCard);
    }
    if frame.is_from_group() {
        return Err(Refusal::GroupSource);
    }
    Ok(())
}

/// The IP layer: the addresses of a packet.
fn check_packet(frame: &Frame<'_>, host: &Host) -> Result<(), Refusal> {
    let Some(packet) = frame.packet() else {
        return Ok(());
    };
    let addresses = &host.addresses;
    if packet.hides_segment() {
        return Err(Refusal::Hidden);
    }
    // Only a loopback brings a host its own packets. The answer to a forged one would be sent to
    // the host itself.
    if addresses.is_own(&packet.source) && !host.is_loopback.get() {
        return Err(Refusal::Forged);
    }
    let is_segment = packet.protocol == IpProtocol::Tcp;
    if is_segment
        && (!addresses.is_one_host(&packet.source) || addresses.next_hop(&packet.source).is_none())
    {
        return Err(Refusal::Unroutable);
    }
    if !addresses.is_own(&packet.destination) {
        // smoltcp 0.14 takes a packet for another host if the last bytes of both IPv6 addresses are equal,
        // and connections to a group of hosts (which RFC 9293, 3.9.2.3 forbids).
        let is_ipv4 = packet.destination.version() == IpVersion::Ipv4;
        let for_another = packet.destination.is_unicast() && !is_ipv4;
        if for_another || is_segment {
            return Err(Refusal::Misdirected);
        }
    }
    Ok(())
}

/// Tells smoltcp where the sender of a packet for this host is, if it may not know.
pub(super) fn introduce(
    frame: &Frame<'_>,
    host: &Host,
    neighbors: &mut Neighbors,
    sockets: &mut Sockets<'_>,
    way: &mut Way<'_>,
) {
    match frame.packet() {
        // smoltcp may learn of another neighbor from these, and forget this one.
        None => return neighbors.forget(),
        #[cfg(feature = "ipv6")]
        Some(packet) if packet.protocol == IpProtocol::Icmpv6 => return neighbors.forget(),
        Some(packet) if !host.addresses.is_own(&packet.destination) => return,
        Some(_) => {}
    }
    if let Some(neighbor) = neighbors.learn(frame, &host.addresses, way.now)
        && let HardwareAddress::Ethernet(own_hardware) = way.interface.hardware_addr()
        && let Some(own) = host.addresses.source_for(neighbor.address())
    {
        neighbor.introduce(own, own_hardware, |message| {
            way.inject(&mut sockets.set, None, message);
        });
    }
}

impl Counters {
    fn refuse(&mut self, refusal: &Refusal) {
        count(match refusal {
            Refusal::OtherCard | Refusal::Unknown => return,
            Refusal::GroupSource => &mut self.group_source,
            Refusal::Hidden => &mut self.hidden,
            Refusal::Forged => &mut self.forged,
            Refusal::Unroutable => &mut self.unroutable,
            Refusal::Misdirected => &mut self.misdirected,
        });
    }
}
