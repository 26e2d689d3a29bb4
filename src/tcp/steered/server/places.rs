//! Which place is whose: found by its ends, free, opening, in TIME-WAIT, or about to transmit.

use smoltcp::iface::SocketSet;

use super::super::place::Kin;
use super::Server;
use crate::stack::Ends;
use crate::tcp::phase::Phase;

impl<'a> Server<'a> {
    pub(super) fn find(&self, ends: &Ends) -> Option<usize> {
        let is_right = |number: usize| self.places[number].ends == Some(*ends);
        self.index
            .find(&self.entries, self.index.hash(ends), is_right)
    }

    /// Whether another client may come.
    pub(super) fn has_room(&self) -> bool {
        let allowed = self.used < self.config.connections.max(1);
        allowed && !(self.free.is_empty() && self.time_wait.is_empty())
    }

    /// The set of a place that is given something.
    pub(super) fn touch(&mut self, number: usize) -> Option<&mut SocketSet<'a>> {
        self.touched = Some(number);
        self.places[number].set()
    }

    /// Lets a place listen for the client at the other of these ends: that of its last connection
    /// if there is one, which goes on unless it is over, or else another one.
    pub(super) fn listen(
        &mut self,
        found: Option<usize>,
        ends: &Ends,
    ) -> Option<&mut SocketSet<'a>> {
        let over = [Phase::Free, Phase::Resetting, Phase::TimeWait];
        if let Some(number) = found
            && !over.contains(&self.places[number].phase())
        {
            return self.touch(number);
        }
        let number = found
            .or(self.free.first())
            // Ends TIME-WAIT early, as no other place is free.
            .or(self.time_wait.first())?;
        self.leave_kin(number);
        self.unbind(number);
        self.index
            .insert(&mut self.entries, self.index.hash(ends), number);
        let place = &mut self.places[number];
        place.ends = Some(*ends);
        if let Some((connection, socket)) = place.parts() {
            connection.listen(socket, &self.config);
        }
        self.touch(number)
    }

    fn unbind(&mut self, number: usize) {
        if self.places[number].ends.take().is_some() {
            self.index.remove(&mut self.entries, number);
        }
    }

    /// Lets a place transmit.
    pub(super) fn queue(&mut self, number: usize) {
        if !core::mem::replace(&mut self.places[number].is_busy, true) {
            self.busy.push_back(&mut self.entries, number);
        }
    }

    /// Takes note of what a place is now; `settled`: and it has said all that there is to say.
    pub(super) fn note(&mut self, number: usize, settled: bool) {
        let place = &mut self.places[number];
        let phase = place.phase();
        let before = core::mem::replace(&mut place.counted, phase);
        self.used = self.used + usize::from(phase.is_used()) - usize::from(before.is_used());
        self.taken = self.taken + usize::from(phase.is_taken()) - usize::from(before.is_taken());
        let kin = match phase {
            Phase::Free => Some(Kin::Free),
            Phase::Opening => Some(Kin::Opening),
            Phase::TimeWait if settled => Some(Kin::TimeWait),
            Phase::TimeWait => place.kin.filter(|kin| *kin == Kin::TimeWait),
            _ => None,
        };
        if kin == place.kin {
            return;
        }
        self.leave_kin(number);
        self.places[number].kin = kin;
        match kin {
            Some(Kin::Free) => {
                self.unbind(number);
                self.free.push_front(&mut self.entries, number);
            }
            Some(Kin::Opening) => self.opening.push_back(&mut self.entries, number),
            Some(Kin::TimeWait) => self.time_wait.push_back(&mut self.entries, number),
            None => {}
        }
    }

    fn leave_kin(&mut self, number: usize) {
        let list = match self.places[number].kin.take() {
            Some(Kin::Free) => &mut self.free,
            Some(Kin::Opening) => &mut self.opening,
            Some(Kin::TimeWait) => &mut self.time_wait,
            None => return,
        };
        list.remove(&mut self.entries, number);
    }
}
