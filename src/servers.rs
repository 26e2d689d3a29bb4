//! Both servers at once: the application, which is the same on every device.

use core::fmt;
use core::ops::ControlFlow;

use smoltcp::phy::Device;
use smoltcp::time::{Duration, Instant};

use crate::stack::{Context, Sockets, earliest};
use crate::{Stack, tcp, udp};

/// A TCP and a UDP server, either of which may be missing.
///
/// This is what a program runs, whatever its device; the program itself brings the device, a
/// clock and a way to sleep.
///
/// ```no_run
/// # use core::ops::ControlFlow;
/// # use smoltcp::phy::Device;
/// # use smoltcp::time::{Duration, Instant};
/// # fn now() -> Instant { Instant::ZERO }
/// # fn sleep(_: &impl Device, _: Option<Duration>) {}
/// use uppercase::{Servers, Stack, tcp, udp};
///
/// # fn run<'a>(
/// #     mut stack: Stack<'a, impl Device>,
/// #     pool: &'a mut tcp::Pool<2, 1024, 1024>,
/// #     datagrams: &'a mut udp::Buffers<512, 2>,
/// # ) -> Result<(), uppercase::servers::SetupError> {
/// let mut servers = Servers::new(stack.sockets(), pool, datagrams, tcp::Config::default())?;
/// servers.run(&mut stack, now, |device, delay| {
///     sleep(device, delay); // until the device has a frame, or the delay is over
///     ControlFlow::<()>::Continue(())
/// });
/// # Ok(())
/// # }
/// ```
pub struct Servers<'a> {
    /// The TCP server, if there is to be one.
    pub tcp: Option<tcp::Server<'a>>,
    /// The UDP server, if there is to be one.
    pub udp: Option<udp::Server<'a>>,
}

impl<'a> Servers<'a> {
    /// Both servers on the same port, in the caller's storage. They take `N + 1` socket slots.
    ///
    /// # Errors
    /// If the stack has fewer slots left or four TCP servers already, or `N` or the port is 0.
    pub fn new<
        const N: usize,
        const RECEIVE: usize,
        const TRANSMIT: usize,
        const DATAGRAM: usize,
        const QUEUE: usize,
    >(
        sockets: &mut Sockets<'a>,
        pool: &'a mut tcp::Pool<N, RECEIVE, TRANSMIT>,
        datagrams: &'a mut udp::Buffers<DATAGRAM, QUEUE>,
        config: tcp::Config,
    ) -> Result<Self, SetupError> {
        Ok(Self {
            tcp: Some(tcp::Server::new(sockets, pool, config).map_err(SetupError::Tcp)?),
            udp: Some(udp::Server::new(sockets, datagrams, config.port).map_err(SetupError::Udp)?),
        })
    }

    /// Answers what has arrived; returns when it wants to be called even if nothing arrives.
    pub fn poll(&mut self, context: &mut Context<'_, 'a>) -> Option<Instant> {
        let udp = self.udp.as_mut().and_then(|udp| udp.poll(context));
        let tcp = self.tcp.as_mut().and_then(|tcp| tcp.poll(context));
        earliest(udp, tcp)
    }

    /// Serves until `sleep` says that it is enough.
    ///
    /// `sleep` is given the device and how long nothing will have to be done if no frame arrives;
    /// it may return at any time.
    pub fn run<D: Device, B>(
        &mut self,
        stack: &mut Stack<'a, D>,
        now: impl Fn() -> Instant,
        mut sleep: impl FnMut(&mut D, Option<Duration>) -> ControlFlow<B>,
    ) -> B {
        loop {
            let delay = stack.poll(now(), |context| self.poll(context));
            if let ControlFlow::Break(result) = sleep(stack.device_mut(), delay) {
                return result;
            }
        }
    }
}

/// Why the servers cannot be set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetupError {
    /// The TCP server cannot.
    Tcp(tcp::SetupError),
    /// The UDP server cannot.
    Udp(udp::SetupError),
}

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(error) => write!(f, "the TCP server cannot be set up: {error}"),
            Self::Udp(error) => write!(f, "the UDP server cannot be set up: {error}"),
        }
    }
}

impl core::error::Error for SetupError {}
