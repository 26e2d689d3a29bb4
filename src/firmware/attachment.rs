use core::mem::replace;

use crate::Context;
#[cfg(feature = "addressing")]
use crate::link::is_link_local;
use crate::logging::info;

/// The attachment of a board to its link: what starts anew when the link comes, and from when on the
/// board can be reached.
#[derive(Debug, Default)]
pub(crate) struct Attachment {
    has_link: bool,
    is_ready: bool,
}

impl Attachment {
    /// Compares the link and the addresses with those of the call before: logs that the link has come or
    /// gone, and that there is an address that can be reached; tells the stack that the link is back.
    pub(crate) fn follow(&mut self, context: &mut Context<'_, '_>, has_link: bool) {
        if replace(&mut self.has_link, has_link) != has_link {
            info!("The link is {}", if has_link { "up" } else { "down" });
            #[cfg(any(feature = "conflict-detection", feature = "mld"))]
            if has_link {
                context.link_is_back();
            }
        }
        let is_ready = has_link && has_address(context);
        if replace(&mut self.is_ready, is_ready) != is_ready && is_ready {
            info!("The server is ready to receive");
        }
    }
}

/// Whether the board has an address that is not for the link alone.
fn has_address(context: &Context<'_, '_>) -> bool {
    #[cfg(feature = "addressing")]
    {
        let mut addresses = context.addresses().iter();
        addresses.any(|address| !is_link_local(&address.address()))
    }
    #[cfg(not(feature = "addressing"))]
    {
        let _ = context;
        true
    }
}
