//! Frames of a capture file.

use std::collections::{BTreeMap, BTreeSet};
use std::format;
use std::io::Read;
use std::sync::Arc;
use std::vec::Vec;

use smoltcp::time::Instant;

use super::kept::Kept;
use super::ladder::Ladder;
use super::pcapng::{Interface, Packet, ReadError, Reader};
use super::record::Record;
use super::sighting::{Sighting, apart, join};

/// The frames of a file.
#[derive(Debug)]
pub struct Frames {
    /// The frames, in the order of time: of a file with more than 400 000, the first half of that
    /// and the last.
    pub records: Vec<Record>,
    /// How many frames are missing between those.
    pub missing: u64,
    /// Why the file could not be read to its end, if that is so.
    pub error: Option<ReadError>,
}

impl Frames {
    /// A drawing of them.
    #[must_use]
    pub fn ladder(&self) -> Ladder {
        Ladder::new(&self.records, &[]).with_missing(self.missing)
    }
}

/// What is kept of the beginning of a file, and of its end, in frames.
const MOST: usize = 200_000;

/// Reads the frames of a file.
///
/// If the file has frames of several interfaces, and some were seen at two of them, the interfaces
/// are taken for the two ends of a link. Packets of links that are neither Ethernet nor plain IP
/// are left out.
pub fn records<R: Read>(reader: Reader<R>) -> Frames {
    let mut sightings = Kept::new(MOST);
    // Packets share the name of their interface.
    let mut names = BTreeMap::new();
    let mut error = None;
    for packet in reader {
        match packet {
            Ok(packet) => {
                let interface = &packet.interface;
                let name = names
                    .entry(interface.index)
                    .or_insert_with(|| name(interface))
                    .clone();
                if let Some(sighting) = sighting(packet, name) {
                    sightings.push(sighting);
                }
            }
            Err(found) => {
                error = Some(found);
                break;
            }
        }
    }
    let missing = sightings.missing();
    let mut sightings = sightings.take();
    // Each interface has its frames in order; those of two need not be.
    sightings.sort_by_key(|sighting| sighting.time);
    let hosts: BTreeSet<&str> = sightings
        .iter()
        .map(|sighting| &sighting.host[..])
        .collect();
    let joined = match hosts.len() {
        0 | 1 => None,
        _ => join(&sightings),
    };
    let records = joined.unwrap_or_else(|| apart(&sightings, false));
    Frames {
        records,
        missing,
        error,
    }
}

fn name(interface: &Interface) -> Arc<str> {
    match &interface.name {
        Some(name) => name[..].into(),
        None => format!("interface {}", interface.index).into(),
    }
}

fn sighting(packet: Packet, host: Arc<str>) -> Option<Sighting> {
    let (medium, bytes) = packet.frame()?;
    let removed = packet.bytes.len().saturating_sub(bytes.len());
    let micros = i64::try_from(packet.time.as_micros()).unwrap_or(i64::MAX);
    let length = packet.original_length.saturating_sub(removed);
    let mut sighting = Sighting::new(
        Instant::from_micros(micros),
        host,
        packet.direction,
        medium,
        &bytes,
        length,
    );
    sighting.comment = packet.comments.join(" ");
    Some(sighting)
}
