//! Unicode's full mapping to upper case, as small as it gets and quick where a text stays in its
//! script.
//!
//! The table holds runs of characters, ascending:
//!
//! - `PAGES`: the pages of 256 characters where something changes, `page << 16 | index` of its
//!   first run.
//! - `RUNS`: `first << 24 | kind << 16 | distance`. The first character's place in the page; how
//!   far the upper case is away, in 16 bits. The kind is `more << 1 | step - 1`, that many more
//!   characters, each or every other one; or `0x80 | suffix << 1 | eight`, one character or eight
//!   whose upper case goes on with a suffix.
//! - `SUFFIXES`: those, one or two characters.

include!(concat!(env!("OUT_DIR"), "/case.rs"));

/// A place in the table: a run and what follows it up to the next one, where nothing changes.
#[derive(Clone, Copy, Default)]
pub(super) struct Place {
    first: u32,
    length: u32,
    run: u32,
}

impl Place {
    /// The upper case of a character: its first character, and the others, or zeros.
    ///
    /// Goes to the place of that character. Mostly it is there.
    #[inline]
    pub(super) fn upper(&mut self, code: u32) -> (u32, [u16; 2]) {
        if code.wrapping_sub(self.first) >= self.length {
            *self = find(code);
        }
        let offset = code - self.first;
        let kind = self.run >> 16 & 0xff;
        let (more, step, suffix) = if kind & 0x80 == 0 {
            (kind >> 1, kind & 1, None)
        } else {
            (kind % 2 * 7, 0, SUFFIXES.get((kind as usize & 0x7f) >> 1))
        };
        if offset & step != 0 || offset >> step > more {
            return (code, [0; 2]);
        }
        let upper = code & !0xffff | code.wrapping_add(self.run) & 0xffff;
        (upper, suffix.copied().unwrap_or_default())
    }
}

#[inline(never)]
fn find(code: u32) -> Place {
    let page = code >> 8;
    // The first pages are all there.
    let next = match PAGES.get(page as usize) {
        Some(here) if here >> 16 == page => page as usize + 1,
        _ => count(PAGES, page << 16 | 0xffff),
    };
    let after = PAGES.get(next).map_or((0x1100, RUNS.len()), split);
    let here = PAGES.get(next.wrapping_sub(1)).map_or((0, 0), split);
    if here.0 != page {
        let first = (here.0 + 1) << 8;
        return Place {
            first,
            length: (after.0 << 8) - first,
            run: 0,
        };
    }
    let runs = RUNS.get(here.1..after.1).unwrap_or_default();
    let next = count(runs, code << 24 | 0xff_ffff);
    let run = runs.get(next.wrapping_sub(1)).copied().unwrap_or(0);
    let end = runs.get(next).map_or(0x100, |run| run >> 24);
    Place {
        first: page << 8 | run >> 24,
        length: end - (run >> 24),
        run,
    }
}

/// How many of a table's entries are not greater.
#[inline(never)]
fn count(table: &[u32], most: u32) -> usize {
    table.partition_point(|entry| *entry <= most)
}

fn split(page: &u32) -> (u32, usize) {
    (page >> 16, (page & 0xffff) as usize)
}
