use core::fmt;

use smoltcp::time::Instant;

use super::Control;

/// See [`Control::summary`].
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Summary<'c> {
    pub(super) control: &'c Control,
    pub(super) now: Instant,
}

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let control = self.control;
        match control.tuple {
            Some(tuple) => write!(f, "{}: ", tuple.remote)?,
            None => f.write_str("no connection: ")?,
        }
        let (received, sent) = control.bytes();
        let duration = self.now - control.began.min(self.now);
        write!(f, "{received} bytes received, {sent} sent in {duration}")?;
        match control.retransmitted {
            0 => {}
            1 => f.write_str(", 1 segment sent again")?,
            count => write!(f, ", {count} segments sent again")?,
        }
        match control.shut {
            0 => {}
            1 => f.write_str(", window shut once")?,
            count => write!(f, ", window shut {count} times")?,
        }
        match control.end {
            Some(end) => write!(f, ", {end}"),
            None => Ok(()),
        }
    }
}
