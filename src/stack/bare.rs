//! A segment that was received, without text and options: what it acknowledges, and its window.

#[cfg(feature = "ipv6")]
use smoltcp::wire::Ipv6Packet;
use smoltcp::wire::{IpVersion, Ipv4Packet, TcpPacket, TcpSeqNumber};

use super::frame::{HEADER_LEN, Packet};
use super::made_up::MadeUp;

/// What is to be changed of it.
#[derive(Clone, Copy)]
pub(super) struct Bare {
    pub(super) number: TcpSeqNumber,
    pub(super) window: u16,
    /// How many bytes of text it has after all.
    text: usize,
}

impl Bare {
    pub(super) fn new(number: TcpSeqNumber, window: u16) -> Self {
        Self {
            number,
            window,
            text: 0,
        }
    }

    /// Of a byte from long ago. To that, smoltcp always answers which byte it expects, and with
    /// which window (RFC 9293, 3.10.7.4).
    pub(super) fn reminder(segment: &TcpPacket<&[u8]>) -> Self {
        Self {
            number: segment.seq_number() - (1 << 30),
            window: segment.window_len(),
            text: 1,
        }
    }

    /// Makes a frame like that of an intact segment, without its text, options and close.
    pub(super) fn emit(&self, packet: &Packet<'_>, frame: &mut MadeUp) -> Option<()> {
        let headers = packet.payload_start + HEADER_LEN;
        let bytes = frame.resize(headers + self.text)?;
        bytes[..headers].copy_from_slice(packet.frame.get(..headers)?);
        let (before, segment) = bytes.split_at_mut(packet.payload_start);
        set_payload_len(&mut before[packet.start..], segment.len())?;
        let mut segment = TcpPacket::new_unchecked(segment);
        segment.set_header_len(HEADER_LEN as u8);
        segment.set_seq_number(self.number);
        segment.set_window_len(self.window);
        segment.set_fin(false);
        segment.fill_checksum(&packet.source, &packet.destination);
        Some(())
    }
}

/// Says in an IP header how long what follows it is, in bytes.
fn set_payload_len(header: &mut [u8], length: usize) -> Option<()> {
    match IpVersion::of_packet(header).ok()? {
        IpVersion::Ipv4 => {
            let total = header.len() + length;
            let mut header = Ipv4Packet::new_unchecked(header);
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
