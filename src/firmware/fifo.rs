use core::marker::PhantomData;

use super::port::{Ends, HEADER, MTU, Receiver, Transmitter};
use crate::logging::{debug, warn};

/// A frame as a controller with a FIFO has it: words of four bytes in the order of the wire, the frame
/// after [`Fifo::OFFSET`] bytes.
///
/// The alignment makes one access of reading and writing a word.
#[derive(Debug)]
#[repr(align(4))]
struct Words<const N: usize>([[u8; 4]; N]);

/// The frames that the driver of such a controller works on: the one that was received last, and the one
/// that is being written. Each has `N` words of four bytes: at least [`Fifo::OFFSET`] and [`MTU`] bytes.
#[derive(Debug)]
pub struct FifoFrames<const N: usize> {
    received: Words<N>,
    transmitted: Words<N>,
}

impl<const N: usize> FifoFrames<N> {
    /// Frames of zeros.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            received: Words([[0; 4]; N]),
            transmitted: Words([[0; 4]; N]),
        }
    }
}

impl<const N: usize> Default for FifoFrames<N> {
    fn default() -> Self {
        Self::new()
    }
}

/// The FIFOs of a controller, through which frames pass a word at a time
/// ([`Register::read_words`](super::Register::read_words)).
pub trait Fifo {
    /// How many bytes are in front of a frame in its words.
    const OFFSET: usize;

    /// How many frames wait to be read.
    fn waiting() -> u32;

    /// Reads the next frame to its end, as much as has room in `words`. Returns its length, without the
    /// checksum, and 0 if it has an error; `None` if the length cannot be: nothing behind it can be found
    /// then.
    fn read(words: &mut [[u8; 4]]) -> Option<usize>;

    /// Drops what waits.
    fn empty();

    /// All frames have been read: what stands still after an overrun goes on.
    fn go_on() {}

    /// Whether there is room for a frame of any length.
    fn has_room() -> bool;

    /// Writes a frame of this length, for which there is room.
    fn write(words: &mut [[u8; 4]], length: usize);
}

/// Both ends of the FIFOs `F`, with the frames that they work on, which have `N` words.
///
/// ```compile_fail
/// # use uppercase::firmware::{Fifo, FifoEnds, FifoFrames, MTU};
/// # struct Fifos;
/// # impl Fifo for Fifos {
/// #     const OFFSET: usize = 2;
/// #     fn waiting() -> u32 { 0 }
/// #     fn read(_: &mut [[u8; 4]]) -> Option<usize> { None }
/// #     fn empty() {}
/// #     fn has_room() -> bool { true }
/// #     fn write(_: &mut [[u8; 4]], _: usize) {}
/// # }
/// // Two bytes are in front of a frame: the longest one needs a word more.
/// const WORDS: usize = MTU / 4;
/// let ends = FifoEnds::<Fifos, WORDS>::new(Box::leak(Box::new(FifoFrames::new())));
/// ```
pub type FifoEnds<F, const N: usize> = Ends<FifoReceiver<F, N>, FifoTransmitter<F, N>>;

impl<F: Fifo, const N: usize> FifoEnds<F, N> {
    /// Nothing has been received. Too few words for the longest frame do not compile.
    pub fn new(frames: &'static mut FifoFrames<N>) -> Self {
        const {
            assert!(
                N * size_of::<[u8; 4]>() >= F::OFFSET + MTU,
                "the words have no room for the longest frame and what is in front of it"
            );
        }
        Ends {
            receiver: FifoReceiver {
                words: &mut frames.received,
                waiting: 0,
                fifo: PhantomData,
            },
            transmitter: FifoTransmitter(&mut frames.transmitted, PhantomData),
        }
    }
}

/// The end of a FIFO of received frames. The frame that was read last stays until it is taken.
#[derive(Debug)]
pub struct FifoReceiver<F, const N: usize> {
    words: &'static mut Words<N>,
    /// The length of the frame that waits; 0 is none.
    waiting: usize,
    fifo: PhantomData<F>,
}

impl<F: Fifo, const N: usize> FifoReceiver<F, N> {
    /// Reads the next good frame; returns its length.
    fn read(&mut self) -> Option<usize> {
        // No more than there are now: this has to come to an end.
        for _ in 0..F::waiting() {
            let Some(length) = F::read(&mut self.words.0) else {
                warn!("Ethernet: a frame cannot be as long as it says, frames are lost");
                F::empty();
                return None;
            };
            if (HEADER..=MTU).contains(&length) {
                return Some(length);
            }
            debug!("Ethernet: a frame of {} bytes is dropped", length);
        }
        F::go_on();
        None
    }
}

impl<F: Fifo, const N: usize> Receiver for FifoReceiver<F, N> {
    fn peek(&mut self) -> Option<usize> {
        if self.waiting == 0 {
            self.waiting = self.read()?;
        }
        Some(self.waiting)
    }

    fn take<R>(&mut self, length: usize, read: impl FnOnce(&[u8]) -> R) -> R {
        self.waiting = 0;
        read(&self.words.0.as_flattened()[F::OFFSET..F::OFFSET + length])
    }
}

/// The end of a FIFO of frames to be transmitted.
#[derive(Debug)]
pub struct FifoTransmitter<F, const N: usize>(&'static mut Words<N>, PhantomData<F>);

impl<F: Fifo, const N: usize> Transmitter for FifoTransmitter<F, N> {
    fn has_room(&self) -> bool {
        F::has_room()
    }

    fn transmit<R>(&mut self, length: usize, fill: impl FnOnce(&mut [u8]) -> R) -> R {
        let bytes = self.0.0.as_flattened_mut();
        let result = fill(&mut bytes[F::OFFSET..F::OFFSET + length]);
        F::write(&mut self.0.0, length);
        result
    }
}
