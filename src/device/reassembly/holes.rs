//! Which bytes of a datagram have not arrived yet: the hole list of RFC 815.
//!
//! The list lives in the holes themselves. A hole starts at a multiple of 8 bytes and is at least
//! 8 bytes long, so there is always room for its descriptor, and any number of fragments may come
//! in any order without further memory. The list is kept in ascending order.

/// The end of the last hole while the length of the datagram is unknown. Also the end of the list.
/// No block of a datagram has this number: there are 8192 blocks of 8 bytes at most.
const NONE: u16 = u16::MAX;

/// Bytes that must be left in the buffer behind a fragment that is not the last one.
pub(super) const DESCRIPTOR: usize = BLOCK;

const BLOCK: usize = 8;

/// A fragment that contradicts what has arrived before.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Contradiction;

/// The holes of one datagram, in blocks of 8 bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Holes {
    first: u16,
    length: Option<usize>,
}

struct Hole {
    end: u16,
    next: u16,
}

impl Holes {
    /// A datagram without holes, and without anything else.
    pub(super) const NONE: Self = Self {
        first: NONE,
        length: None,
    };

    /// A datagram of which nothing has arrived: one hole, the end of which is not known.
    pub(super) fn new(buffer: &mut [u8]) -> Self {
        let mut holes = Self::NONE;
        let everything = Hole {
            end: NONE,
            next: NONE,
        };
        if everything.write(buffer, 0).is_ok() {
            holes.first = 0;
        }
        holes
    }

    /// Whether [`new`](Self::new) has yet to be called.
    pub(super) fn is_none(&self) -> bool {
        self.first == NONE && self.length.is_none()
    }

    /// How long the datagram is, once all of it has arrived.
    pub(super) fn complete(&self) -> Option<usize> {
        self.length.filter(|_| self.first == NONE)
    }

    /// Puts a fragment into its place.
    ///
    /// `data` starts `offset` bytes, a multiple of 8, into the datagram; `more` says that it does
    /// not end the datagram, and then its length is a multiple of 8 too and leaves
    /// [`DESCRIPTOR`] bytes of the buffer unused. What has already arrived may arrive again if it
    /// says the same. Anything else that does not fit is a contradiction, and the datagram cannot
    /// be trusted any more.
    pub(super) fn fill(
        &mut self,
        buffer: &mut [u8],
        offset: usize,
        data: &[u8],
        more: bool,
    ) -> Result<(), Contradiction> {
        let end = offset + data.len();
        let from = block(offset)?;
        // The last fragment also fills the hole of unknown end.
        let to = if more { block(end)? } else { NONE };

        let (mut previous, mut at) = (None, self.first);
        while at < to {
            let hole = Hole::read(buffer, at)?;
            if from < hole.end {
                if from < at || to > hole.end {
                    return Err(Contradiction); // partly in the hole, partly not
                }
                let mut next = hole.next;
                if to < hole.end {
                    Hole {
                        end: hole.end,
                        next,
                    }
                    .write(buffer, to)?;
                    next = to;
                }
                if at < from {
                    Hole { end: from, next }.write(buffer, at)?;
                    next = at;
                }
                match previous {
                    None => self.first = next,
                    Some(previous) => Hole::read(buffer, previous)?
                        .with_next(next)
                        .write(buffer, previous)?,
                }
                let place = buffer.get_mut(offset..end).ok_or(Contradiction)?;
                place.copy_from_slice(data);
                if !more {
                    self.length = Some(end);
                }
                return Ok(());
            }
            (previous, at) = (Some(at), hole.next);
        }

        let agrees = match self.length {
            Some(length) if more => end < length,
            Some(length) => end == length,
            None => more,
        };
        if agrees && buffer.get(offset..end) == Some(data) {
            Ok(())
        } else {
            Err(Contradiction)
        }
    }
}

fn block(offset: usize) -> Result<u16, Contradiction> {
    match u16::try_from(offset / BLOCK) {
        Ok(block) if block != NONE => Ok(block),
        _ => Err(Contradiction),
    }
}

impl Hole {
    fn place(buffer: &mut [u8], block: u16) -> Result<&mut [u8; 4], Contradiction> {
        let place = buffer.get_mut(usize::from(block) * BLOCK..);
        place
            .and_then(|place| place.first_chunk_mut())
            .ok_or(Contradiction)
    }

    fn read(buffer: &mut [u8], block: u16) -> Result<Self, Contradiction> {
        let [a, b, c, d] = *Self::place(buffer, block)?;
        let hole = Self {
            end: u16::from_ne_bytes([a, b]),
            next: u16::from_ne_bytes([c, d]),
        };
        // Ascending, so that a walk along the list always ends.
        if block < hole.end && block < hole.next {
            Ok(hole)
        } else {
            Err(Contradiction)
        }
    }

    fn with_next(self, next: u16) -> Self {
        Self { next, ..self }
    }

    fn write(self, buffer: &mut [u8], block: u16) -> Result<(), Contradiction> {
        let ([a, b], [c, d]) = (self.end.to_ne_bytes(), self.next.to_ne_bytes());
        *Self::place(buffer, block)? = [a, b, c, d];
        Ok(())
    }
}

#[cfg(test)]
mod tests;
