//! Frames of a capture file.

use std::collections::BTreeSet;
use std::format;
use std::io::Read;
use std::sync::Arc;
use std::vec::Vec;

use smoltcp::time::Instant;

use super::pcapng::{Packet, ReadError, Reader};
use super::record::Record;
use super::sighting::{Sighting, apart, join};

/// The frames of a file, and why it could not be read to its end, if that is so.
///
/// If the file has frames of several interfaces, and some were seen at two of them, the interfaces
/// are taken for the two ends of a link. Packets of links that are neither Ethernet nor plain IP
/// are left out.
pub fn records<R: Read>(reader: Reader<R>) -> (Vec<Record>, Option<ReadError>) {
    let mut sightings = Vec::new();
    let mut error = None;
    for packet in reader {
        match packet {
            Ok(packet) => sightings.extend(sighting(packet)),
            Err(found) => {
                error = Some(found);
                break;
            }
        }
    }
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
    (joined.unwrap_or_else(|| apart(&sightings, false)), error)
}

fn sighting(packet: Packet) -> Option<Sighting> {
    let (medium, bytes) = packet.frame()?;
    let removed = packet.bytes.len().saturating_sub(bytes.len());
    let micros = i64::try_from(packet.time.as_micros()).unwrap_or(i64::MAX);
    let host: Arc<str> = match &packet.interface.name {
        Some(name) => name[..].into(),
        None => format!("interface {}", packet.interface.index).into(),
    };
    Some(Sighting {
        time: Instant::from_micros(micros),
        host,
        direction: packet.direction,
        medium,
        length: packet
            .original_length
            .saturating_sub(removed)
            .max(bytes.len()),
        bytes: bytes.into_owned(),
        comment: packet.comments.join(" "),
    })
}
