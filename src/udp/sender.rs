use smoltcp::iface::SocketHandle;
use smoltcp::socket::udp::{self, Socket, UdpMetadata};
use smoltcp::wire::{IPV4_HEADER_LEN, IpAddress, UDP_HEADER_LEN};

#[cfg(all(feature = "fragmentation", feature = "ipv6"))]
use super::fragmentation::{self, Fragmenter};
use crate::stack::Context;

const IPV6_HEADER_LEN: usize = 40;

/// Sends datagrams of any length that the link can carry, whole or in fragments.
pub(super) struct Sender<'a> {
    pub(super) handle: SocketHandle,
    #[cfg(all(feature = "fragmentation", feature = "ipv6"))]
    pub(super) fragmenter: Option<Fragmenter<'a>>,
    #[cfg(not(all(feature = "fragmentation", feature = "ipv6")))]
    lifetime: core::marker::PhantomData<&'a ()>,
}

/// Why a datagram was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SendError {
    /// There is no room at the moment.
    Full,
    /// The buffers or the link never have room for it.
    TooLarge,
    /// It gives no address or port that can be sent to.
    Unaddressable,
}

impl<'a> Sender<'a> {
    pub(super) fn new(handle: SocketHandle) -> Self {
        Self {
            handle,
            #[cfg(all(feature = "fragmentation", feature = "ipv6"))]
            fragmenter: None,
            #[cfg(not(all(feature = "fragmentation", feature = "ipv6")))]
            lifetime: core::marker::PhantomData,
        }
    }

    /// The longest datagram that can be sent to `destination`, in bytes.
    pub(super) fn longest(&self, destination: &IpAddress, context: &Context<'_, '_>) -> usize {
        let ip_mtu = context.ip_mtu();
        let (largest_packet, header) = match destination {
            IpAddress::Ipv4(_) => (largest_ipv4_packet(ip_mtu), IPV4_HEADER_LEN),
            #[allow(unreachable_patterns)] // IPv6, wherever smoltcp was given it
            _ => (ip_mtu, IPV6_HEADER_LEN),
        };
        let socket = context.sockets.get::<Socket<'_>>(self.handle);
        let longest = socket
            .payload_send_capacity()
            .min(largest_packet.saturating_sub(header + UDP_HEADER_LEN));
        #[cfg(all(feature = "fragmentation", feature = "ipv6"))]
        if let (Some(fragmenter), IpAddress::Ipv6(_)) = (&self.fragmenter, destination) {
            let ip_mtu = context.path_mtu(destination);
            return longest.max(fragmenter.longest(context.sockets, ip_mtu));
        }
        longest
    }

    /// Queues a datagram; all of it, or nothing if there is an error.
    pub(super) fn send(
        &mut self,
        context: &mut Context<'_, '_>,
        datagram: &[u8],
        to: UdpMetadata,
    ) -> Result<(), SendError> {
        if datagram.len() > self.longest(&to.endpoint.addr, context) {
            return Err(SendError::TooLarge);
        }
        #[cfg(all(feature = "fragmentation", feature = "ipv6"))]
        if matches!(to.endpoint.addr, IpAddress::Ipv6(_))
            && fragmentation::is_needed(datagram.len(), context.path_mtu(&to.endpoint.addr))
        {
            return self.send_in_fragments(context, datagram, to);
        }
        let socket = context.sockets.get_mut::<Socket<'_>>(self.handle);
        socket
            .send_slice(datagram, to)
            .map_err(|error| match error {
                udp::SendError::BufferFull => SendError::Full,
                udp::SendError::Unaddressable => SendError::Unaddressable,
            })
    }

    /// Drops what is queued, and what has arrived, and binds to `port`, if that is not 0.
    #[cfg(feature = "client")]
    pub(super) fn reopen(
        &mut self,
        context: &mut Context<'_, 'a>,
        port: u16,
    ) -> Result<(), udp::BindError> {
        let socket = context.sockets.get_mut::<Socket<'_>>(self.handle);
        socket.close();
        if port == 0 { Ok(()) } else { socket.bind(port) }
    }

    /// Drops all that is queued, and closes the socket until it is opened anew.
    #[cfg(feature = "client")]
    pub(super) fn close(&mut self, context: &mut Context<'_, 'a>) {
        // Cannot fail: it is bound to nothing.
        let _ = self.reopen(context, 0);
        #[cfg(all(feature = "fragmentation", feature = "ipv6"))]
        if let Some(fragmenter) = &mut self.fragmenter {
            fragmenter.discard(context.sockets);
        }
    }

    #[cfg(all(feature = "fragmentation", feature = "ipv6"))]
    fn send_in_fragments(
        &mut self,
        context: &mut Context<'_, '_>,
        datagram: &[u8],
        to: UdpMetadata,
    ) -> Result<(), SendError> {
        use smoltcp::wire::IpEndpoint;

        let socket = context.sockets.get_mut::<Socket<'_>>(self.handle);
        let (Some(fragmenter), Some(address)) = (&mut self.fragmenter, to.local_address) else {
            return Err(SendError::Unaddressable);
        };
        let from = IpEndpoint::new(address, socket.endpoint().port);
        let ip_mtu = context.path_mtu(&to.endpoint.addr);
        fragmenter
            .send(context.sockets, from, to.endpoint, datagram, ip_mtu)
            .map_err(|error| match error {
                fragmentation::SendError::Full => SendError::Full,
                fragmentation::SendError::Unaddressable => SendError::Unaddressable,
                _ => SendError::TooLarge,
            })
    }
}

/// The largest IPv4 packet that smoltcp sends on a link with this MTU, in bytes.
fn largest_ipv4_packet(ip_mtu: usize) -> usize {
    #[cfg(feature = "fragmentation")]
    let fragmented = smoltcp::config::FRAGMENTATION_BUFFER_SIZE.min(u16::MAX.into());
    #[cfg(not(feature = "fragmentation"))]
    let fragmented = 0;
    ip_mtu.max(fragmented)
}
