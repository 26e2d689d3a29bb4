//! What arrives: every frame is judged here, in this order. Each refusal is counted, but for frames
//! that are for another card, or neither ARP nor IP.

use smoltcp::socket::tcp::State;
use smoltcp::wire::{IpProtocol, IpVersion};

use super::Sockets;
use super::accept::{Accept, Arrival, Verdict};
use super::control::Connection;
use super::counters::{Counters, count};
use super::delivery::give_segment;
use super::host::Host;
use super::port::Way;
use super::service::Service;
#[cfg(feature = "trace")]
use super::transmission::Cause;
use crate::packet::{Content, Frame};

/// What has to be remembered from frame to frame.
pub(super) struct Judges<'a> {
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
    /// It would be answered, but there is no route to its sender; or a segment from a group.
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
    let frame = host.link.parse(bytes);
    if let Err(refusal) = check_frame(&frame, host).and_then(|()| check_packet(&frame, host)) {
        judges.counters.refuse(&refusal);
        return Received::Other;
    }
    way.asker = frame.hardware.map(|hardware| hardware.source);
    let packet = match &frame.content {
        Content::Ip(packet) => packet,
        Content::Arp(message) => {
            host.link.receive_arp(message, way.now, way.transmit);
            return Received::Other;
        }
        Content::Other => return Received::Other,
    };
    #[cfg(feature = "client")]
    let too_long = host
        .returned
        .received(packet, &host.link.addresses, sockets, way.now);
    #[cfg(all(feature = "client", not(feature = "paths")))]
    let _ = too_long;
    #[cfg(feature = "paths")]
    if let Some(too_long) = too_long {
        let tuple = too_long.four_tuple();
        let table = service.table(tuple.local.port);
        let table = table.or_else(|| sockets.clients.table(tuple.local.port));
        if let Some(table) = table
            && let Some(slot) = table.find(&tuple)
            && let Some(connection) = table.touch(slot)
        {
            too_long.learn(host, connection, way);
        }
    }
    #[cfg(feature = "ipv6")]
    if let Some(asker) = way.asker
        && host
            .link
            .receive_discovery(packet, asker, way.now, way.transmit)
    {
        return Received::Other;
    }
    let Some(segment) = packet.segment() else {
        let port = packet.udp_destination();
        let addresses = &host.link.addresses;
        let is_own = addresses.is_own(&packet.destination);
        if !port.is_some_and(|port| sockets.has_udp(port)) {
            // smoltcp 0.14 would answer a datagram for a group by an error, which RFC 1122, 3.2.2
            // and RFC 4443, 2.4 (e.3) forbid.
            let is_for_group = !is_own && port.is_some();
            if is_for_group || addresses.next_hop(&packet.source).is_none() {
                judges.counters.refuse(match is_for_group {
                    true => &Refusal::Misdirected,
                    false => &Refusal::Unroutable,
                });
                return Received::Other;
            }
        }
        if let (IpProtocol::Udp, true, Some(asker)) = (packet.protocol, is_own, way.asker) {
            host.link.learn(packet.source, asker, way.now);
        }
        way.deliver(&mut sockets.set, None, packet.bytes);
        return port.map_or(Received::Other, Received::Datagram);
    };
    let arrival = Arrival {
        source: way.asker,
        packet,
        segment: &segment,
    };
    let table = service.table(segment.destination.port);
    #[cfg(feature = "client")]
    let table = table.or_else(|| sockets.clients.table(segment.destination.port));
    let Some(table) = table else {
        #[cfg(feature = "trace")]
        host.watcher.answers(Cause::NoSocket);
        way.deliver(&mut sockets.set, None, packet.bytes);
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
        Verdict::Refuse => {
            #[cfg(feature = "trace")]
            host.watcher.answers(Cause::NoConnection);
            way.deliver(&mut sockets.set, None, packet.bytes);
        }
        Verdict::Delivered | Verdict::Drop => {}
        Verdict::Answer(answer) => {
            #[cfg(feature = "trace")]
            host.watcher.answers(Cause::Cookie);
            way.answer(answer.as_bytes());
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
    if !host.link.is_for_us(&hardware) {
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
    let addresses = &host.link.addresses;
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
