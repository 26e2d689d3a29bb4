//! The seeds, with the generator of smoltcp 0.14 forwards.

use super::*;

/// See `rand.rs` of smoltcp.
struct Generator(u64);

impl Generator {
    fn draw(&mut self) -> u32 {
        self.0 = self
            .0
            .wrapping_mul(0xbb2e_fcec_3c39_611d)
            .wrapping_add(0x7590_ef39);
        (self.0 >> (29 - (self.0 >> 61))) as u32
    }
}

/// What an interface with this seed draws first, after the identification of its first packet, for
/// which it draws until that is not 0 (`iface/interface/mod.rs` of smoltcp). The second value is
/// how often it draws that.
fn drawn(seed: u64) -> (u32, usize) {
    let mut generator = Generator(seed);
    let mut draws = 1;
    while {
        let identification = generator.draw();
        (identification ^ identification >> 16) as u16 == 0
    } {
        draws += 1;
    }
    (generator.draw(), draws)
}

#[test]
fn each_number_has_a_seed_with_which_it_is_drawn() {
    // A state in 65 536 leads to an identification of 0, so there are some of them.
    for number in (0..1 << 20).map(|number: u32| number.wrapping_mul(0x9e37_79b9)) {
        let seed = seed_for(TcpSeqNumber(number as i32));
        assert_eq!(drawn(seed), (number, 1), "{number:#x}");
    }
}
