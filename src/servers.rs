//! Both servers at once: what every program here serves, whatever its device.

use smoltcp::time::Instant;

use crate::stack::Context;
use crate::{tcp, udp};

/// A TCP and a UDP server, either of which may be missing.
///
/// ```text
/// let mut servers = Servers { tcp: Some(tcp), udp: Some(udp) };
/// loop {
///     let delay = stack.poll(now(), |context| servers.poll(context));
///     sleep(delay); // or until the device has a frame
/// }
/// ```
pub struct Servers<'a> {
    /// The TCP server, if there is to be one.
    pub tcp: Option<tcp::Server<'a>>,
    /// The UDP server, if there is to be one.
    pub udp: Option<udp::Server<'a>>,
}

impl<'a> Servers<'a> {
    /// Answers what has arrived; returns when it wants to be called even if nothing arrives.
    pub fn poll(&mut self, context: &mut Context<'_, 'a>) -> Option<Instant> {
        if let Some(udp) = &mut self.udp {
            udp.poll(context);
        }
        self.tcp.as_mut()?.poll(context)
    }
}
