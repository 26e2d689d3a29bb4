//! The way of packets to smoltcp, and back to the link.

use smoltcp::iface::{PollResult, SocketSet};
use smoltcp::phy::PacketMeta;
#[cfg(feature = "client")]
use smoltcp::socket::tcp::State;
#[cfg(feature = "paths")]
use smoltcp::time::Duration;
use smoltcp::time::Instant;
#[cfg(feature = "paths")]
use smoltcp::wire::IpAddress;

#[cfg(feature = "client")]
use super::control::Connection;
use super::control::Control;
use super::host::Host;
#[cfg(any(feature = "addressing", feature = "paths"))]
use super::interfaces;
use super::interfaces::Interfaces;
#[cfg(feature = "paths")]
use super::interfaces::set_address;
use super::port::{Arrived, Port};
#[cfg(feature = "addressing")]
use crate::link::Drain;
#[cfg(feature = "paths")]
use crate::link::Nowhere;
use crate::link::{EthernetAddress, Transmit};
#[cfg(feature = "addressing")]
use crate::packet::LONGEST_PACKET_HEADERS;
use crate::packet::Packet;

/// No retransmission timeout of smoltcp 0.14 is longer (RFC 6298, 2.5).
#[cfg(feature = "paths")]
const LONGEST_TIMEOUT: Duration = Duration::from_secs(60);

/// smoltcp, and the way to it and from it for one set of sockets at a time.
pub(super) struct Way<'w> {
    pub(super) interfaces: &'w mut Interfaces,
    pub(super) host: &'w Host,
    pub(super) now: Instant,
    pub(super) transmit: &'w mut dyn Transmit,
    /// Of what has been received.
    pub(super) meta: PacketMeta,
    /// The card that has sent what has been received: what is answered goes there.
    pub(super) asker: Option<EthernetAddress>,
    /// Whether what smoltcp answers is dropped.
    is_silent: bool,
}

impl<'w> Way<'w> {
    pub(super) fn new(
        interfaces: &'w mut Interfaces,
        host: &'w Host,
        now: Instant,
        transmit: &'w mut dyn Transmit,
    ) -> Self {
        Self {
            interfaces,
            host,
            now,
            transmit,
            meta: PacketMeta::default(),
            asker: None,
            is_silent: false,
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
            control: control.as_deref_mut(),
            asker: self.asker,
            is_silent: self.is_silent,
            ..Port::new(self.host, self.transmit, self.now)
        };
        let interface = self.interfaces.of(port.control.is_some());
        interface.poll_ingress_single(self.now, &mut port, sockets);
        self.look(sockets, control);
    }

    /// Does this; what smoltcp answers meanwhile, which can be headers only, is dropped.
    pub(super) fn silently(&mut self, give: impl FnOnce(&mut Self)) {
        self.is_silent = true;
        give(self);
        self.is_silent = false;
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
        let late = self.now + LONGEST_TIMEOUT;
        let mut nowhere = Nowhere;
        let mut port = Port::new(self.host, &mut nowhere, late);
        let interface = &mut self.interfaces.segments;
        interface.poll_egress(late, &mut port, &mut connection.set);
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
        self.poll_all(sockets, control)
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
        let mut interface = interfaces::new(&self.host.capabilities, ip_mtu, 0, self.now);
        set_address(&mut interface, address);
        let mut narrow = Way {
            interfaces: &mut Interfaces::one(interface),
            transmit: self.transmit,
            ..*self
        };
        narrow.poll_all(sockets, control)
    }

    /// Transmits one packet of each socket at most; returns whether there was any.
    fn poll_all(&mut self, sockets: &mut SocketSet<'_>, mut control: Option<&mut Control>) -> bool {
        self.look(sockets, control.as_deref_mut());
        let mut port = Port {
            control: control.as_deref_mut(),
            asker: self.asker,
            ..Port::new(self.host, self.transmit, self.now)
        };
        let interface = self.interfaces.of(port.control.is_some());
        let result = interface.poll_egress(self.now, &mut port, sockets);
        self.look(sockets, control);
        result != PollResult::None
    }

    /// Drops what the sockets have to send, so many packets of each at most.
    ///
    /// smoltcp cannot take a datagram back. It drops what is longer than the MTU of an interface, and
    /// what is shorter than the least of them leads nowhere.
    #[cfg(feature = "addressing")]
    #[inline(never)] // As above.
    pub(super) fn drain(&mut self, sockets: &mut SocketSet<'_>, most: usize) {
        const LEAST: usize = LONGEST_PACKET_HEADERS;
        let mut interface = interfaces::new(&self.host.capabilities, LEAST, 0, self.now);
        let mut drain = Drain;
        let mut port = Port {
            #[cfg(feature = "fragmentation")]
            is_narrow: true,
            ..Port::new(self.host, &mut drain, self.now)
        };
        for _ in 0..most {
            interface.poll_egress(self.now, &mut port, sockets);
        }
    }

    /// Reports the state that a connection has come to, if states are watched.
    #[inline]
    pub(super) fn look(&self, sockets: &SocketSet<'_>, control: Option<&mut Control>) {
        #[cfg(feature = "trace")]
        self.host.watcher.look(sockets, control, self.now);
        #[cfg(not(feature = "trace"))]
        let _ = (sockets, control);
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
