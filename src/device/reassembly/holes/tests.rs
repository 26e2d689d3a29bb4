//! Fragments in any order, against a model that remembers each byte.

extern crate std;

use std::vec::Vec;

use super::*;

/// The obvious way to do it: remember for each byte whether it has arrived.
struct Model {
    bytes: Vec<Option<u8>>,
    length: Option<usize>,
}

impl Model {
    fn fill(&mut self, offset: usize, data: &[u8], more: bool) -> Result<(), Contradiction> {
        let end = offset + data.len();
        let highest = self
            .bytes
            .iter()
            .rposition(Option::is_some)
            .map_or(0, |last| last + 1);
        let here = &self.bytes[offset..end];
        let arrived = here.iter().flatten().count();
        let fits = match self.length {
            Some(length) => {
                if more {
                    end < length
                } else {
                    end == length
                }
            }
            None => more || end >= highest,
        };
        if !fits {
            return Err(Contradiction);
        }
        if arrived == here.len() {
            let same = here
                .iter()
                .zip(data)
                .all(|(here, byte)| *here == Some(*byte));
            let ends_again = !more && self.length.is_none();
            return if same && !ends_again {
                Ok(())
            } else {
                Err(Contradiction)
            };
        }
        if arrived > 0 {
            return Err(Contradiction);
        }
        for (place, byte) in self.bytes[offset..end].iter_mut().zip(data) {
            *place = Some(*byte);
        }
        if !more {
            self.length = Some(end);
        }
        Ok(())
    }

    fn complete(&self) -> Option<usize> {
        let length = self.length?;
        self.bytes[..length]
            .iter()
            .all(Option::is_some)
            .then_some(length)
    }
}

fn random(seed: &mut u32, below: usize) -> usize {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    *seed as usize % below
}

#[test]
fn any_sequence_of_fragments_is_judged_as_by_a_byte_for_byte_model() {
    let (mut completed, mut contradicted, mut accepted) = (0, 0, 0);
    for seed in 1..=20_000 {
        let seed = &mut { seed };
        let mut buffer = [0xff; 128 + DESCRIPTOR];
        let mut holes = Holes::new(&mut buffer);
        let mut model = Model {
            bytes: [None; 128].to_vec(),
            length: None,
        };
        let truth: Vec<u8> = (0..128).map(|byte| byte as u8).collect();
        let last = 1 + random(seed, 15);
        for _ in 0..60 {
            let (offset, data, more);
            if random(seed, 8) == 0 {
                offset = if random(seed, 10) == 0 {
                    random(seed, 15) * 8
                } else {
                    last * 8
                };
                data = &truth[offset..offset + 1 + last % 8];
                more = false;
            } else {
                let start = random(seed, last);
                let blocks = 1 + random(seed, (last - start).min(3));
                let shift = usize::from(random(seed, 40) == 0);
                offset = start * 8;
                data = &truth[offset + shift..offset + shift + blocks * 8];
                more = true;
            }
            let result = holes.fill(&mut buffer, offset, data, more);
            assert_eq!(result, model.fill(offset, data, more));
            assert_eq!(holes.complete(), model.complete());
            match result {
                Err(Contradiction) => contradicted += 1,
                Ok(()) => accepted += 1,
            }
        }
        if let Some(length) = holes.complete() {
            completed += 1;
            assert!(
                model.bytes[..length]
                    .iter()
                    .zip(&buffer)
                    .all(|(a, b)| *a == Some(*b))
            );
        }
    }
    // The sequences are of all kinds.
    assert!(completed > 1_000, "{completed} completed");
    assert!(contradicted > 10_000, "{contradicted} contradicted");
    assert!(accepted > 10_000, "{accepted} accepted");
}

#[test]
fn the_largest_datagram_may_come_in_any_number_of_pieces() {
    let mut buffer = std::vec![0; 65_535 + DESCRIPTOR];
    let mut holes = Holes::new(&mut buffer);
    let data: Vec<u8> = (0..65_535u32)
        .map(|byte| ((byte * 31) >> 3) as u8)
        .collect();
    // Every other block first: more than four thousand holes.
    for parity in [1, 0] {
        for block in (parity..8192).step_by(2) {
            assert_eq!(holes.complete(), None);
            let end = (block * 8 + 8).min(data.len());
            let piece = &data[block * 8..end];
            holes
                .fill(&mut buffer, block * 8, piece, block != 8191)
                .unwrap();
        }
    }
    assert_eq!(holes.complete(), Some(65_535));
    assert!(buffer.starts_with(&data));
}
