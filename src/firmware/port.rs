use smoltcp::phy::{Device, DeviceCapabilities, RxToken, TxToken};
use smoltcp::time::Instant;

use super::Driver;

/// An Ethernet controller: two queues of frames, with an end of each for the firmware.
///
/// [`Port`] makes a device of it. No method waits for the controller.
pub trait Controller {
    /// The end of the queue of received frames.
    type Receiver: Receiver;
    /// The end of the queue of frames to be transmitted.
    type Transmitter: Transmitter;

    /// Both ends.
    fn ends(&mut self) -> &mut Ends<Self::Receiver, Self::Transmitter>;

    /// As [`Driver::acknowledge`].
    fn acknowledge(&mut self, now: Instant);

    /// As [`Driver::has_link`].
    fn has_link(&self) -> bool {
        true
    }
}

/// The firmware's ends of both queues. What is received may be answered while it is read.
#[derive(Debug)]
pub struct Ends<R, T> {
    /// That of received frames.
    pub receiver: R,
    /// That of frames to be transmitted.
    pub transmitter: T,
}

/// The end of the queue of received frames.
pub trait Receiver {
    /// The length of the next good frame, which stays where it is until it is taken. Frames with errors,
    /// and those longer than [`MTU`], are dropped. `None` once nothing is left: what arrives later
    /// interrupts.
    fn peek(&mut self) -> Option<usize>;

    /// Lets `read` have the frame that was peeked at, which has this length, and is done with it.
    fn take<R>(&mut self, length: usize, read: impl FnOnce(&[u8]) -> R) -> R;
}

/// The end of the queue of frames to be transmitted.
pub trait Transmitter {
    /// Whether there is room for a frame of any length.
    fn has_room(&self) -> bool;

    /// Lets `fill` write a frame of this length, for which there is room, and transmits it. While there
    /// is no link, the frame may be dropped. A frame shorter than 60 bytes is filled up here or by the
    /// controller.
    fn transmit<R>(&mut self, length: usize, fill: impl FnOnce(&mut [u8]) -> R) -> R;
}

/// The Ethernet header, which every frame has.
pub const HEADER: usize = 14;
/// The longest frame, with its header and without its checksum.
pub const MTU: usize = 1514;
/// The checksum behind a frame on the wire.
pub const CHECKSUM: usize = 4;

/// A [`Controller`] as a device.
///
/// - A received frame stays in its queue until its token is consumed. A token that is dropped unused
///   has taken nothing: the next one is for the same frame.
/// - While there is no room to transmit, there are no tokens to receive either: what is received may
///   want an answer at once, and its token is the room for that. Frames wait in their queue.
#[derive(Debug)]
pub struct Port<C>(C);

impl<C: Controller> Port<C> {
    /// A device of a controller that has been started.
    pub const fn new(controller: C) -> Self {
        Self(controller)
    }
}

impl<C: Controller> Driver for Port<C> {
    fn acknowledge(&mut self, now: Instant) {
        self.0.acknowledge(now);
    }

    fn has_link(&self) -> bool {
        self.0.has_link()
    }
}

impl<C: Controller> Device for Port<C> {
    type RxToken<'t>
        = Received<'t, C::Receiver>
    where
        Self: 't;
    type TxToken<'t>
        = Room<'t, C::Transmitter>
    where
        Self: 't;

    fn receive(&mut self, _: Instant) -> Option<(Self::RxToken<'_>, Self::TxToken<'_>)> {
        let Ends {
            receiver,
            transmitter,
        } = self.0.ends();
        if !transmitter.has_room() {
            return None;
        }
        let length = receiver.peek()?;
        Some((Received { receiver, length }, Room(transmitter)))
    }

    fn transmit(&mut self, _: Instant) -> Option<Self::TxToken<'_>> {
        let transmitter = &mut self.0.ends().transmitter;
        transmitter.has_room().then_some(Room(transmitter))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.max_transmission_unit = MTU;
        capabilities
    }
}

/// The right to take the frame that waits in a [`Port`].
#[derive(Debug)]
pub struct Received<'t, R> {
    receiver: &'t mut R,
    length: usize,
}

impl<T: Receiver> RxToken for Received<'_, T> {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, read: F) -> R {
        self.receiver.take(self.length, read)
    }
}

/// The right to transmit a frame of at most [`MTU`] bytes through a [`Port`].
#[derive(Debug)]
pub struct Room<'t, T>(&'t mut T);

impl<T: Transmitter> TxToken for Room<'_, T> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, fill: F) -> R {
        // A stack keeps to the MTU. Where another caller asks for more, `fill` is given less than that, and
        // panics if it writes behind the end: nothing is written elsewhere.
        self.0.transmit(length.min(MTU), fill)
    }
}
