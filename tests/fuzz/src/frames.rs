//! Raw frames. The first byte is the [`Setup`]; then each frame has a byte that says what is done
//! with it, its length (two bytes, the lower first) and its bytes.

use smoltcp::time::Duration;

use crate::common::chance::repair;
use crate::host::Memory;
use crate::house::House;
use crate::setup::Setup;

/// How many frames are used, and how long they can be.
const MOST: usize = 24;
const LONGEST: usize = 1514;

/// Its checksums and lengths are made right, so that it gets past the first look.
pub const REPAIR: u8 = 1 << 7;
/// The bits that say how much time passes behind it.
pub const TIME: u8 = 0b111;
/// In milliseconds.
const TIMES: [u64; 8] = [0, 0, 0, 1, 20, 500, 1_100, 6_000];

/// Panics if a promise is broken.
pub fn run(input: &[u8]) {
    let Some((&setup, mut rest)) = input.split_first() else {
        return;
    };
    let setup = Setup::new(setup, rest);
    let mut memory = [const { Memory::new() }; 2];
    let mut house = House::new(setup, &mut memory);
    house.judge.is_raw = true;
    for _ in 0..MOST {
        let Some((control, frame, behind)) = split(rest) else {
            break;
        };
        rest = behind;
        let mut frame = frame.to_vec();
        if control & REPAIR != 0 {
            repair(setup.link, &mut frame);
        }
        house.forge(frame);
        let time = TIMES[usize::from(control & TIME)];
        if time == 0 {
            house.settle();
        } else {
            house.pass(Duration::from_millis(time));
            house.send_clients();
        }
    }
    house.expect_everything_back();
}

fn split(input: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&[control, low, high], rest) = input.split_first_chunk()?;
    let length = usize::from(u16::from_le_bytes([low, high]));
    let (frame, behind) = rest.split_at(length.min(rest.len()).min(LONGEST));
    Some((control, frame, behind))
}
