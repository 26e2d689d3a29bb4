//! Standard input, read a piece at a time and only when it is there.

#[cfg(not(unix))]
mod reader;

use std::io;

/// The most that is read at a time, in bytes.
const PIECE: usize = 64 * 1024;

/// Standard input and what was read of it and is not used yet.
pub struct Input {
    source: Option<Source>,
    buffer: Vec<u8>,
    used: usize,
    ended: bool,
    size: Option<u64>,
}

/// Not `std::io::Stdin`: that reads ahead into a buffer of its own, and what it holds would be
/// there although the file descriptor has nothing to read.
#[cfg(unix)]
type Source = std::fs::File;
#[cfg(not(unix))]
type Source = reader::Reader;

impl From<Vec<u8>> for Input {
    /// Input that has been read already.
    fn from(buffer: Vec<u8>) -> Self {
        Self {
            source: None,
            buffer,
            used: 0,
            ended: true,
            size: None,
        }
    }
}

impl Input {
    pub fn open() -> io::Result<Self> {
        #[cfg(unix)]
        let source = {
            use std::os::fd::AsFd;
            Source::from(io::stdin().as_fd().try_clone_to_owned()?)
        };
        #[cfg(not(unix))]
        let source = Source::start(PIECE)?;
        Ok(Self {
            #[cfg(unix)]
            size: left(&source),
            #[cfg(not(unix))]
            size: None,
            source: Some(source),
            buffer: Vec::new(),
            used: 0,
            ended: false,
        })
    }

    /// How long it was at the start, in bytes, if it is a file.
    pub fn size(&self) -> Option<u64> {
        self.size
    }

    /// The file, to wait for what it has; `None` if all of it has been read.
    #[cfg(unix)]
    pub fn file(&self) -> Option<std::os::fd::BorrowedFd<'_>> {
        self.source.as_ref().map(std::os::fd::AsFd::as_fd)
    }

    /// Whether [`read`](Self::read) does not block.
    #[cfg(not(unix))]
    pub fn is_ready(&mut self) -> bool {
        self.source.as_mut().is_none_or(Source::is_ready)
    }

    /// Reads one piece. Blocks if nothing is there.
    pub fn read(&mut self) -> io::Result<()> {
        let Some(source) = &mut self.source else {
            return Ok(());
        };
        self.buffer.drain(..self.used);
        self.used = 0;
        match read(source, &mut self.buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(()),
            read => {
                self.ended = read? == 0;
                Ok(())
            }
        }
    }

    /// Reads all of it. The next [`read`](Self::read) finds the end.
    pub fn read_all(&mut self) -> io::Result<()> {
        while !self.ended {
            self.read()?;
        }
        self.ended = false;
        Ok(())
    }

    /// What was read and is not used yet.
    pub fn unused(&self) -> &[u8] {
        &self.buffer[self.used..]
    }

    /// Takes note that the first bytes of it were used.
    pub fn consume(&mut self, length: usize) {
        self.used += length;
    }

    /// Whether nothing more can be read.
    pub fn has_ended(&self) -> bool {
        self.ended
    }

    /// The next line without its end, and whether it has one; `None` if it has not been read yet.
    /// At the end of the input, what is left is a line.
    pub fn line(&mut self) -> Option<(Vec<u8>, bool)> {
        let unused = self.unused();
        let end = unused.iter().position(|byte| *byte == b'\n');
        let (length, has_end) = match end {
            Some(length) => (length, true),
            None if self.ended && !unused.is_empty() => (unused.len(), false),
            None => return None,
        };
        let line = unused[..length].to_vec();
        self.consume(length + usize::from(has_end));
        Some((line, has_end))
    }
}

/// How much a file has from here on, if it is one: a program before this one may have read of it.
#[cfg(unix)]
fn left(mut source: &Source) -> Option<u64> {
    let file = source.metadata().ok().filter(std::fs::Metadata::is_file)?;
    let here = io::Seek::stream_position(&mut source).ok()?;
    Some(file.len().saturating_sub(here))
}

/// Reads one piece, and returns its length; 0 at the end.
#[cfg(unix)]
fn read(source: &mut Source, buffer: &mut Vec<u8>) -> io::Result<usize> {
    let unread = buffer.len();
    buffer.resize(unread + PIECE, 0);
    let read = io::Read::read(source, &mut buffer[unread..]);
    buffer.truncate(unread + read.as_ref().copied().unwrap_or(0));
    read
}

#[cfg(not(unix))]
fn read(source: &mut Source, buffer: &mut Vec<u8>) -> io::Result<usize> {
    let piece = source.read()?;
    buffer.extend_from_slice(&piece);
    Ok(piece.len())
}
