//! The generator of smoltcp 0.14 (sPCG32), as an attacker reads it: from three numbers in a row, its
//! state.
//!
//! A number is 32 of the 64 bits of a state, from which place the highest three bits say. Where
//! these and the bits between are guessed, the lower ones are left, 29 at most: of two states in a
//! row, they are the point of a lattice that is close to what is known. The third number has to follow.

const FACTOR: u64 = 0xbb2e_fcec_3c39_611d;
const STEP: u64 = 0x7590_ef39;

pub fn next(state: u64) -> u64 {
    state.wrapping_mul(FACTOR).wrapping_add(STEP)
}

pub fn number(state: u64) -> u32 {
    (state >> (29 - (state >> 61))) as u32
}

/// The state before.
pub fn before(state: u64) -> u64 {
    let mut inverse = FACTOR;
    for _ in 0..5 {
        inverse = inverse.wrapping_mul(2_u64.wrapping_sub(FACTOR.wrapping_mul(inverse)));
    }
    state.wrapping_sub(STEP).wrapping_mul(inverse)
}

/// What is known of a state with this number, for each guess, and how many lower bits are not.
fn guesses(number: u32) -> impl Iterator<Item = (u64, u32)> {
    (0..8_u64).flat_map(move |top| {
        let lower = 29 - top as u32;
        (0..1_u64 << top).map(move |between| {
            let known = top << 61 | between << (lower + 32) | u64::from(number) << lower;
            (known, lower)
        })
    })
}

/// A short basis of the pairs `(x, FACTOR * x)` modulo 2^64 (Gauss).
fn basis() -> [(i128, i128); 2] {
    let (mut one, mut other) = ((1, i128::from(FACTOR)), (0, 1_i128 << 64));
    let length = |(x, y): (i128, i128)| x * x + y * y;
    // The square of 2^64 does not fit: the first steps are Euclid's, along the second part only.
    while other.1.abs() > 1 << 40 || one.1.abs() > 1 << 40 {
        if one.1.abs() > other.1.abs() {
            (one, other) = (other, one);
        }
        let times = other.1 / one.1;
        other = (other.0 - times * one.0, other.1 - times * one.1);
    }
    loop {
        if length(one) > length(other) {
            (one, other) = (other, one);
        }
        let product = one.0 * other.0 + one.1 * other.1;
        let times = rounded(product, length(one));
        if times == 0 {
            return [one, other];
        }
        other = (other.0 - times * one.0, other.1 - times * one.1);
    }
}

/// A quotient, rounded to the next whole number.
fn rounded(dividend: i128, divisor: i128) -> i128 {
    (2 * dividend + divisor).div_euclid(2 * divisor)
}

/// The states that have these numbers in a row; of the last one.
pub fn states(numbers: [u32; 3]) -> Vec<u64> {
    let [one, other] = basis();
    let volume = one.0 * other.1 - one.1 * other.0;
    let mut found = Vec::new();
    for (first, lower) in guesses(numbers[0]) {
        for (second, second_lower) in guesses(numbers[1]) {
            // FACTOR * x - y = distance, with x below 2^lower, y below 2^second_lower.
            let distance = i128::from(second.wrapping_sub(next(first)) as i64);
            let near = (
                1_i128 << lower >> 1,
                distance + (1_i128 << second_lower >> 1),
            );
            let a = rounded(near.0 * other.1 - near.1 * other.0, volume);
            let b = rounded(one.0 * near.1 - one.1 * near.0, volume);
            for (a, b) in (a - 1..=a + 1).flat_map(|a| (b - 1..=b + 1).map(move |b| (a, b))) {
                let Ok(x) = u64::try_from(a * one.0 + b * other.0) else {
                    continue;
                };
                if x >> lower != 0 {
                    continue;
                }
                let state = next(first | x);
                if number(state) == numbers[1] && number(next(state)) == numbers[2] {
                    found.push(next(state));
                }
            }
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

#[test]
fn three_numbers_in_a_row_give_its_state() {
    for seed in [1, 2, 77, 0xdead_beef_cafe_f00d, u64::MAX] {
        let mut state = seed;
        let numbers = [(); 3].map(|()| {
            state = next(state);
            number(state)
        });
        assert_eq!(states(numbers), [state], "{seed}");
        assert_eq!(before(before(before(state))), seed);
    }
}
