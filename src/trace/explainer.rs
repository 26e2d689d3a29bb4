//! Sentences for frames that pass one by one.

use std::sync::Arc;
use std::vec::Vec;

use super::ladder::Builder;
use super::record::{Change, Record};
use super::sentence::Sentence;
use super::sides::Side;

/// Explains the frames of one host as they pass.
///
/// ```
/// use smoltcp::phy::Medium;
/// use smoltcp::time::Instant;
/// use uppercase::trace::{Explainer, Record, Side};
///
/// let request = b"\xff\xff\xff\xff\xff\xff\x02\0\0\0\0\x02\x08\x06\0\x01\x08\0\x06\x04\0\x01\
///     \x02\0\0\0\0\x02\xc0\xa8\x45\x02\0\0\0\0\0\0\xc0\xa8\x45\x01";
/// let mut explainer = Explainer::new("client", Side::Left);
/// let sentences = explainer.explain(&[Record::new(Instant::ZERO, Medium::Ethernet, *request)], &[]);
/// assert!(sentences[0].text.starts_with("the client asks all hosts on the link"));
/// ```
#[derive(Debug)]
pub struct Explainer(Builder);

impl Explainer {
    /// For the host of this name, which is on this side.
    pub fn new(host: impl Into<Arc<str>>, side: Side) -> Self {
        let mut builder = Builder::default();
        builder.know(&host.into(), side);
        Self(builder)
    }

    /// The sentences for what has happened since this was called last.
    pub fn explain(&mut self, records: &[Record], changes: &[Change]) -> Vec<Sentence> {
        let ladder = self.0.add(records, changes);
        let rows = ladder.rows().iter();
        rows.flat_map(|row| ladder.explain(row)).collect()
    }
}
