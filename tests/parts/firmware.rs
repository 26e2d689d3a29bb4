//! What is the same in the firmware of every board, without a board.

use uppercase::firmware::programmed_address;
use uppercase::link::EthernetAddress;

#[test]
fn registers_without_an_address_give_one_that_is_administered_locally() {
    let given = EthernetAddress([2, 0, 0, 0, 0, 1]);
    let unused = 0xabcd_0000;
    for (low, high) in [(0, 0), (0, unused), (!0, !0), (0x0000_0001, 0)] {
        assert_eq!(programmed_address(low, high), given, "{low:x} {high:x}");
    }
    let last = EthernetAddress([0, 0, 0, 0, 0, 1]);
    assert_eq!(programmed_address(0, unused | 0x0100), last);
}
