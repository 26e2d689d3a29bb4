//! Frames as they were seen at one host or at several, put together: a frame that was seen where it
//! was sent and where it arrived is one frame.

use std::collections::{BTreeMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::string::String;
use std::sync::Arc;
use std::vec::Vec;

use smoltcp::phy::Medium;
use smoltcp::time::Instant;

use super::record::{Fate, Record};
use crate::device::capture::Direction;
use crate::stack::Transmission;

/// What is kept of a frame, in bytes: all headers, and as much of a payload as a label can show.
const MOST_BYTES: usize = 512;

/// No host sends a frame again sooner, in microseconds.
const LEAST_TIMEOUT: i64 = 10_000;

/// A frame as it was seen at a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sighting {
    pub(super) time: Instant,
    pub(super) host: Arc<str>,
    /// As the host sees it; `None` if that is not known.
    pub(super) direction: Option<Direction>,
    pub(super) medium: Medium,
    /// The beginning of the frame.
    bytes: Vec<u8>,
    length: usize,
    /// What tells the frame from others, with its length.
    digest: u64,
    pub(super) comment: String,
    pub(super) transmission: Option<Transmission>,
}

/// The frames that were seen at both ends, each once; `None` if no frame was.
pub(super) fn join(sightings: &[Sighting]) -> Option<Vec<Record>> {
    let mut records: Vec<Record> = Vec::new();
    // The records of frames with these bytes that were not seen to arrive yet.
    let mut leaving = BTreeMap::<(u64, usize), VecDeque<usize>>::new();
    // The last one that has arrived.
    let mut arrived = BTreeMap::<(u64, usize), usize>::new();
    // Of each host: how long the last of its frames that has arrived was on its way.
    let mut delays = BTreeMap::<Arc<str>, i64>::new();
    let mut is_any = false;
    for sighting in sightings {
        let frame = (sighting.digest, sighting.length);
        let leaving = leaving.entry(frame).or_default();
        let sent = match sighting.direction {
            Some(Direction::Outbound) => None,
            _ => take_sent(leaving, &records, sighting, |record| {
                delays.get(record.from.as_ref()?).copied()
            }),
        };
        if let Some(index) = sent {
            arrived.insert(frame, index);
            if let Some(from) = &records[index].from {
                delays.insert(from.clone(), micros_between(&records[index], sighting));
            }
            arrive(&mut records[index], sighting);
            is_any = true;
            continue;
        }
        let original = arrived.get(&frame).map(|index| &records[*index]);
        let original = original.filter(|record| record.to.as_ref() == Some(&sighting.host));
        if let (Some(Direction::Inbound), Some(original)) = (sighting.direction, original) {
            let mut copy = original.clone();
            copy.fate = Fate::Duplicate;
            copy.comment.clear();
            arrive(&mut copy, sighting);
            records.push(copy);
            continue;
        }
        if sighting.direction != Some(Direction::Inbound) {
            leaving.push_back(records.len());
        }
        records.push(sighting.record());
    }
    if !is_any {
        return None;
    }
    find_lost(&mut records);
    Some(records)
}

/// Takes out which of the records with these bytes has arrived now: the first one that is on its way.
/// It is lost if the next one was sent much later than it should have arrived, as a retransmission
/// is. `delay` is that of the frame before, in microseconds.
fn take_sent(
    leaving: &mut VecDeque<usize>,
    records: &[Record],
    sighting: &Sighting,
    delay: impl Fn(&Record) -> Option<i64>,
) -> Option<usize> {
    let is_elsewhere = |index: &usize| records[*index].from.as_ref() != Some(&sighting.host);
    let age = |index: usize| micros_between(&records[index], sighting);
    let newest = age(*leaving.iter().rfind(|index| is_elsewhere(index))?);
    let mut first = leaving.iter().position(is_elsewhere)?;
    while let Some(behind) = leaving.iter().skip(first + 1).position(is_elsewhere) {
        let second = first + 1 + behind;
        let between = age(leaving[first]).saturating_sub(age(leaving[second]));
        let usual = delay(&records[leaving[first]]).unwrap_or(newest);
        if between <= usual.saturating_mul(2).max(LEAST_TIMEOUT) {
            break;
        }
        leaving.remove(first);
        first = second - 1;
    }
    leaving.remove(first)
}

fn micros_between(sent: &Record, arrived: &Sighting) -> i64 {
    let (sent, arrived) = (sent.time(), arrived.time);
    arrived.total_micros().saturating_sub(sent.total_micros())
}

/// The frames, each seen at one place only.
pub(super) fn apart(sightings: &[Sighting], has_names: bool) -> Vec<Record> {
    let record = |sighting: &Sighting| {
        let mut record = sighting.record();
        if !has_names {
            (record.from, record.to) = (None, None);
        }
        record
    };
    sightings.iter().map(record).collect()
}

impl Sighting {
    /// A frame of `length` bytes, of which `bytes` are known.
    pub(super) fn new(
        time: Instant,
        host: Arc<str>,
        direction: Option<Direction>,
        medium: Medium,
        bytes: &[u8],
        length: usize,
    ) -> Self {
        let mut digest = DefaultHasher::new();
        bytes.hash(&mut digest);
        Self {
            time,
            host,
            direction,
            medium,
            bytes: bytes[..bytes.len().min(MOST_BYTES)].into(),
            length: length.max(bytes.len()),
            digest: digest.finish(),
            comment: String::new(),
            transmission: None,
        }
    }

    fn record(&self) -> Record {
        let host = || Some(self.host.clone());
        let (sent, arrived, from, to) = match self.direction {
            Some(Direction::Inbound) => (None, Some(self.time), None, host()),
            _ => (Some(self.time), None, host(), None),
        };
        Record {
            sent,
            arrived,
            from,
            to,
            medium: self.medium,
            fate: Fate::Delivered,
            bytes: self.bytes.clone(),
            length: self.length,
            comment: self.comment.clone(),
            transmission: self.transmission,
        }
    }
}

fn arrive(record: &mut Record, sighting: &Sighting) {
    record.arrived = Some(sighting.time);
    record.to = Some(sighting.host.clone());
    if record.comment.is_empty() {
        record.comment.clone_from(&sighting.comment);
    }
}

/// A frame that was not seen to arrive is lost if a later one of the same host was.
fn find_lost(records: &mut [Record]) {
    let mut last = BTreeMap::<Arc<str>, usize>::new();
    for (index, record) in records.iter().enumerate() {
        if let (Some(from), Some(_), Some(_)) = (&record.from, record.sent, record.arrived) {
            last.insert(from.clone(), index);
        }
    }
    for (index, record) in records.iter_mut().enumerate() {
        if record.arrived.is_some() {
            continue;
        }
        let last = record.from.as_ref().and_then(|from| last.get(from));
        record.fate = match last {
            Some(last) if index < *last => Fate::Lost,
            _ => Fate::Unknown,
        };
    }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use smoltcp::phy::Medium;
    use smoltcp::time::Instant;

    use super::{Direction, Fate, Sighting, join};

    /// Whether the host sends it, when it sees it, and what is in it.
    fn seen(sightings: &[(&str, bool, i64, u8)]) -> Vec<Sighting> {
        let sighting = |(host, is_sent, time, content): &(&str, bool, i64, u8)| {
            let direction = match is_sent {
                true => Direction::Outbound,
                false => Direction::Inbound,
            };
            let (time, bytes) = (Instant::from_micros(*time), [*content; 600]);
            Sighting::new(
                time,
                (*host).into(),
                Some(direction),
                Medium::Ip,
                &bytes,
                600,
            )
        };
        sightings.iter().map(sighting).collect()
    }

    /// When a frame was sent and arrived, and what became of it.
    type Joined = (Option<i64>, Option<i64>, Fate);

    fn joined(sightings: &[(&str, bool, i64, u8)]) -> Option<Vec<Joined>> {
        let records = join(&seen(sightings))?.into_iter();
        let micros = |time: Option<Instant>| time.map(|time| time.total_micros());
        Some(
            records
                .map(|record| (micros(record.sent), micros(record.arrived), record.fate))
                .collect(),
        )
    }

    #[test]
    fn a_frame_that_leaves_one_host_and_arrives_at_another_is_one_frame() {
        use Fate::Delivered;
        let frames = joined(&[
            ("a", true, 0, 1),
            ("a", true, 1, 1),
            ("b", false, 5, 1),
            ("b", true, 5, 2),
            ("b", false, 6, 1),
            ("a", false, 9, 2),
        ]);
        let expected = [
            (Some(0), Some(5), Delivered),
            (Some(1), Some(6), Delivered),
            (Some(5), Some(9), Delivered),
        ];
        assert_eq!(frames.as_deref(), Some(&expected[..]));
    }

    #[test]
    fn a_frame_is_lost_if_only_a_later_one_arrives() {
        let frames = joined(&[
            ("a", true, 0, 1),
            ("a", true, 1, 2),
            ("b", false, 5, 2),
            ("a", true, 6, 3),
        ]);
        let expected = [
            (Some(0), None, Fate::Lost),
            (Some(1), Some(5), Fate::Delivered),
            (Some(6), None, Fate::Unknown),
        ];
        assert_eq!(frames.as_deref(), Some(&expected[..]));
    }

    #[test]
    fn a_frame_that_arrives_twice_has_a_duplicate() {
        let frames = joined(&[("a", true, 0, 1), ("b", false, 5, 1), ("b", false, 7, 1)]);
        let expected = [
            (Some(0), Some(5), Fate::Delivered),
            (Some(0), Some(7), Fate::Duplicate),
        ];
        assert_eq!(frames.as_deref(), Some(&expected[..]));
    }

    #[test]
    fn what_was_seen_at_one_host_only_is_not_joined() {
        assert_eq!(joined(&[("a", true, 0, 1), ("a", false, 5, 1)]), None);
        assert_eq!(joined(&[("a", true, 0, 1), ("b", false, 5, 2)]), None);
    }

    /// What becomes of frames with the same bytes, and when they arrive: `true` is sent by the client.
    fn copies(sightings: &[(i64, bool)]) -> Vec<(Fate, Option<i64>)> {
        let sightings: Vec<_> = sightings
            .iter()
            .map(|(time, is_sent)| {
                let (host, direction) = match is_sent {
                    true => ("client", Direction::Outbound),
                    false => ("server", Direction::Inbound),
                };
                let (time, direction) = (Instant::from_millis(*time), Some(direction));
                Sighting::new(time, host.into(), direction, Medium::Ip, b"SYN", 3)
            })
            .collect();
        let records = join(&sightings).expect("one that has arrived");
        let arrival = |time: Instant| time.total_millis();
        let fates = records.iter();
        fates
            .map(|record| (record.fate, record.arrived.map(arrival)))
            .collect()
    }

    #[test]
    fn a_retransmission_with_the_same_bytes_arrives_and_not_the_frame_that_was_lost() {
        let fates = copies(&[(0, true), (1000, true), (3000, true), (3005, false)]);
        let lost = (Fate::Lost, None);
        assert_eq!(fates, [lost, lost, (Fate::Delivered, Some(3005))]);
    }

    #[test]
    fn of_frames_with_the_same_bytes_under_way_the_first_arrives_first() {
        let fates = copies(&[(0, true), (1, true), (50, false), (60, false)]);
        let arrives = |time| (Fate::Delivered, Some(time));
        assert_eq!(fates, [arrives(50), arrives(60)]);
    }
}
