use crate::link::EthernetAddress;
use crate::logging::warn;

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

/// The hardware address in two registers, as its maker or a boot loader has left it there, beginning with
/// the lowest byte of `low`. Where they have left none: one that is administered locally, for a single
/// board on a network.
///
/// ```
/// use uppercase::firmware::programmed_address;
///
/// let address = programmed_address(0x1200_5452, 0x5634);
/// assert_eq!(address.to_string(), "52:54:00:12:34:56");
/// ```
#[must_use]
pub fn programmed_address(low: u32, high: u32) -> EthernetAddress {
    let [a, b, c, d] = low.to_le_bytes();
    let [e, f, ..] = high.to_le_bytes();
    let address = EthernetAddress([a, b, c, d, e, f]);
    // Where nothing was written, all bits are set or, as in fuses, none is.
    if address.is_unicast() && low | high << 16 != 0 {
        return address;
    }
    warn!("no hardware address is programmed into this board");
    EthernetAddress([2, 0, 0, 0, 0, 1])
}

/// A seed for [`Config::new`](crate::stack::Config::new) or [`Stack::on_network`](crate::Stack::on_network)
/// out of many samples, each of which has a little chance in it: of the noise of a converter, of a clock
/// that is read by another. It is as good as they are. It is not for keys.
pub fn seed_of(samples: impl IntoIterator<Item = u32>) -> u64 {
    let samples = samples.into_iter();
    samples.fold(BASIS, |hash, sample| fnv_1a(hash, sample.into()))
}

/// What the hash FNV-1a begins with.
const BASIS: u64 = 0xcbf2_9ce4_8422_2325;

fn fnv_1a(hash: u64, value: u64) -> u64 {
    (hash ^ value).wrapping_mul(0x0000_0100_0000_01b3)
}
