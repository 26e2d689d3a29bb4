use smoltcp::time::Instant;
use smoltcp::wire::IpEndpoint;

use crate::stack::Control;
use crate::transform::{Progress, Transform};

/// What a [`Server`](super::Server) does with the bytes of one connection.
///
/// A server makes one for each connection ([`Default`]). No method waits, and none sees a socket.
/// A client that does not read leaves no room for output; the server takes no input from it then.
///
/// This one returns each line in capitals, and counts the lines of all connections:
///
/// ```
/// use smoltcp::time::Instant;
/// use uppercase::tcp::{Handler, Progress};
///
/// #[derive(Default)]
/// struct Shout;
///
/// impl Handler for Shout {
///     type Shared = usize;
///
///     fn exchange(
///         &mut self,
///         lines: &mut usize,
///         _now: Instant,
///         input: &[u8],
///         output: &mut [u8],
///     ) -> Progress {
///         let length = input.len().min(output.len());
///         output[..length].copy_from_slice(&input[..length]);
///         output[..length].make_ascii_uppercase();
///         *lines += output[..length].iter().filter(|byte| **byte == b'\n').count();
///         Progress { consumed: length, produced: length }
///     }
/// }
/// ```
pub trait Handler: Default {
    /// The state that all connections of a server share.
    type Shared: Default;

    /// The room for output, in bytes, that [`exchange`](Self::exchange) and
    /// [`finish`](Self::finish) have at least, whenever they are called: the longest piece that the
    /// handler writes as a whole. From 1 to 512; the transmit buffers of the server must not be
    /// smaller.
    const ROOM: usize = 1;

    /// A client has connected: writes a greeting, if there is one, to the beginning of `output`, and
    /// returns its length. There is [room](Self::ROOM), unless the server was closed at the same
    /// moment.
    fn opened(
        &mut self,
        shared: &mut Self::Shared,
        client: IpEndpoint,
        output: &mut [u8],
    ) -> usize {
        let _ = (shared, client, output);
        0
    }

    /// Takes bytes from the beginning of `input`, which came from the client, and writes bytes to
    /// the beginning of `output`, which are sent to it.
    ///
    /// It is called whenever something has happened to the connection, also without input: so it may
    /// send what the client has not asked for. It is called again while bytes are consumed or produced
    /// and there is [room](Self::ROOM). Input that is not consumed is offered again, before later input,
    /// when something has happened to the connection or the [deadline](Self::deadline) has come.
    ///
    /// Not to consume is no way to wait for more input: the receive buffer is a ring, and `input` ends
    /// where the ring does, though more may have arrived. Nor does the client send more than the buffer
    /// has room for. A handler of whole lines takes their bytes into memory of its own.
    ///
    /// More than `input.len()` consumed, or `output.len()` produced, is a defect of the handler: a debug
    /// build panics, and others count as much as there is. The same is true of what
    /// [`opened`](Self::opened) and [`finish`](Self::finish) return.
    fn exchange(
        &mut self,
        shared: &mut Self::Shared,
        now: Instant,
        input: &[u8],
        output: &mut [u8],
    ) -> Progress;

    /// The client has closed, and all of its bytes were consumed: writes what is left to the
    /// beginning of `output`, and returns how much that is. Called again until it is 0; the
    /// connection is closed then.
    fn finish(&mut self, shared: &mut Self::Shared, output: &mut [u8]) -> usize {
        let _ = (shared, output);
        0
    }

    /// Whether the server closes the connection, though the client has not. `finish` comes first.
    fn closes(&self) -> bool {
        false
    }

    /// The moment at which [`exchange`](Self::exchange) is called even if nothing happens. From then on
    /// it is called at every poll, until this returns a later moment, or `None`.
    fn deadline(&self) -> Option<Instant> {
        None
    }

    /// The connection is over; `control` says how it was.
    fn closed(&mut self, shared: &mut Self::Shared, control: &Control) {
        let _ = (shared, control);
    }
}

/// The upper-casing of the exercise.
impl<T: Transform> Handler for T {
    type Shared = ();

    fn exchange(&mut self, _: &mut (), _: Instant, input: &[u8], output: &mut [u8]) -> Progress {
        self.convert(input, output)
    }

    fn finish(&mut self, _: &mut (), output: &mut [u8]) -> usize {
        Transform::finish(self, output)
    }
}
