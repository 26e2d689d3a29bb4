//! The headers of a frame for the kernel to cut into segments and to sum up.

use smoltcp::phy::ChecksumCapabilities;
use smoltcp::wire::{
    EthernetAddress, EthernetFrame, EthernetProtocol, IpProtocol, Ipv4Address, Ipv4Packet,
    Ipv4Repr, TcpControl, TcpOption, TcpPacket, TcpRepr, TcpSeqNumber, checksum,
};

/// The driver's header of each frame (`struct virtio_net_hdr`).
pub const OFFLOAD: usize = 10;
pub const ETHERNET: usize = 14;
const IPV4: usize = 20;
const TCP: usize = 20;
/// All headers of a segment without options, and with those of a SYN.
pub const HEADERS: usize = OFFLOAD + ETHERNET + IPV4 + TCP;
pub const LONGEST_HEADERS: usize = HEADERS + 40;

/// `VIRTIO_NET_HDR_F_NEEDS_CSUM` and `VIRTIO_NET_HDR_GSO_TCPV4`.
const NEEDS_CHECKSUM: u8 = 1;
const SEGMENTS: u8 = 1;

pub struct Headers {
    /// The source, then the destination, as in all that follow.
    pub hardware_addresses: (EthernetAddress, EthernetAddress),
    pub addresses: (Ipv4Address, Ipv4Address),
    pub ports: (u16, u16),
    pub sequence_number: TcpSeqNumber,
    pub acknowledgement: TcpSeqNumber,
    /// As it is written, scaled.
    pub window: u16,
    pub maximum_segment_size: u16,
    pub control: TcpControl,
}

impl Headers {
    /// Writes them before `length` bytes of text at `start`. Returns where they begin.
    pub fn before(&self, frame: &mut [u8], start: usize, length: usize) -> usize {
        let begin = start - HEADERS;
        self.write(&mut frame[begin..start], &self.segment(), length);
        begin
    }

    /// Writes a SYN with its options. Returns its length.
    pub fn synchronize(&self, frame: &mut [u8], window_scale: u8) -> usize {
        let mut segment = self.segment();
        segment.control = TcpControl::Syn;
        segment.max_seg_size = Some(self.maximum_segment_size);
        segment.window_scale = Some(window_scale);
        let length = OFFLOAD + ETHERNET + IPV4 + segment.header_len();
        self.write(&mut frame[..length], &segment, 0);
        length
    }

    fn segment(&self) -> TcpRepr<'static> {
        TcpRepr {
            src_port: self.ports.0,
            dst_port: self.ports.1,
            control: self.control,
            seq_number: self.sequence_number,
            ack_number: Some(self.acknowledgement),
            window_len: self.window,
            window_scale: None,
            max_seg_size: None,
            sack_permitted: false,
            sack_ranges: [None; 3],
            timestamp: None,
            payload: &[],
        }
    }

    fn write(&self, bytes: &mut [u8], segment: &TcpRepr<'_>, text: usize) {
        let (source, destination) = self.addresses;
        let checksums = ChecksumCapabilities::default();
        let length = segment.header_len() + text;
        bytes[..OFFLOAD].copy_from_slice(&self.offload(text));
        let (hardware_source, hardware_destination) = self.hardware_addresses;
        let mut ethernet = EthernetFrame::new_unchecked(&mut bytes[OFFLOAD..]);
        ethernet.set_src_addr(hardware_source);
        ethernet.set_dst_addr(hardware_destination);
        ethernet.set_ethertype(EthernetProtocol::Ipv4);
        let packet = Ipv4Repr {
            src_addr: source,
            dst_addr: destination,
            next_header: IpProtocol::Tcp,
            payload_len: length,
            hop_limit: 64,
        };
        let mut room = Ipv4Packet::new_unchecked(&mut bytes[OFFLOAD + ETHERNET..]);
        packet.emit(&mut room, &checksums);
        let mut room = TcpPacket::new_unchecked(&mut bytes[OFFLOAD + ETHERNET + IPV4..]);
        let (source_address, destination_address) = (source.into(), destination.into());
        let none = ChecksumCapabilities::ignored();
        segment.emit(&mut room, &source_address, &destination_address, &none);
        // The kernel completes the sum.
        let (protocol, length) = (IpProtocol::Tcp, length as u32);
        let sum = checksum::pseudo_header_v4(&source, &destination, protocol, length);
        room.set_checksum(sum);
    }

    /// The kernel sums up from the TCP header on, and cuts what is longer than a segment.
    fn offload(&self, text: usize) -> [u8; OFFLOAD] {
        let size = self.maximum_segment_size;
        let is_cut = text > usize::from(size);
        let fields = match is_cut {
            true => [(HEADERS - OFFLOAD) as u16, size],
            false => [0, 0],
        };
        let [length, size] = fields.map(u16::to_ne_bytes);
        let start = ((ETHERNET + IPV4) as u16).to_ne_bytes();
        let field = 16u16.to_ne_bytes();
        let kind = if is_cut { SEGMENTS } else { 0 };
        let mut header = [0; OFFLOAD];
        header[..2].copy_from_slice(&[NEEDS_CHECKSUM, kind]);
        for (place, bytes) in header[2..].chunks_mut(2).zip([length, size, start, field]) {
            place.copy_from_slice(&bytes);
        }
        header
    }
}

/// An Ethernet header without anything behind it.
pub fn ethernet(bytes: &mut [u8], destination: EthernetAddress, kind: EthernetProtocol) {
    let mut frame = EthernetFrame::new_unchecked(bytes);
    frame.set_src_addr(super::HARDWARE_ADDRESS);
    frame.set_dst_addr(destination);
    frame.set_ethertype(kind);
}

/// The maximum segment size and the window scale of a SYN.
pub fn options(segment: &TcpPacket<&[u8]>) -> (u16, u8) {
    let (mut size, mut scale) = (536, 0);
    let mut options = segment.options();
    while let Ok((rest, option)) = TcpOption::parse(options) {
        match option {
            TcpOption::EndOfList => break,
            TcpOption::MaxSegmentSize(value) => size = value,
            TcpOption::WindowScale(value) => scale = value.min(14),
            _ => {}
        }
        options = rest;
    }
    (size, scale)
}
