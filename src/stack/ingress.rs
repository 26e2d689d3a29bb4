//! What arrives: every frame is judged here, in this order. Each refusal is counted and logged, but
//! for frames that are for another card.

use smoltcp::socket::tcp::State;
use smoltcp::wire::{IpAddress, IpProtocol};

use super::Sockets;
use super::accept::{Accept, Arrival, Verdict};
use super::control::Connection;
use super::counters::{Counters, count};
use super::delivery::give_segment;
use super::host::Host;
use super::refusal::Refusal;
use super::service::Service;
#[cfg(feature = "trace")]
use super::table::Room;
#[cfg(feature = "trace")]
use super::transmission::Cause;
#[cfg(feature = "paths")]
use super::unreachable::TooLong;
use super::way::Way;
use crate::logging::debug;
use crate::packet::{Content, Frame, Packet};

/// What has to be remembered from frame to frame.
pub(super) struct Judges<'a> {
    pub(super) accept: Accept<'a>,
    pub(super) counters: Counters,
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
    // Something in front has taken the frame, as a part of a packet that is not whole yet.
    if cfg!(feature = "fragmentation") && bytes.is_empty() {
        return Received::Other;
    }
    let frame = host.link.parse(bytes);
    if let Err(refusal) = check_frame(&frame, host).and_then(|()| check_packet(&frame, host)) {
        refuse(&mut judges.counters, frame.packet(), refusal);
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
    #[cfg(feature = "dhcp")]
    if let Some(card) = way.asker
        && (host.configuration).receives_dhcp(packet, card, &host.capabilities.checksum)
    {
        return Received::Other;
    }
    #[cfg(feature = "client")]
    let too_long = host
        .returned
        .received(packet, &host.link.addresses, sockets, way.now);
    #[cfg(all(feature = "client", not(feature = "paths")))]
    let _ = too_long;
    #[cfg(feature = "paths")]
    if let Some(too_long) = too_long {
        learn_path(&too_long, host, sockets, service, way);
    }
    #[cfg(feature = "ipv6")]
    if let Some(asker) = way.asker
        && host
            .link
            .receive_discovery(packet, asker, way.now, way.transmit)
    {
        return Received::Other;
    }
    #[cfg(feature = "slaac")]
    if way.asker.is_some()
        && let Some(advertisement) = packet.router_advertisement()
        && host.configuration.receives_router(&advertisement)
    {
        return Received::Other;
    }
    #[cfg(feature = "mld")]
    if host.link.receive_query(packet, way.now) {
        return Received::Other;
    }
    let Some(segment) = packet.segment() else {
        return receive_other(packet, host, &mut judges.counters, sockets, way);
    };
    let arrival = Arrival {
        source: way.asker,
        packet,
        segment: &segment,
    };
    let table = service.table(segment.destination.port);
    #[cfg(feature = "client")]
    let table = table.or_else(|| sockets.clients.table(segment.destination.port));
    let Judges { accept, counters } = judges;
    let Some(table) = table else {
        refuse(counters, Some(packet), Refusal::Unserved);
        #[cfg(feature = "trace")]
        host.watcher.answers(Cause::NoSocket);
        way.deliver(&mut sockets.set, None, packet.bytes);
        return Received::Other;
    };
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
            refuse(counters, Some(packet), Refusal::Unserved);
            #[cfg(feature = "trace")]
            host.watcher.answers(Cause::NoConnection);
            way.deliver(&mut sockets.set, None, packet.bytes);
        }
        Verdict::Delivered | Verdict::Drop => {}
        Verdict::DeliverAfter(slot, segment) => {
            if let Some(connection) = table.touch(slot) {
                let Connection { set, control, .. } = connection;
                way.silently(|way| way.deliver(set, Some(control), segment.as_bytes()));
                give_segment(&arrival, host, connection, way);
            }
        }
        Verdict::Answer(answer) => {
            // A client answers a simultaneous open.
            #[cfg(feature = "trace")]
            if table.room() != Room::Closed {
                host.watcher.answers(Cause::Cookie);
            }
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

/// A router has said that a segment is too long for the path.
#[cfg(feature = "paths")]
fn learn_path<'a>(
    too_long: &TooLong,
    host: &Host,
    sockets: &mut Sockets<'a>,
    service: &mut dyn Service<'a>,
    way: &mut Way<'_>,
) {
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

/// A packet that is no segment: a datagram, a message of ICMP, a fragment.
fn receive_other(
    packet: &Packet<'_>,
    host: &Host,
    counters: &mut Counters,
    sockets: &mut Sockets<'_>,
    way: &mut Way<'_>,
) -> Received {
    let addresses = &host.link.addresses;
    let is_own = addresses.is_own(&packet.destination);
    let port = packet.udp_destination();
    let served = port.filter(|port| sockets.has_udp(*port));
    let is_icmp = packet.is_icmp();
    let is_icmpv6 = cfg!(feature = "ipv6") && is_icmp && packet.protocol != IpProtocol::Icmp;
    let refusal = match packet.upper_layer() {
        _ if served.is_some() => None,
        // RFC 1122, 3.2.2, and RFC 4443, 2.4 (e.3): no ICMP error about a packet for a group. An
        // echo request to a group may be discarded (RFC 1122, 3.2.2.6); of IPv6, it should be
        // answered (RFC 4443, 4.2).
        _ if !is_own && !is_icmpv6 => Some(Refusal::Misdirected),
        _ if addresses.next_hop(&packet.source).is_none() => Some(Refusal::Unroutable),
        _ if is_icmp => None,
        (IpProtocol::Udp, _) if port.is_none() => Some(Refusal::Corrupt),
        (IpProtocol::Tcp, _) => Some(Refusal::Corrupt),
        _ => Some(Refusal::Unserved),
    };
    if let Some(refusal) = refusal {
        refuse(counters, Some(packet), refusal);
        if refusal != Refusal::Unserved {
            return Received::Other;
        }
    }
    // smoltcp also answers options of a hop-by-hop header that it does not know.
    let elicits_error = refusal.is_some() || packet.protocol == IpProtocol::HopByHop;
    if elicits_error && host.errors.is_reached(way.now) {
        count(&mut counters.limited);
        return Received::Other;
    }
    #[cfg(feature = "fragmentation")]
    let longest = match is_own {
        true => host.longest_packet_to(&packet.source, way.now),
        // All hosts of a group would answer by so many frames.
        false => host.ip_mtu(),
    };
    #[cfg(feature = "fragmentation")]
    if packet.is_echo_request() && packet.bytes.len() > longest {
        host.drop_too_long();
        return Received::Other;
    }
    if let (Some(asker), true, true) = (way.asker, is_own, port.is_some()) {
        host.link.learn(packet.source, asker, way.now);
    }
    // A board saves the flash.
    let queued = |sockets: &Sockets<'_>| match served {
        Some(port) if cfg!(feature = "alloc") => Some(sockets.queued_for(port)),
        _ => None,
    };
    let before = queued(sockets);
    way.deliver(&mut sockets.set, None, packet.bytes);
    if before.is_some() && before == queued(sockets) && packet.has_udp_payload() {
        refuse(counters, Some(packet), Refusal::Untaken);
    }
    served.map_or(Received::Other, Received::Datagram)
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
    // RFC 1122, 3.3.6: "A host SHOULD silently discard a datagram that is received via a link-layer
    // broadcast [...] but does not specify an IP multicast or broadcast destination address."
    let addresses = &host.link.addresses;
    let is_for_one = |packet: &Packet<'_>| addresses.is_one_host(&packet.destination);
    if !hardware.destination.is_unicast() && frame.packet().is_some_and(is_for_one) {
        return Err(Refusal::GroupFrame);
    }
    Ok(())
}

/// The IP layer: the header of a packet, and its addresses.
fn check_packet(frame: &Frame<'_>, host: &Host) -> Result<(), Refusal> {
    let Some(packet) = frame.packet() else {
        return Ok(());
    };
    let addresses = &host.link.addresses;
    if packet.is_fragment || packet.hides_segment() {
        return Err(Refusal::Hidden);
    }
    // RFC 1122, 3.2.1.2: "A host MUST verify the IP header checksum on every received datagram and
    // silently discard every datagram that has a bad checksum."
    if host.capabilities.checksum.ipv4.rx() && !packet.has_intact_header() {
        return Err(Refusal::Corrupt);
    }
    // RFC 8200, 8.1: "IPv6 receivers must discard UDP packets containing a zero checksum".
    #[cfg(feature = "ipv6")]
    if packet.lacks_checksum() {
        return Err(Refusal::Corrupt);
    }
    if packet.has_source_route() {
        return Err(Refusal::SourceRoute);
    }
    let is_segment = packet.protocol == IpProtocol::Tcp;
    if !may_be_source(packet, host) {
        return Err(Refusal::Forged);
    }
    if is_segment && addresses.next_hop(&packet.source).is_none() {
        return Err(Refusal::Unroutable);
    }
    // smoltcp 0.14 takes a packet for another host if the last bytes of both IPv6 addresses are equal,
    // and connections to a group of hosts (which RFC 9293, 3.9.2.3 forbids).
    let destination = &packet.destination;
    if !addresses.is_own(destination) && (is_segment || addresses.is_one_host(destination)) {
        // RFC 2131, 4.1: "The client SHOULD unicast DHCPOFFER and DHCPACK messages" - what a server sends
        // to the address that it gives comes before this host has it.
        #[cfg(feature = "dhcp")]
        if host.configuration.awaits_dhcp(packet) {
            return Ok(());
        }
        return Err(Refusal::Misdirected);
    }
    // A switch may flood what is for a group. smoltcp is told of no group.
    #[cfg(feature = "mld")]
    if !addresses.is_own(destination) && !host.link.is_member(destination) {
        // Hosts and routers send messages of ICMPv6 to groups of theirs all the time.
        let is_icmpv6 = packet.is_icmp() && matches!(packet.source, IpAddress::Ipv6(_));
        return Err(match is_icmpv6 {
            true => Refusal::OtherCard,
            false => Refusal::Misdirected,
        });
    }
    Ok(())
}

/// Whether the source address can be that of another host.
///
/// RFC 1122, 3.2.1.3: "A host MUST silently discard an incoming datagram containing an IP source
/// address that is invalid by the rules of this section." RFC 4291, 2.5.3 and 2.7 say the same of
/// loopback and multicast addresses.
fn may_be_source(packet: &Packet<'_>, host: &Host) -> bool {
    let (source, addresses) = (&packet.source, &host.link.addresses);
    // Only a loopback brings a host its own packets. The answer to a forged one would be sent to
    // the host itself.
    if addresses.is_own(source) {
        return host.is_loopback.get() == Some(true) || claims_own_address(packet);
    }
    if source.is_unspecified() {
        // A host that has no address yet asks for one, or whether an address is taken.
        return matches!(packet.protocol, IpProtocol::Udp | IpProtocol::Icmpv6);
    }
    let is_loopback = match source {
        IpAddress::Ipv4(source) => source.is_loopback(),
        #[cfg(feature = "ipv6")]
        IpAddress::Ipv6(source) => source.is_loopback(),
        #[allow(unreachable_patterns)] // IPv6, wherever smoltcp was given it
        _ => false,
    };
    let may_be = addresses.is_one_host(source) && !is_loopback;
    if may_be {
        host.is_loopback.set(Some(false));
    }
    may_be
}

/// Whether another host says that it has an address of this host. RFC 4862, 5.4.4: "If the target address
/// matches a unicast address assigned to the receiving interface, it would possibly indicate that the
/// address is a duplicate". Nothing is answered to it.
fn claims_own_address(packet: &Packet<'_>) -> bool {
    #[cfg(all(feature = "conflict-detection", feature = "ipv6"))]
    {
        let message = packet.neighbor_message();
        message.is_some_and(|message| !message.is_solicitation)
    }
    #[cfg(not(all(feature = "conflict-detection", feature = "ipv6")))]
    {
        let _ = packet;
        false
    }
}

/// Counts and logs a refusal.
#[cold]
#[inline(never)] // Many call it.
fn refuse(counters: &mut Counters, packet: Option<&Packet<'_>>, refusal: Refusal) {
    let Some(counter) = refusal.counter(counters) else {
        return;
    };
    count(counter);
    match packet {
        Some(packet) => debug!(
            "IP: {} from {} to {} is refused: {}",
            packet.protocol,
            packet.source,
            packet.destination,
            refusal.reason()
        ),
        None => debug!("link: a frame is refused: {}", refusal.reason()),
    }
}
