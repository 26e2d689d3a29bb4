//! What connections have to transmit, what was lost first.

use smoltcp::time::Instant;

use super::control::Connection;
#[cfg(feature = "paths")]
use super::recovery;
#[cfg(feature = "paths")]
use super::service::earliest;
use super::service::{Egress, sealed};
use super::way::Way;

/// The way out for the connections of services and clients.
pub(super) struct Outlet<'o, 'w>(pub(super) &'o mut Way<'w>);

impl sealed::Egress for Outlet<'_, '_> {}

impl Egress for Outlet<'_, '_> {
    fn now(&self) -> Instant {
        self.0.now
    }

    fn transmit(&mut self, connection: &mut Connection<'_>) -> bool {
        #[cfg(feature = "paths")]
        {
            recovery::expire(connection, self.0);
            recovery::avoid_silly_windows(connection);
        }
        let Connection { set, control, .. } = connection;
        let transmitted = self.0.poll(set, Some(control));
        #[cfg(feature = "paths")]
        recovery::avoid_silly_windows(connection);
        transmitted
    }

    fn due(&mut self, connection: &Connection<'_>) -> Option<Instant> {
        let interface = &mut self.0.interfaces.segments;
        let due = interface.poll_at(self.0.now, &connection.set);
        #[cfg(feature = "paths")]
        let due = earliest(due, connection.control.flight.due());
        due
    }
}
