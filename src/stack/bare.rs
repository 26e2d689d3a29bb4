//! A segment that was received, without its text: what it acknowledges, and its window.

#[cfg(feature = "ipv6")]
use smoltcp::wire::Ipv6Packet;
use smoltcp::wire::{IpVersion, Ipv4Packet, TcpPacket, TcpSeqNumber};

use super::frame::Packet;
use super::made_up::MadeUp;

/// What is to be changed of it.
#[derive(Clone, Copy)]
pub(super) struct Bare {
    pub(super) number: TcpSeqNumber,
    pub(super) window: u16,
}

impl Bare {
    /// Of the segment itself.
    pub(super) fn of(segment: &TcpPacket<&[u8]>) -> Self {
        Self {
            number: segment.seq_number(),
            window: segment.window_len(),
        }
    }

    /// A frame like that of an intact segment, without text and close.
    pub(super) fn frame(&self, packet: &Packet<'_>, segment: &TcpPacket<&[u8]>) -> Option<MadeUp> {
        let tcp = usize::from(segment.header_len());
        let length = packet.payload_start + tcp;
        let mut frame = MadeUp::zeros(length)?;
        let headers = frame.as_bytes_mut();
        headers.copy_from_slice(packet.frame.get(..length)?);
        let (before, segment) = headers.split_at_mut(packet.payload_start);
        set_payload_len(&mut before[packet.start..], tcp)?;
        let mut segment = TcpPacket::new_unchecked(segment);
        segment.set_seq_number(self.number);
        segment.set_window_len(self.window);
        segment.set_fin(false);
        segment.fill_checksum(&packet.source, &packet.destination);
        Some(frame)
    }
}

/// Says in an intact IP header how long what follows it is, in bytes.
fn set_payload_len(header: &mut [u8], length: usize) -> Option<()> {
    match IpVersion::of_packet(header).ok()? {
        IpVersion::Ipv4 => {
            let total = header.len() + length;
            let mut header = Ipv4Packet::new_unchecked(header);
            header.verify_checksum().then_some(())?;
            header.set_total_len(total as u16);
            header.fill_checksum();
        }
        #[cfg(feature = "ipv6")]
        IpVersion::Ipv6 => Ipv6Packet::new_unchecked(header).set_payload_len(length as u16),
        #[allow(unreachable_patterns)] // without IPv6 there is no other version
        _ => return None,
    }
    Some(())
}
