use smoltcp::iface::SocketHandle;
#[cfg(feature = "client")]
use smoltcp::socket::udp::BindError;
use smoltcp::socket::udp::{self, Socket, UdpMetadata};
use smoltcp::wire::IpAddress;

use crate::stack::Context;

/// Sends datagrams of any length that the stack lets leave, whole or in fragments.
pub(super) struct Sender {
    pub(super) handle: SocketHandle,
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
        Self { handle }
    }

    /// The longest datagram that can be sent to `destination`, in bytes.
    pub(super) fn longest(&self, destination: &IpAddress, context: &Context<'_, '_>) -> usize {
        let socket = context.sockets.get::<Socket<'_>>(self.handle);
        let longest = context.longest_datagram_to(destination);
        socket.payload_send_capacity().min(longest)
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
        context: &mut Context<'_, '_>,
        port: u16,
    ) -> Result<(), BindError> {
        let socket = context.sockets.get_mut::<Socket<'_>>(self.handle);
        socket.close();
        if port == 0 { Ok(()) } else { socket.bind(port) }
    }

    /// Drops all that is queued, and closes the socket until it is opened anew.
    #[cfg(feature = "client")]
    pub(super) fn close(&mut self, context: &mut Context<'_, '_>) {
        // Cannot fail: it is bound to nothing.
        let _ = self.reopen(context, 0);
    }
}
