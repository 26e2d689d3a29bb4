//! The socket of an end: datagrams in, datagrams out, and what becomes of each.

use core::fmt;
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, UdpSocket};
use std::vec;

use log::debug;
use smoltcp::phy::{self, Medium};
use smoltcp::time::Duration;

use super::switch::{Switch, Way};
use crate::packet::Frame;

/// The longest frame, in bytes, its Ethernet header included.
pub const MTU: usize = 1514;
/// What a new end sends, to find out whether there is another.
pub(super) const KNOCK: [u8; 1] = [0];
/// Datagrams that are read in search of a frame for our own station: others cannot keep it busy
/// without end.
const DATAGRAMS: usize = 64;

/// What has passed since the cable was opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Statistics {
    /// Frames for this end's own station.
    pub received_frames: u64,
    /// Datagrams that were dropped: they are no Ethernet frame, longer than [`MTU`], from a station
    /// that cannot be where they came from, or from another host.
    pub received_dropped: u64,
    /// Frames from one program that were sent on to another, at the end that listens.
    pub forwarded_frames: u64,
    /// Frames of this end's own station that the system took. A frame to several ends is counted
    /// once for each.
    pub sent_frames: u64,
    /// Frames that were dropped because they are longer than [`MTU`], or because the system did not
    /// take them.
    pub sent_dropped: u64,
}

/// A socket, and the frame that waits for it to have room.
pub(super) struct Line {
    pub(super) socket: UdpSocket,
    /// `None` at a further end: its socket is connected to the first one.
    switch: Option<Switch>,
    waiting: [u8; MTU],
    /// 0 if none does.
    waiting_length: usize,
    pub(super) is_refused: bool,
    pub(super) statistics: Statistics,
}

impl Line {
    pub(super) fn new(socket: UdpSocket, switch: Option<Switch>) -> Self {
        Self {
            socket,
            switch,
            waiting: [0; MTU],
            waiting_length: 0,
            is_refused: false,
            statistics: Statistics::default(),
        }
    }

    /// Reads until there is a frame for our own station, unless there is one already.
    pub(super) fn receive(&mut self, incoming: &mut Incoming) {
        for _ in 0..DATAGRAMS {
            if incoming.is_pending() {
                return;
            }
            let (length, from) = match self.socket.recv_from(&mut incoming.bytes) {
                Ok(received) => received,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) => {
                    // Windows takes a datagram that is too long for an error.
                    if !self.failed(&error) {
                        self.statistics.received_dropped += 1;
                    }
                    continue;
                }
            };
            let is_frame = length <= MTU && from.ip().is_loopback();
            if is_frame && let Some(is_ours) = self.pass(&incoming.bytes[..length], from) {
                self.is_refused = false;
                if is_ours {
                    self.statistics.received_frames += 1;
                    incoming.length = length;
                }
            } else if length != KNOCK.len() {
                self.statistics.received_dropped += 1;
            }
        }
    }

    /// Sends a frame on where it has to go. Returns whether it is for our own station, `None` if it
    /// is no frame.
    fn pass(&mut self, frame: &[u8], from: SocketAddr) -> Option<bool> {
        let hardware = Frame::parse(Medium::default(), frame).hardware?;
        let Some(switch) = &mut self.switch else {
            return Some(true);
        };
        if !switch.learn(from, hardware.source) {
            return None;
        }
        let way = switch.way(hardware.destination);
        let others = switch.ends().filter(|end| match way {
            Way::Own => false,
            Way::End(to) => *end == to && to != from,
            Way::All => *end != from,
        });
        for end in others {
            // A full queue of a switch loses frames as well.
            if self.socket.send_to(frame, end).is_ok() {
                self.statistics.forwarded_frames += 1;
            }
        }
        Some(matches!(way, Way::Own | Way::All))
    }

    /// Whether a frame can be sent: none waits any more.
    pub(super) fn has_room(&mut self) -> bool {
        if self.waiting_length > 0 {
            let frame = self.waiting;
            let length = core::mem::take(&mut self.waiting_length);
            self.send(&frame[..length]);
        }
        self.waiting_length == 0
    }

    /// Sends a frame of our own station, or keeps it until there is room.
    fn send(&mut self, frame: &[u8]) {
        let hardware = Frame::parse(Medium::default(), frame).hardware;
        let has_room = match (&mut self.switch, hardware) {
            (_, None) => {
                self.statistics.sent_dropped += 1;
                true
            }
            (None, Some(_)) => self.give(frame, None),
            (Some(switch), Some(hardware)) => {
                switch.learn_own(hardware.source);
                match switch.way(hardware.destination) {
                    Way::Own => true,
                    Way::End(end) => self.give(frame, Some(end)),
                    Way::All => self.give_all(frame),
                }
            }
        };
        if !has_room {
            self.waiting[..frame.len()].copy_from_slice(frame);
            self.waiting_length = frame.len();
        }
    }

    /// Gives a frame to all ends. Some may be out of reach, and none waits for another.
    fn give_all(&mut self, frame: &[u8]) -> bool {
        let Self {
            socket,
            switch,
            statistics,
            ..
        } = self;
        for end in switch.iter().flat_map(Switch::ends) {
            match socket.send_to(frame, end) {
                Ok(_) => statistics.sent_frames += 1,
                Err(_) => statistics.sent_dropped += 1,
            }
        }
        true
    }

    /// Gives a frame to the system; `false` if that has no room for it.
    fn give(&mut self, frame: &[u8], end: Option<SocketAddr>) -> bool {
        // The first attempt may only say what became of an earlier frame.
        for _ in 0..2 {
            let sent = match end {
                Some(end) => self.socket.send_to(frame, end),
                None => self.socket.send(frame),
            };
            match sent {
                Ok(_) => {
                    self.statistics.sent_frames += 1;
                    return true;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return false,
                Err(error) => _ = self.failed(&error),
            }
        }
        self.statistics.sent_dropped += 1;
        true
    }

    /// Notes an error of the socket, after which it can be used as before. Returns whether it says
    /// that an earlier frame was refused.
    fn failed(&mut self, error: &io::Error) -> bool {
        // Linux and macOS say the first of a connected socket, Windows the second of any socket.
        let refusals = [ErrorKind::ConnectionRefused, ErrorKind::ConnectionReset];
        let is_refusal = refusals.contains(&error.kind());
        if is_refusal {
            self.is_refused = self.switch.is_none();
        } else {
            debug!("cable: {error}");
        }
        is_refusal
    }

    /// Sleeps until a datagram can be read, or there is an error to be read.
    pub(super) fn wait(&mut self, timeout: Option<Duration>) -> io::Result<bool> {
        let is_ready = self.is_ready();
        if is_ready || timeout == Some(Duration::ZERO) {
            return Ok(is_ready);
        }
        self.socket.set_nonblocking(false)?;
        self.socket.set_read_timeout(timeout.map(Into::into))?;
        let is_ready = self.is_ready();
        self.socket.set_nonblocking(true)?;
        Ok(is_ready)
    }

    /// Looks for a datagram, or an error, as long as the socket is set to.
    fn is_ready(&mut self) -> bool {
        let Err(error) = self.socket.peek_from(&mut [0]) else {
            return true;
        };
        let idle = [
            ErrorKind::WouldBlock,
            ErrorKind::TimedOut,
            ErrorKind::Interrupted,
        ];
        if idle.contains(&error.kind()) {
            return false;
        }
        // Windows says so of a datagram that is longer than what is looked at, too.
        self.failed(&error);
        true
    }
}

/// The frame that was received last, until it is taken.
pub(super) struct Incoming {
    /// One more than a frame can have, to tell a longer one.
    bytes: [u8; MTU + 1],
    /// 0 if it was taken.
    length: usize,
}

impl Incoming {
    pub(super) const fn new() -> Self {
        Self {
            bytes: [0; MTU + 1],
            length: 0,
        }
    }

    pub(super) fn is_pending(&self) -> bool {
        self.length > 0
    }

    pub(super) fn token(&mut self) -> Option<RxToken<'_>> {
        self.is_pending().then_some(RxToken(self))
    }
}

/// The right to take the frame that was received.
pub struct RxToken<'t>(&'t mut Incoming);

impl fmt::Debug for RxToken<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RxToken")
            .field("length", &self.0.length)
            .finish_non_exhaustive()
    }
}

impl phy::RxToken for RxToken<'_> {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, read: F) -> R {
        let length = core::mem::take(&mut self.0.length);
        read(&self.0.bytes[..length])
    }
}

/// The right to send one frame.
pub struct TxToken<'t>(pub(super) &'t mut Line);

impl fmt::Debug for TxToken<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TxToken")
            .field("statistics", &self.0.statistics)
            .finish_non_exhaustive()
    }
}

impl phy::TxToken for TxToken<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, fill: F) -> R {
        if length > MTU {
            self.0.statistics.sent_dropped += 1;
            return fill(&mut vec![0; length]);
        }
        let mut bytes = [0; MTU];
        let result = fill(&mut bytes[..length]);
        self.0.send(&bytes[..length]);
        result
    }
}
