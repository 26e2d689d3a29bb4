//! The transform.
