//! Standard input, read by a thread of its own where nothing else tells whether it can be read.

use std::io::{self, Read};
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};
use std::thread;

type Piece = io::Result<Vec<u8>>;

/// The pieces that the thread has read.
pub struct Reader {
    pieces: Receiver<Piece>,
    next: Option<Piece>,
}

impl Reader {
    /// Starts the thread, which reads `length` bytes at a time and one piece ahead.
    pub fn start(length: usize) -> io::Result<Self> {
        let (sender, pieces) = sync_channel(1);
        let read = move || {
            loop {
                let mut piece = vec![0; length];
                let read = io::stdin().lock().read(&mut piece).map(|read| {
                    piece.truncate(read);
                    piece
                });
                let is_last = read.as_ref().map_or(true, Vec::is_empty);
                if sender.send(read).is_err() || is_last {
                    break;
                }
            }
        };
        thread::Builder::new().name("input".into()).spawn(read)?;
        Ok(Self { pieces, next: None })
    }

    /// Whether [`read`](Self::read) does not wait.
    pub fn is_ready(&mut self) -> bool {
        if self.next.is_none() {
            match self.pieces.try_recv() {
                Ok(piece) => self.next = Some(piece),
                Err(TryRecvError::Empty) => return false,
                Err(TryRecvError::Disconnected) => {}
            }
        }
        true
    }

    /// The next piece; an empty one at the end.
    pub fn read(&mut self) -> Piece {
        let next = self.next.take();
        next.unwrap_or_else(|| self.pieces.recv().unwrap_or_else(|_| Ok(Vec::new())))
    }
}
