//! A device with faults between it and the stack, in real time.

use smoltcp::phy::{Device, DeviceCapabilities, Medium, RxToken, TxToken};
use smoltcp::time::Instant;
use uppercase::simulation::{Network, Port, Receive, Transmit};

use super::events::Source;
use super::failure::Failure;
use super::faults::Faults;
use super::live::Attached;
use super::report::Traffic;
use super::spin::Received;

/// Frames that are carried over at a time, each way.
const FRAMES: usize = 64;

/// A device behind a simulated link: the stack is at one end of that, the device at the other.
pub struct Faulty<D> {
    inner: D,
    network: Network,
    stack: Port,
    far: Port,
}

impl<D: Attached> Faulty<D> {
    pub fn new(inner: D, faults: &Faults) -> Self {
        let mut network = Network::new(Medium::Ethernet, faults.seed());
        network.watch(faults.watch());
        let [stack, far] = ["stack", "device"].map(|name| network.link(name));
        stack.set(faults.conditions());
        far.set(faults.size());
        for link in [&stack, &far] {
            faults.drop_from(&link.from_host);
        }
        Self {
            inner,
            stack: stack.port(),
            far: far.port(),
            network,
        }
    }

    /// Carries over what has come to an end of the link by now.
    fn carry(&mut self, now: Instant) {
        let passed = now.max(self.network.now()) - self.network.now();
        self.network.sleep(passed);
        for _ in 0..FRAMES {
            let Some((received, _)) = self.inner.receive(now) else {
                break;
            };
            let Some(room) = self.far.transmit(now) else {
                break;
            };
            received.consume(|frame| copy(frame, room));
        }
        for _ in 0..FRAMES {
            let Some(room) = self.inner.transmit(now) else {
                break;
            };
            let Some((received, _)) = self.far.receive(now) else {
                break;
            };
            received.consume(|frame| copy(frame, room));
        }
    }
}

fn copy(frame: &[u8], to: impl TxToken) {
    to.consume(frame.len(), |copy| copy.copy_from_slice(frame));
}

impl<D: Attached> Device for Faulty<D> {
    type RxToken<'t>
        = Receive
    where
        Self: 't;
    type TxToken<'t>
        = Transmit<'t>
    where
        Self: 't;

    fn receive(&mut self, now: Instant) -> Option<(Receive, Transmit<'_>)> {
        self.carry(now);
        self.stack.receive(now)
    }

    fn transmit(&mut self, now: Instant) -> Option<Transmit<'_>> {
        self.stack.transmit(now)
    }

    fn capabilities(&self) -> DeviceCapabilities {
        self.stack.capabilities()
    }
}

impl<D: Attached> Attached for Faulty<D> {
    fn name(&self) -> String {
        self.inner.name()
    }

    fn settle(&mut self) -> Result<(), Failure> {
        self.inner.settle()
    }

    fn survive(&self) -> Result<(), Failure> {
        self.inner.survive()
    }

    fn received(&self) -> Received {
        self.inner.received()
    }

    fn traffic(&self) -> Traffic {
        self.inner.traffic()
    }

    fn due(&mut self) -> Option<Instant> {
        self.network.next_event_at()
    }
}

#[cfg(unix)]
impl<D: Source> Source for Faulty<D> {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        self.inner.as_fd()
    }
}

#[cfg(not(unix))]
impl<D: Source> Source for Faulty<D> {
    fn wait(&mut self, timeout: smoltcp::time::Duration) -> std::io::Result<bool> {
        self.inner.wait(timeout)
    }
}
