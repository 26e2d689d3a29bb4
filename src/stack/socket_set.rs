//! What is done with a smoltcp set of sockets.

use smoltcp::iface::{SocketHandle, SocketSet};
use smoltcp::socket::Socket;

/// Puts a socket into a set that has room for it. There is one function for sockets of all kinds,
/// as a board has little room for code.
#[inline(never)]
pub(crate) fn put<'a>(set: &mut SocketSet<'a>, socket: Socket<'a>) -> SocketHandle {
    set.add(socket)
}
