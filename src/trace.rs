//! Packets as a ladder diagram: what two hosts say to each other, from top to bottom in the order of
//! time, with the states of their connections beside it.
//!
//! ```text
//!                  client                                        server
//!            192.168.69.2:53196                            192.168.69.1:12000
//!              CLOSED │                                             │ LISTEN
//!       0    SYN-SENT │─ SYN seq=0 win=1024 mss=1474 scale=0 SACK ─▶│ SYN-RECEIVED
//!  5.0 ms ESTABLISHED │◀── SYN ACK seq=0 ack=1 win=1024 mss=1474 ───│
//! 10.0 ms             │─ PSH ACK seq=1 ack=1 len=13 "hello, wor…" ─▶│ ESTABLISHED
//! ```
//!
//! A frame that was seen where it was sent and where it arrived is one arrow with a delay. It takes a
//! row for each of both where other things happen in between. What is lost, what the network has
//! made a second time, what was corrupted and what arrived late is drawn as that.
//!
//! - [`Record`]s are frames with their times. A [`Recorder`] makes them of stacks at work, [`file`](mod@file) of
//!   a capture file, `simulated` of a simulated network.
//! - [`Ladder::new`] makes a drawing of them, once: sides, rows, labels.
//! - [`Ladder::explain`] says in sentences what each frame is and why it was sent.
//! - [`text::draw`] and the others show it. They have no clock and no terminal: they are told how
//!   wide the drawing is.

mod connection;
mod derived;
mod explain;
mod explainer;
pub mod file;
mod fold;
mod frame;
mod hosts;
pub mod json;
mod kept;
mod label;
mod ladder;
mod legend;
mod message;
mod order;
pub mod pcapng;
mod place;
mod quote;
mod ranges;
mod recent;
mod record;
mod recorder;
mod row;
mod sentence;
mod sides;
mod sight;
mod sighting;
#[cfg(feature = "simulation")]
pub mod simulated;
pub mod svg;
pub mod text;
mod units;

pub use explainer::Explainer;
pub use frame::Frame;
pub use label::{Field, Value};
pub use ladder::Ladder;
pub use message::Message;
pub use record::{Change, Fate, Record, tell};
pub use recorder::Recorder;
pub use row::{Fold, Kind, Part, Row, State};
pub use sentence::{Sentence, comment};
pub use sides::Side;
