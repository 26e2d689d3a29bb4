//! The device as smoltcp sees it: one type for all devices and for both directions, which carries
//! IP packets.
//!
//! So smoltcp is compiled once, and each packet that leaves passes here once, with the [`Control`]
//! of its connection at hand.

use smoltcp::iface::{Config, Interface, PollResult, SocketSet};
use smoltcp::phy::{Checksum, Device, DeviceCapabilities, PacketMeta, RxToken, TxToken};
#[cfg(feature = "client")]
use smoltcp::socket::tcp::State;
#[cfg(feature = "paths")]
use smoltcp::time::Duration;
use smoltcp::time::Instant;
use smoltcp::wire::{HardwareAddress, IpCidr};
#[cfg(any(feature = "isn", feature = "paths"))]
use smoltcp::wire::{IpAddress, IpVersion};

use super::control::{Connection, Control};
use super::egress::{self, Leaving};
use super::host::Host;
#[cfg(feature = "paths")]
use super::recovery;
use super::service::Egress;
#[cfg(feature = "paths")]
use super::service::earliest;
use crate::link::{EthernetAddress, Nowhere, Transmit};
use crate::packet::{LONGEST_HEADERS, Packet};

/// No retransmission timeout of smoltcp 0.14 is longer (RFC 6298, 2.5).
#[cfg(feature = "paths")]
const LONGEST_TIMEOUT: Duration = Duration::from_secs(60);

/// smoltcp, and the way to it and from it for one set of sockets at a time.
pub(super) struct Way<'w> {
    pub(super) interface: &'w mut Interface,
    pub(super) host: &'w Host,
    pub(super) now: Instant,
    pub(super) transmit: &'w mut dyn Transmit,
    /// Of what has been received.
    pub(super) meta: PacketMeta,
    /// The card that has sent what has been received: what is answered goes there.
    pub(super) asker: Option<EthernetAddress>,
}

impl<'w> Way<'w> {
    pub(super) fn new(
        interface: &'w mut Interface,
        host: &'w Host,
        now: Instant,
        transmit: &'w mut dyn Transmit,
    ) -> Self {
        Self {
            interface,
            host,
            now,
            transmit,
            meta: PacketMeta::default(),
            asker: None,
        }
    }

    /// Gives a packet to the sockets of a set; `control` belongs to its connection.
    #[inline(never)] // Many call it.
    pub(super) fn deliver(
        &mut self,
        sockets: &mut SocketSet<'_>,
        mut control: Option<&mut Control>,
        packet: &[u8],
    ) {
        self.look(sockets, control.as_deref_mut());
        if let Some(control) = control.as_deref_mut() {
            control.heard(self.asker);
            #[cfg(feature = "isn")]
            control.credit.received(packet.len());
        }
        let meta = self.meta;
        let mut port = Port {
            received: Some(Arrived { packet, meta }),
            transmit: self.transmit,
            host: self.host,
            control: control.as_deref_mut(),
            asker: self.asker,
            ip_mtu: self.host.ip_mtu(),
            now: self.now,
        };
        self.interface
            .poll_ingress_single(self.now, &mut port, sockets);
        self.look(sockets, control);
    }

    /// Gives a synthetic packet; what smoltcp answers is dropped.
    #[inline(never)]
    pub(super) fn inject(
        &mut self,
        sockets: &mut SocketSet<'_>,
        control: Option<&mut Control>,
        packet: &[u8],
    ) {
        let mut silent = Way {
            interface: self.interface,
            transmit: &mut Nowhere,
            ..*self
        };
        silent.deliver(sockets, control, packet);
    }

    /// Lets the retransmission timer of a connection expire, which smoltcp 0.14 does not start for less
    /// than a second: for a moment it is later, and there is no room in the device. What is sent again
    /// leaves at the next poll.
    #[cfg(feature = "paths")]
    #[inline(never)]
    pub(super) fn expire(&mut self, connection: &mut Connection<'_>) {
        let socket = connection.socket_mut();
        let timeout = socket.timeout();
        socket.set_timeout(None);
        let mut late = Way {
            interface: self.interface,
            transmit: &mut Nowhere,
            now: self.now + LONGEST_TIMEOUT,
            ..*self
        };
        late.poll_within(self.host.ip_mtu(), &mut connection.set, None);
        connection.socket_mut().set_timeout(timeout);
    }

    /// Transmits an answer that no socket has made.
    pub(super) fn answer(&mut self, answer: &[u8]) {
        let (host, asker, now) = (self.host, self.asker, self.now);
        let header_len = host.link.header_len();
        let length = header_len + answer.len();
        self.transmit.transmit(length, self.meta, &mut |frame| {
            let (header, packet) = frame.split_at_mut(header_len);
            packet.copy_from_slice(answer);
            if let Some(packet) = Packet::parse(answer) {
                host.link.put_header(header, &packet, asker, now);
                #[cfg(feature = "trace")]
                if let Some(segment) = packet.segment() {
                    host.watcher.sends(segment, None, now);
                }
            }
        });
    }

    /// Transmits one packet of each socket at most; returns whether there was any.
    pub(super) fn poll(
        &mut self,
        sockets: &mut SocketSet<'_>,
        control: Option<&mut Control>,
    ) -> bool {
        #[cfg(feature = "paths")]
        if let Some(connection) = control.as_deref()
            && let Some(ip_mtu) = connection.flight.limit()
            && let Some(tuple) = connection.four_tuple()
        {
            let ip_mtu = ip_mtu.min(self.host.ip_mtu());
            return self.poll_narrow(ip_mtu, tuple.local.addr, sockets, control);
        }
        self.poll_within(self.host.ip_mtu(), sockets, control)
    }

    /// Transmits one packet of at most `ip_mtu` bytes from `address`.
    ///
    /// smoltcp 0.14 copies the MTU of its device when an interface is made. So one is made with this
    /// MTU, with which a connection transmits shorter segments from the next one on.
    #[cfg(feature = "paths")]
    #[inline(never)] // An interface is large, and not needed for long.
    fn poll_narrow(
        &mut self,
        ip_mtu: usize,
        address: IpAddress,
        sockets: &mut SocketSet<'_>,
        control: Option<&mut Control>,
    ) -> bool {
        let mut interface = new_narrow_interface(self.host, ip_mtu, 0, self.now);
        set_address(&mut interface, address);
        let mut narrow = Way {
            interface: &mut interface,
            transmit: self.transmit,
            ..*self
        };
        narrow.poll_within(ip_mtu, sockets, control)
    }

    /// Transmits one packet of each socket at most, of at most `ip_mtu` bytes, which is what the
    /// interface was made with; returns whether there was any.
    fn poll_within(
        &mut self,
        ip_mtu: usize,
        sockets: &mut SocketSet<'_>,
        mut control: Option<&mut Control>,
    ) -> bool {
        self.look(sockets, control.as_deref_mut());
        let mut port = Port {
            received: None,
            transmit: self.transmit,
            host: self.host,
            control: control.as_deref_mut(),
            asker: self.asker,
            ip_mtu,
            now: self.now,
        };
        let result = self.interface.poll_egress(self.now, &mut port, sockets);
        self.look(sockets, control);
        result != PollResult::None
    }

    /// Reports the state that a connection has come to, if states are watched.
    #[inline]
    pub(super) fn look(&self, sockets: &SocketSet<'_>, control: Option<&mut Control>) {
        #[cfg(feature = "trace")]
        self.host.watcher.look(sockets, control, self.now);
        #[cfg(not(feature = "trace"))]
        let _ = (sockets, control);
    }

    /// Transmits what is left of a fragmented datagram; returns whether all of it is out.
    ///
    /// smoltcp 0.14 has one place for a datagram in fragments and overwrites it with the next one,
    /// so everything else waits until it is empty.
    pub(super) fn finish_fragments(&mut self) -> bool {
        #[cfg(not(feature = "fragmentation"))]
        return true;
        #[cfg(feature = "fragmentation")]
        self.finish_datagram()
    }

    #[cfg(feature = "fragmentation")]
    fn finish_datagram(&mut self) -> bool {
        self.host.is_fragmenting.set(false);
        let mut nothing = SocketSet::new(&mut [][..]);
        // Enough for the largest datagram at an MTU of 576 bytes; smaller ones take a few polls.
        for _ in 0..128 {
            if self.interface.poll_at(self.now, &nothing).is_none() {
                return true;
            }
            if !self.transmit.has_room() {
                break;
            }
            self.poll(&mut nothing, None);
        }
        false
    }
}

#[cfg(feature = "client")]
impl Way<'_> {
    /// Whether it is known where the segments of a client's connection have to go. Else that is asked
    /// for, unless the connection is over.
    pub(super) fn finds(&self, connection: &Connection<'_>) -> bool {
        let control = connection.control();
        match control.four_tuple() {
            Some(tuple) if control.hardware.is_none() => {
                let (link, peer) = (&self.host.link, &tuple.remote.addr);
                match connection.socket().state() {
                    State::Closed => !link.is_silent(peer),
                    _ => link.resolve(peer, self.now),
                }
            }
            _ => true,
        }
    }
}

impl Egress for Way<'_> {
    fn now(&self) -> Instant {
        self.now
    }

    fn transmit(&mut self, connection: &mut Connection<'_>) -> bool {
        #[cfg(feature = "paths")]
        {
            recovery::expire(connection, self);
            recovery::avoid_silly_windows(connection);
        }
        let transmitted = self.poll(&mut connection.set, Some(&mut connection.control));
        #[cfg(feature = "paths")]
        recovery::avoid_silly_windows(connection);
        transmitted
    }

    fn due(&mut self, connection: &Connection<'_>) -> Option<Instant> {
        let due = self.interface.poll_at(self.now, &connection.set);
        #[cfg(feature = "paths")]
        let due = earliest(due, connection.control.flight.due());
        due
    }
}

/// The device that smoltcp is given: one packet that was received, or none, and room.
struct Port<'p> {
    received: Option<Arrived<'p>>,
    transmit: &'p mut dyn Transmit,
    host: &'p Host,
    control: Option<&'p mut Control>,
    asker: Option<EthernetAddress>,
    ip_mtu: usize,
    now: Instant,
}

impl Port<'_> {
    fn outgoing(&mut self) -> Outgoing<'_> {
        Outgoing {
            transmit: self.transmit,
            host: self.host,
            control: self.control.as_deref_mut(),
            asker: self.asker,
            now: self.now,
            meta: PacketMeta::default(),
        }
    }
}

impl<'p> Device for Port<'p> {
    type RxToken<'t>
        = Arrived<'p>
    where
        Self: 't;
    type TxToken<'t>
        = Outgoing<'t>
    where
        Self: 't;

    fn receive(&mut self, _: Instant) -> Option<(Arrived<'p>, Outgoing<'_>)> {
        let received = self.received.take()?;
        Some((received, self.outgoing()))
    }

    fn transmit(&mut self, _: Instant) -> Option<Outgoing<'_>> {
        // The other fragments come before what the next socket has to send.
        #[cfg(feature = "fragmentation")]
        if self.host.is_fragmenting.get() {
            return None;
        }
        self.transmit.has_room().then(|| self.outgoing())
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = self.host.capabilities.clone();
        capabilities.max_transmission_unit = self.ip_mtu;
        // What is received is verified before it comes here.
        capabilities.checksum.ipv4 = match capabilities.checksum.ipv4.tx() {
            true => Checksum::Tx,
            false => Checksum::None,
        };
        capabilities
    }
}

/// An interface of this host: packets are given to it by a [`Way`]. With a host's sizes it takes about
/// 2 µs, most of them for the room of smoltcp's fragments.
pub(super) fn new_interface(host: &Host, random_seed: u64, now: Instant) -> Interface {
    new_narrow_interface(host, host.ip_mtu(), random_seed, now)
}

/// One for packets of at most `ip_mtu` bytes.
fn new_narrow_interface(host: &Host, ip_mtu: usize, random_seed: u64, now: Instant) -> Interface {
    let mut config = Config::new(HardwareAddress::Ip);
    config.random_seed = random_seed;
    let mut port = Port {
        received: None,
        transmit: &mut Nowhere,
        host,
        control: None,
        asker: None,
        ip_mtu,
        now,
    };
    Interface::new(config, &mut port, now)
}

/// Gives an interface these addresses.
pub(super) fn set_addresses(interface: &mut Interface, addresses: &[IpCidr]) {
    interface.update_ip_addrs(|own| {
        own.clear();
        // Cannot fail: there is as much room as where they come from.
        let _ = own.extend_from_slice(addresses);
    });
}

/// Gives an interface this address alone.
#[cfg(any(feature = "isn", feature = "paths"))]
pub(super) fn set_address(interface: &mut Interface, address: IpAddress) {
    interface.update_ip_addrs(|addresses| {
        let prefix = match address.version() {
            IpVersion::Ipv4 => 32,
            #[allow(unreachable_patterns)] // IPv6, wherever smoltcp was given it
            _ => 128,
        };
        addresses.clear();
        let _ = addresses.push(IpCidr::new(address, prefix));
    });
}

/// A packet that was received, or is synthetic.
#[derive(Clone, Copy)]
struct Arrived<'f> {
    packet: &'f [u8],
    meta: PacketMeta,
}

impl RxToken for Arrived<'_> {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, read: F) -> R {
        read(self.packet)
    }

    fn meta(&self) -> PacketMeta {
        self.meta
    }
}

/// Room for a packet, which is looked at when it is filled.
struct Outgoing<'o> {
    transmit: &'o mut dyn Transmit,
    host: &'o Host,
    control: Option<&'o mut Control>,
    asker: Option<EthernetAddress>,
    now: Instant,
    meta: PacketMeta,
}

impl Outgoing<'_> {
    /// Whether the packet does not leave: enough was sent to a peer that has acknowledged nothing.
    fn is_dropped(&self) -> bool {
        #[cfg(feature = "isn")]
        return self
            .control
            .as_deref()
            .is_some_and(|control| control.credit.is_spent());
        #[cfg(not(feature = "isn"))]
        false
    }
}

impl TxToken for Outgoing<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(mut self, length: usize, fill: F) -> R {
        let (mut fill, mut result) = (Some(fill), None);
        let header_len = self.host.link.header_len();
        let length = header_len + length;
        #[cfg(feature = "paths")]
        let segment_size = segment_size(&self.meta);
        let mut nowhere = Nowhere;
        // `Nowhere` has room for headers only.
        let is_dropped = length <= LONGEST_HEADERS && self.is_dropped();
        let transmit = match is_dropped {
            true => &mut nowhere as &mut dyn Transmit,
            false => &mut *self.transmit,
        };
        transmit.transmit(length, self.meta, &mut |frame| {
            let (header, packet) = frame.split_at_mut(header_len);
            result = fill.take().map(|fill| fill(packet));
            if is_dropped {
                return;
            }
            egress::sent(
                self.host,
                Leaving {
                    header,
                    packet,
                    #[cfg(feature = "paths")]
                    segment_size,
                    control: self.control.as_deref_mut(),
                    asker: self.asker,
                    now: self.now,
                },
            );
        });
        result.expect("a packet is written, with room and without")
    }

    fn set_meta(&mut self, meta: PacketMeta) {
        self.meta = meta;
    }
}

/// How many bytes each segment of a packet has that the device cuts.
#[cfg(feature = "paths")]
fn segment_size(meta: &PacketMeta) -> Option<usize> {
    #[cfg(feature = "segmentation")]
    return meta
        .segmentation_offload_size
        .map(|size| usize::from(size.get()));
    #[cfg(not(feature = "segmentation"))]
    {
        let _ = meta;
        None
    }
}
