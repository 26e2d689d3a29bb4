use smoltcp::time::Instant;
use smoltcp::wire::IpEndpoint;

use crate::stack::Control;
use crate::transform::{Progress, Upper};

/// What a [`Server`](super::Server) does with the bytes of one connection.
///
/// A server makes one for each connection ([`Default`]). No method waits, and none has to do with
/// sockets: a client that does not read leaves no room for output, and is taken no input from.
///
/// This one returns each line in capitals, and counts the lines of all connections:
///
/// ```
/// use uppercase::tcp::{Handler, Progress};
///
/// #[derive(Default)]
/// struct Shout;
///
/// impl Handler for Shout {
///     type Shared = usize;
///
///     fn exchange(&mut self, lines: &mut usize, input: &[u8], output: &mut [u8]) -> Progress {
///         let length = input.len().min(output.len());
///         output[..length].copy_from_slice(&input[..length]);
///         output[..length].make_ascii_uppercase();
///         *lines += output[..length].iter().filter(|byte| **byte == b'\n').count();
///         Progress { consumed: length, produced: length }
///     }
/// }
/// ```
pub trait Handler: Default {
    /// What all connections of a server have in common.
    type Shared: Default;

    /// A client has connected.
    fn opened(&mut self, shared: &mut Self::Shared, client: IpEndpoint) {
        let _ = (shared, client);
    }

    /// Takes bytes from the beginning of `input`, which came from the client, and writes bytes to
    /// the beginning of `output`, which are sent to it.
    ///
    /// It is called whenever something has happened to the connection, also without input, as long
    /// as there is room for output and either of the two moves: so it may send what the client has
    /// not asked for. Input that is not consumed is offered again, in front of what follows it.
    fn exchange(&mut self, shared: &mut Self::Shared, input: &[u8], output: &mut [u8]) -> Progress;

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

    /// When [`exchange`](Self::exchange) is called even if nothing happens.
    fn deadline(&self) -> Option<Instant> {
        None
    }

    /// The connection is over; `control` says how it was.
    fn closed(&mut self, shared: &mut Self::Shared, control: &Control) {
        let _ = (shared, control);
    }
}

impl Handler for Upper {
    type Shared = ();

    fn exchange(&mut self, _: &mut (), input: &[u8], output: &mut [u8]) -> Progress {
        self.convert(input, output)
    }

    fn finish(&mut self, _: &mut (), output: &mut [u8]) -> usize {
        Upper::finish(self, output)
    }
}
