//! Unicode's full mapping to upper case, as small as it gets and quick where a text stays in its
//! script.
//!
//! The build script writes the table. It holds runs of characters, ascending:
//!
//! - `PAGES`: the pages of 256 characters where something changes, `page << 16 | index` of its
//!   first run.
//! - `RUNS`: `first << 24 | kind << 16 | distance`. The first character's place in the page; how
//!   far the upper case is away, in 16 bits. The kind is `more << 1 | step - 1`, that many more
//!   characters, each or every other one; or `0x80 | suffix << 1 | eight`, one character or eight
//!   whose upper case goes on with a suffix.
//! - `SUFFIXES`: those in UTF-8, the first byte lowest.

include!(concat!(env!("OUT_DIR"), "/case.rs"));

/// A place in the table: a run, and what follows it up to the next one, where nothing changes.
#[derive(Clone, Copy, Default)]
pub(super) struct Place {
    first: u32,
    /// The characters up to the next run.
    length: u32,
    /// 1 if it is every other character that changes.
    skip: u32,
    /// How many change beside the first.
    more: u32,
    distance: u32,
    suffix: u32,
}

impl Place {
    /// The upper case of a character: its first character, and its suffix or 0.
    ///
    /// Goes to the place of that character. Mostly it is there.
    #[inline]
    pub(super) fn upper(&mut self, code: u32) -> (u32, u32) {
        if code.wrapping_sub(self.first) >= self.length {
            *self = find(code);
        }
        // One that is skipped becomes a large number.
        let index = code.wrapping_sub(self.first).rotate_right(self.skip);
        if index > self.more {
            return (code, 0);
        }
        (code.wrapping_add(self.distance), self.suffix)
    }
}

#[inline(never)]
fn find(code: u32) -> Place {
    let page = code >> 8;
    let next = match PAGES.get(page as usize) {
        // The first ones are all there.
        Some(here) if here >> 16 == page => page as usize + 1,
        _ => count(PAGES, page << 16 | 0xffff),
    };
    let (here, start) = PAGES.get(next.wrapping_sub(1)).map_or((0, 0), split);
    let (after, end) = PAGES.get(next).map_or((0x1100, RUNS.len()), split);
    if here != page {
        let first = (here + 1) << 8;
        return Place {
            first,
            length: (after << 8) - first,
            ..Place::default()
        };
    }
    let runs = RUNS.get(start..end).unwrap_or_default();
    let next = count(runs, code << 24 | 0xff_ffff);
    let run = runs.get(next.wrapping_sub(1)).copied().unwrap_or(0);
    let end = runs.get(next).map_or(0x100, |run| run >> 24);
    let first = page << 8 | run >> 24;
    let upper = first & !0xffff | first.wrapping_add(run) & 0xffff;
    let kind = run >> 16 & 0xff;
    let (more, skip, suffix) = if kind & 0x80 == 0 {
        (kind >> 1, kind & 1, 0)
    } else {
        let suffix = SUFFIXES.get((kind & 0x7f) as usize >> 1);
        (kind % 2 * 7, 0, suffix.copied().unwrap_or(0))
    };
    Place {
        first,
        length: end - (run >> 24),
        skip,
        more,
        distance: upper.wrapping_sub(first),
        suffix,
    }
}

/// How many of a table's entries are not greater.
#[inline(never)]
fn count(table: &[u32], most: u32) -> usize {
    table.partition_point(|entry| *entry <= most)
}

const fn split(page: &u32) -> (u32, usize) {
    (*page >> 16, (*page & 0xffff) as usize)
}
