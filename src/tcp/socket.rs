use smoltcp::socket::tcp::{Socket, SocketBuffer};

use super::error::SetupError;
use super::sizes::{LARGEST_WINDOW, window_within};

/// Whether buffers are of sizes that can work.
pub(super) fn check_buffers(
    receive: &SocketBuffer<'_>,
    transmit: &SocketBuffer<'_>,
) -> Result<(), SetupError> {
    let bytes = receive.capacity();
    if bytes == 0 || transmit.capacity() == 0 {
        return Err(SetupError::NoBuffer);
    }
    if bytes > LARGEST_WINDOW {
        return Err(SetupError::WindowTooLarge { bytes });
    }
    if window_within(bytes) != bytes {
        return Err(SetupError::Window { bytes });
    }
    Ok(())
}

/// A socket that is set for requests and answers. Its buffers were checked.
pub(super) fn new_socket<'a>(receive: SocketBuffer<'a>, transmit: SocketBuffer<'a>) -> Socket<'a> {
    let mut socket = Socket::new(receive, transmit);
    // Nagle's algorithm would hold the end of an answer until the rest of it is acknowledged,
    // and the other side delays its acknowledgement while it waits for that end.
    socket.set_nagle_enabled(false);
    // Nor is an acknowledgement delayed: text is answered in the poll in which it arrives, and the
    // answer carries it; and the last one must have left when a program ends.
    socket.set_ack_delay(None);
    socket
}
