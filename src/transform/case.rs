//! Unicode's full mapping to upper case, as small as it gets and quick where a text stays in its
//! script.
//!
//! The build script writes the table:
//!
//! - `PAGES`: the pages of 256 characters where something changes, ascending, `page << 16 | index`
//!   of its first run. The last one is the end of all.
//! - `RUNS`: runs of characters, ascending, `first << 24 | kind << 16 | distance`: the place of the
//!   first one in its page; how far its upper case is away, in 16 bits. The kind is `more << 1 |
//!   skip`, that many more characters, each or every other one; or `0x80 | suffix << 1 | eight`,
//!   one character or eight; their upper case goes on with a suffix.
//! - `SUFFIXES`: those in UTF-8, the first byte lowest. The first suffix is none.

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
    // One by one: the pages of the scripts that have cases are mostly the first ones.
    let after = PAGES.iter().take_while(|entry| **entry >> 16 <= page);
    let (here, after) = match PAGES.get(after.count() - 1..) {
        Some([here, after, ..]) => (*here, *after),
        _ => (0, 0),
    };
    if here >> 16 != page {
        let first = ((here >> 16) + 1) << 8;
        return Place {
            first,
            length: (after >> 16 << 8) - first,
            ..Place::default()
        };
    }
    let runs = RUNS.get(here as u16 as usize..after as u16 as usize);
    let runs = runs.unwrap_or_default();
    let after = runs.partition_point(|run| *run <= code << 24 | 0xff_ffff);
    let end = runs.get(after).map_or(0x100, |run| run >> 24);
    let run = runs.get(after.wrapping_sub(1)).copied().unwrap_or(0);
    let kind = run >> 16 & 0xff;
    let (more, skip, suffix) = if kind & 0x80 == 0 {
        (kind >> 1, kind & 1, 0)
    } else {
        (kind % 2 * 7, 0, (kind & 0x7f) as usize >> 1)
    };
    let first = page << 8 | run >> 24;
    let upper = first & !0xffff | first.wrapping_add(run) & 0xffff;
    Place {
        first,
        length: end - (run >> 24),
        skip,
        more,
        distance: upper.wrapping_sub(first),
        suffix: SUFFIXES.get(suffix).copied().unwrap_or(0),
    }
}
