//! The UDP client: when it sends again, which answers it accepts, and how each failure is named.

use super::common;

mod errors;
mod exchange;
