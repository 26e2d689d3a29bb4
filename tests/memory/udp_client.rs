//! The UDP client: when it sends again, whom it believes, and how each failure is named.

use super::common;

mod errors;
mod exchange;
