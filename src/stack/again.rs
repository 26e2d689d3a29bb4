//! Segments of which smoltcp is given something beside them, or in their place.

use super::bare::Bare;
use super::frame::Frame;
use super::link::Link;
use super::made_up::MadeUp;
use super::segments::is_stuck;
use super::steering::{Sets, Steering};

/// What is made up of a segment.
#[derive(Clone, Copy)]
pub(super) enum Part {
    /// A reminder of the window.
    Reminder,
    /// Its acknowledgement and window, without text and close.
    Headers,
    /// What smoltcp, which has been given it, did not use.
    Rest,
    /// Nothing but a window, after a [`Reminder`](Self::Reminder).
    Window(u16),
}

impl Link<'_> {
    /// Gives what smoltcp did not use of a segment that it has been given.
    #[inline(never)] // Few segments need it.
    pub(super) fn give_rest<'s, 'a, S: Steering<'a>>(
        &self,
        frame: &[u8],
        sets: &mut Sets<'s, 'a, S>,
        give: &mut dyn FnMut(&[u8], &mut Sets<'s, 'a, S>),
    ) {
        self.give_again(frame, Part::Rest, sets, give);
        self.sent.expected.set(None);
        let read = Frame::read(self.medium, frame);
        if let Some(packet) = read.as_ref().and_then(Frame::packet)
            && let Some(segment) = packet.segment()
            && is_stuck(packet, &segment, sets)
        {
            self.give_again(frame, Part::Reminder, sets, give);
            self.give_again(frame, Part::Window(1), sets, give);
            self.give_again(frame, Part::Window(0), sets, give);
        }
    }

    /// Gives what is made up of a segment.
    #[inline(never)] // The room for it is needed for as long as this takes only.
    pub(super) fn give_again<'s, 'a, S: Steering<'a>>(
        &self,
        frame: &[u8],
        part: Part,
        sets: &mut Sets<'s, 'a, S>,
        give: &mut dyn FnMut(&[u8], &mut Sets<'s, 'a, S>),
    ) {
        let mut made_up = MadeUp::new();
        if self.make_up(frame, part, &mut made_up).is_some() {
            give(made_up.as_bytes(), sets);
        }
    }

    #[inline(never)] // What it takes is not needed any more when the frame is given.
    fn make_up(&self, frame: &[u8], part: Part, made_up: &mut MadeUp) -> Option<()> {
        let frame = Frame::read(self.medium, frame)?;
        let packet = frame.packet()?;
        let segment = packet.segment()?;
        let bare = match part {
            Part::Reminder => Bare::reminder(&segment),
            Part::Headers => Bare::new(segment.seq_number(), segment.window_len()),
            Part::Rest => self.sent.closed_window.received(packet, &segment)?,
            Part::Window(window) => Bare::new(self.sent.expected.get()?, window),
        };
        if !self.admission.is_intact(packet, &segment) {
            return None;
        }
        bare.emit(packet, made_up)
    }
}
