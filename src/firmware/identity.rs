use crate::link::EthernetAddress;

/// A hardware address that was not bought, out of a serial number: the same at each start, another one
/// on each board. Its second bit says that it is administered locally (IEEE 802).
///
/// Two of a thousand boards have the same with a probability of one in two million.
///
/// ```
/// use uppercase::firmware::address_of;
///
/// assert_eq!(address_of(b"0001").to_string(), "02:c2:ac:d4:f9:eb");
/// ```
#[must_use]
pub fn address_of(serial_number: &[u8]) -> EthernetAddress {
    let hash = serial_number
        .iter()
        .fold(BASIS, |hash, byte| fnv_1a(hash, (*byte).into()));
    let [a, b, c, d, e, ..] = hash.to_be_bytes();
    EthernetAddress([2, a, b, c, d, e])
}

/// A seed for [`Config::random_seed`](crate::stack::Config::random_seed) out of many samples, each of
/// which has a little chance in it: of the noise of a converter, of a clock that is read by another.
/// It is as good as they are. It is not for keys.
pub fn seed_of(samples: impl IntoIterator<Item = u32>) -> u64 {
    let samples = samples.into_iter();
    samples.fold(BASIS, |hash, sample| fnv_1a(hash, sample.into()))
}

/// What the hash FNV-1a begins with.
const BASIS: u64 = 0xcbf2_9ce4_8422_2325;

fn fnv_1a(hash: u64, value: u64) -> u64 {
    (hash ^ value).wrapping_mul(0x0000_0100_0000_01b3)
}
