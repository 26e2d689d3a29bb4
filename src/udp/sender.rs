use smoltcp::iface::SocketHandle;
use smoltcp::socket::udp::{self, Socket, UdpMetadata};
#[cfg(feature = "ipv6")]
use smoltcp::wire::IPV6_HEADER_LEN;
use smoltcp::wire::{IPV4_HEADER_LEN, IpAddress, UDP_HEADER_LEN};

#[cfg(all(feature = "fragmentation", feature = "ipv6"))]
use super::fragmentation::{self, Fragmenter};
use crate::stack::Context;

/// Sends datagrams of any length that the link can carry, whole or in fragments.
pub(super) struct Sender {
    pub(super) handle: SocketHandle,
    #[cfg(all(feature = "fragmentation", feature = "ipv6"))]
    pub(super) fragmenter: Option<Fragmenter>,
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

impl Sender {
    pub(super) fn new(handle: SocketHandle) -> Self {
        Self {
            handle,
            #[cfg(all(feature = "fragmentation", feature = "ipv6"))]
            fragmenter: None,
        }
    }

    /// The longest datagram that can be sent to `destination`, in bytes.
    pub(super) fn longest(&self, destination: &IpAddress, context: &Context<'_, '_>) -> usize {
        let ip_mtu = context.ip_mtu();
        let headers = match destination {
            IpAddress::Ipv4(_) => IPV4_HEADER_LEN + UDP_HEADER_LEN,
            #[cfg(feature = "ipv6")]
            IpAddress::Ipv6(_) => IPV6_HEADER_LEN + UDP_HEADER_LEN,
        };
        let largest_packet = match destination {
            IpAddress::Ipv4(_) => largest_ipv4_packet(ip_mtu),
            #[cfg(feature = "ipv6")]
            IpAddress::Ipv6(_) => ip_mtu,
        };
        let socket = context.sockets.get::<Socket<'_>>(self.handle);
        let longest = socket.payload_send_capacity().min(largest_packet - headers);
        #[cfg(all(feature = "fragmentation", feature = "ipv6"))]
        if let (Some(fragmenter), IpAddress::Ipv6(_)) = (&self.fragmenter, destination) {
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
            && fragmentation::is_needed(datagram.len(), context.ip_mtu())
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
        let ip_mtu = context.ip_mtu();
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
