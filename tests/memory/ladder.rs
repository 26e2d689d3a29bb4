//! Ladder diagrams of runs of the real stacks, as they have to look.

mod cut;
mod glossary;
mod hostile;
mod labels;
mod meanings;
mod places;
mod properties;
mod scenarios;
mod scroll;
mod sentences;
mod snapshot;
mod trace;
mod world;

use super::common;
