//! Segments that no socket has made.

use smoltcp::phy::ChecksumCapabilities;
use smoltcp::wire::{
    EthernetAddress, EthernetFrame, EthernetProtocol, EthernetRepr, IpAddress, IpProtocol, IpRepr,
    IpVersion, TcpControl, TcpPacket, TcpRepr, TcpSeqNumber,
};

use crate::stack::made_up::MadeUp;

/// A segment of nothing, with a window that is closed.
pub(super) const BARE: TcpRepr<'_> = TcpRepr {
    src_port: 0,
    dst_port: 0,
    control: TcpControl::None,
    seq_number: TcpSeqNumber(0),
    ack_number: None,
    window_len: 0,
    window_scale: None,
    max_seg_size: None,
    sack_permitted: false,
    sack_ranges: [None; 3],
    timestamp: None,
    payload: &[],
};

/// A frame with this segment from one to the other; on Ethernet with these hardware addresses.
/// `None` if it has more text or options than there is room for.
pub(super) fn emit(
    hardware: Option<(EthernetAddress, EthernetAddress)>,
    (source, destination): (IpAddress, IpAddress),
    segment: &TcpRepr<'_>,
) -> Option<MadeUp> {
    let length = segment.buffer_len();
    let header = IpRepr::new(source, destination, IpProtocol::Tcp, length, 64);
    let start = hardware.map_or(0, |_| EthernetFrame::<&[u8]>::header_len());
    let payload = start + header.header_len();
    let mut frame = MadeUp::zeros(payload + length)?;
    let bytes = frame.as_bytes_mut();
    if let Some((src_addr, dst_addr)) = hardware {
        let ethertype = match source.version() {
            IpVersion::Ipv4 => EthernetProtocol::Ipv4,
            #[allow(unreachable_patterns)] // IPv6, wherever smoltcp was given it
            _ => EthernetProtocol::Ipv6,
        };
        let header = EthernetRepr {
            src_addr,
            dst_addr,
            ethertype,
        };
        header.emit(&mut EthernetFrame::new_unchecked(&mut *bytes));
    }
    let checksums = ChecksumCapabilities::default();
    let (before, after) = bytes.split_at_mut(payload);
    header.emit(&mut before[start..], &checksums);
    let mut packet = TcpPacket::new_unchecked(after);
    segment.emit(&mut packet, &source, &destination, &checksums);
    Some(frame)
}
