//! Segments of which smoltcp is given something beside them, or in their place.

use super::bare::Bare;
use super::frame::Frame;
use super::link::Link;
use super::made_up::MadeUp;
use super::segments::with_room;
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
}

impl Link<'_> {
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
        if self.make_up(frame, part, sets, &mut made_up).is_some() {
            give(made_up.as_bytes(), sets);
        }
    }

    #[inline(never)] // What it takes is not needed any more when the frame is given.
    fn make_up<'a>(
        &self,
        frame: &[u8],
        part: Part,
        sets: &mut Sets<'_, 'a, impl Steering<'a>>,
        made_up: &mut MadeUp,
    ) -> Option<()> {
        let frame = Frame::read(self.medium, frame)?;
        let packet = frame.packet()?;
        let segment = packet.segment()?;
        let bare = match part {
            Part::Reminder => Bare::reminder(&segment),
            Part::Headers => Bare::new(segment.seq_number(), segment.window_len()),
            Part::Rest => {
                let shut_out = self.sent.closed_window.received(packet, &segment);
                shut_out.or_else(|| with_room(packet, &segment, sets))?
            }
        };
        if !self.admission.is_intact(packet, &segment) {
            return None;
        }
        bare.emit(packet, made_up)
    }
}
