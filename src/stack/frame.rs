use smoltcp::phy::Medium;
#[cfg(feature = "ipv6")]
use smoltcp::wire::Ipv6Packet;
use smoltcp::wire::{
    EthernetAddress, EthernetFrame, EthernetProtocol, IpAddress, IpProtocol, IpVersion, Ipv4Packet,
    TcpPacket,
};

/// Headers of Ethernet, IP and TCP with all options, in bytes.
pub(super) const LONGEST_HEADERS: usize = 14 + if cfg!(feature = "ipv6") { 40 } else { 20 } + 60;

/// The header of a segment without options, in bytes.
pub(super) const HEADER_LEN: usize = 20;

/// What a frame carries, for those who look at frames.
pub(super) enum Frame<'f> {
    /// A message of ARP.
    #[cfg(feature = "client")]
    Arp(&'f [u8]),
    Ip(Packet<'f>),
    /// A part of an IPv4 packet, of this protocol.
    Fragment(IpProtocol),
}

/// An IP packet that is not a fragment. Nothing but lengths is verified.
pub(super) struct Packet<'f> {
    /// The whole frame.
    pub(super) frame: &'f [u8],
    /// Where it comes from on Ethernet.
    pub(super) sender: Option<EthernetAddress>,
    /// Where in the frame the packet begins, in bytes.
    pub(super) start: usize,
    /// Where in the frame its payload begins, in bytes.
    pub(super) payload_start: usize,
    pub(super) source: IpAddress,
    pub(super) destination: IpAddress,
    pub(super) protocol: IpProtocol,
    pub(super) payload: &'f [u8],
}

impl<'f> Frame<'f> {
    pub(super) fn read(medium: Medium, frame: &'f [u8]) -> Option<Self> {
        if medium == Medium::Ip {
            return Packet::read(frame, None);
        }
        let ethernet = EthernetFrame::new_checked(frame).ok()?;
        match ethernet.ethertype() {
            #[cfg(feature = "client")]
            EthernetProtocol::Arp => Some(Self::Arp(ethernet.payload())),
            EthernetProtocol::Ipv4 | EthernetProtocol::Ipv6 => {
                Packet::read(frame, Some(ethernet.src_addr()))
            }
            _ => None,
        }
    }

    pub(super) fn packet(&self) -> Option<&Packet<'f>> {
        match self {
            Self::Ip(packet) => Some(packet),
            _ => None,
        }
    }
}

impl<'f> Packet<'f> {
    /// Whether the checksum of its header is right, if it has one.
    pub(super) fn has_intact_header(&self) -> bool {
        match self.source {
            IpAddress::Ipv4(_) => {
                Ipv4Packet::new_unchecked(&self.frame[self.start..]).verify_checksum()
            }
            #[allow(unreachable_patterns)] // IPv6, wherever smoltcp was given it
            _ => true,
        }
    }

    /// Whether smoltcp may find a segment behind headers that are not looked into here.
    pub(super) fn hides_segment(&self) -> bool {
        self.protocol == IpProtocol::HopByHop
            && self.payload.first() == Some(&IpProtocol::Tcp.into())
    }

    /// The TCP segment in it.
    pub(super) fn segment(&self) -> Option<TcpPacket<&'f [u8]>> {
        match self.protocol {
            IpProtocol::Tcp => TcpPacket::new_checked(self.payload).ok(),
            _ => None,
        }
    }

    fn read(frame: &'f [u8], sender: Option<EthernetAddress>) -> Option<Frame<'f>> {
        let start = sender.map_or(0, |_| EthernetFrame::<&[u8]>::header_len());
        let packet = frame.get(start..)?;
        // smoltcp 0.14 looks at the first byte without asking whether there is one.
        packet.first()?;
        let (source, destination, protocol, header_len, payload) =
            match IpVersion::of_packet(packet).ok()? {
                IpVersion::Ipv4 => {
                    let packet = Ipv4Packet::new_checked(packet).ok()?;
                    if packet.frag_offset() != 0 || packet.more_frags() {
                        return Some(Frame::Fragment(packet.next_header()));
                    }
                    (
                        packet.src_addr().into(),
                        packet.dst_addr().into(),
                        packet.next_header(),
                        usize::from(packet.header_len()),
                        packet.payload(),
                    )
                }
                #[cfg(feature = "ipv6")]
                IpVersion::Ipv6 => {
                    let packet = Ipv6Packet::new_checked(packet).ok()?;
                    (
                        packet.src_addr().into(),
                        packet.dst_addr().into(),
                        packet.next_header(),
                        packet.header_len(),
                        packet.payload(),
                    )
                }
                #[allow(unreachable_patterns)] // without IPv6 there is no other version
                _ => return None,
            };
        Some(Frame::Ip(Self {
            frame,
            sender,
            start,
            payload_start: start + header_len,
            source,
            destination,
            protocol,
            payload,
        }))
    }
}
