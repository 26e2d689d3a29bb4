//! The TAP itself: the least that a TCP can do on it, as the limit for all that have a stack of
//! their own. One connection at a time; each segment is echoed from the buffer that it was read
//! into, and nothing is ever retransmitted.

mod headers;

use std::collections::VecDeque;
use std::io;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::{Errno, read, write};
use smoltcp::wire::{
    ArpOperation, ArpPacket, ArpRepr, EthernetAddress, EthernetFrame, EthernetProtocol,
    Ipv4Address, Ipv4Packet, TcpControl, TcpPacket, TcpSeqNumber,
};
use tun_rs::{DeviceBuilder, Layer, SyncDevice};

use self::headers::{ETHERNET, HEADERS, Headers, LONGEST_HEADERS, OFFLOAD};
use super::READY;
use crate::network::{SERVER, TAP};

const HARDWARE_ADDRESS: EthernetAddress = EthernetAddress([2, 0, 0, 0, 0, 1]);
/// The longest frame with its header of the driver, and room to spare.
const FRAME: usize = 72 * 1024;
/// What may wait to be echoed, in bytes, and how the window is scaled for that.
const WINDOW: usize = 1024 * 1024;
const WINDOW_SCALE: u8 = 7;
/// The buffers through which copies go: those of a connection of `uppercase serve` are as large.
const BUFFER: usize = 256 * 1024;
/// What one frame carries at most: less than 64 KiB with its headers.
const LONGEST_PAYLOAD: usize = 65_000;

struct Echo {
    device: SyncDevice,
    /// Copies of a segment, besides those of the kernel.
    copies: usize,
    buffers: [Box<[u8]>; 2],
    place: usize,
    free: Vec<Box<[u8]>>,
    waiting: VecDeque<Payload>,
    waiting_bytes: usize,
    connection: Option<Connection>,
}

/// Received text in the buffer of its frame.
struct Payload {
    frame: Box<[u8]>,
    start: usize,
    length: usize,
}

struct Connection {
    peer: EthernetAddress,
    address: Ipv4Address,
    ports: (u16, u16),
    maximum_segment_size: u16,
    received: TcpSeqNumber,
    sent: TcpSeqNumber,
    acknowledged: TcpSeqNumber,
    window: usize,
    window_scale: u8,
    owes_acknowledgement: bool,
    peer_has_closed: bool,
    has_closed: bool,
}

/// Echoes with this number of copies of each segment: a server with a buffered stack makes three.
pub fn serve(copies: usize) -> io::Result<()> {
    let device = DeviceBuilder::new()
        .name(TAP)
        .layer(Layer::L2)
        .offload(true)
        .build_sync()?;
    device.set_nonblocking(true)?;
    println!("{READY}");
    let buffer = || vec![0; BUFFER].into_boxed_slice();
    let mut echo = Echo {
        device,
        copies,
        buffers: [buffer(), buffer()],
        place: 0,
        free: Vec::new(),
        waiting: VecDeque::new(),
        waiting_bytes: 0,
        connection: None,
    };
    loop {
        let frame = echo.free.pop();
        let mut frame = frame.unwrap_or_else(|| vec![0; FRAME].into_boxed_slice());
        match read(&echo.device, &mut *frame) {
            Ok(length) => echo.receive(frame, length)?,
            Err(Errno::AGAIN) => {
                echo.free.push(frame);
                poll(&mut [PollFd::new(&echo.device, PollFlags::IN)], None)?;
            }
            Err(error) => return Err(error.into()),
        }
    }
}

impl Echo {
    fn receive(&mut self, frame: Box<[u8]>, length: usize) -> io::Result<()> {
        let Ok(ethernet) = EthernetFrame::new_checked(&frame[OFFLOAD..length]) else {
            self.free.push(frame);
            return Ok(());
        };
        match ethernet.ethertype() {
            EthernetProtocol::Arp => self.answer_arp(&ethernet)?,
            EthernetProtocol::Ipv4 => return self.receive_segment(frame, length),
            _ => {}
        }
        self.free.push(frame);
        Ok(())
    }

    fn answer_arp(&mut self, ethernet: &EthernetFrame<&[u8]>) -> io::Result<()> {
        let question = ArpPacket::new_checked(ethernet.payload());
        let Ok(ArpRepr::EthernetIpv4 {
            operation: ArpOperation::Request,
            source_hardware_addr,
            source_protocol_addr,
            target_protocol_addr: SERVER,
            ..
        }) = question.and_then(|question| ArpRepr::parse(&question))
        else {
            return Ok(());
        };
        let answer = ArpRepr::EthernetIpv4 {
            operation: ArpOperation::Reply,
            source_hardware_addr: HARDWARE_ADDRESS,
            source_protocol_addr: SERVER,
            target_hardware_addr: source_hardware_addr,
            target_protocol_addr: source_protocol_addr,
        };
        let mut bytes = vec![0; OFFLOAD + ETHERNET + answer.buffer_len()];
        headers::ethernet(
            &mut bytes[OFFLOAD..],
            source_hardware_addr,
            EthernetProtocol::Arp,
        );
        answer.emit(&mut ArpPacket::new_unchecked(
            &mut bytes[OFFLOAD + ETHERNET..],
        ));
        write(&self.device, &bytes)?;
        Ok(())
    }

    fn receive_segment(&mut self, mut frame: Box<[u8]>, length: usize) -> io::Result<()> {
        let ethernet = EthernetFrame::new_unchecked(&frame[OFFLOAD..length]);
        let peer = ethernet.src_addr();
        let Some((segment, address)) = tcp(ethernet.payload()) else {
            self.free.push(frame);
            return Ok(());
        };
        let ports = (segment.src_port(), segment.dst_port());
        if segment.syn() {
            self.open(peer, address, &segment)?;
            self.free.push(frame);
            return Ok(());
        }
        let Some(connection) = self.connection.as_mut().filter(|connection| {
            (connection.address, connection.ports) == (address, ports) && !segment.rst()
        }) else {
            self.free.push(frame);
            return Ok(());
        };
        if segment.ack_number() > connection.acknowledged {
            connection.acknowledged = segment.ack_number();
        }
        connection.window = usize::from(segment.window_len()) << connection.window_scale;
        let text = segment.payload().len();
        let closes = segment.fin();
        let is_next = segment.seq_number() == connection.received;
        if text > 0 || closes {
            connection.owes_acknowledgement = true;
        }
        if is_next {
            connection.received += text + usize::from(closes);
            connection.peer_has_closed |= closes;
        }
        let start = segment.payload().as_ptr().addr() - frame.as_ptr().addr();
        if is_next && text > 0 {
            self.transform(&mut frame[start..start + text]);
            self.waiting_bytes += text;
            self.waiting.push_back(Payload {
                frame,
                start,
                length: text,
            });
        } else {
            self.free.push(frame);
        }
        self.transmit()
    }

    /// Upper case, as the client verifies it, and the copies.
    fn transform(&mut self, text: &mut [u8]) {
        text.make_ascii_uppercase();
        if self.place + text.len() > BUFFER {
            self.place = 0;
        }
        let place = self.place..self.place + text.len();
        self.place = place.end;
        let [first, second] = &mut self.buffers;
        let (first, second) = (&mut first[place.clone()], &mut second[place]);
        if self.copies > 0 {
            first.copy_from_slice(text);
        }
        if self.copies > 1 {
            second.copy_from_slice(first);
        }
        if self.copies > 2 {
            text.copy_from_slice(second);
        }
    }

    /// Answers the SYN of the one connection that there is from now on.
    fn open(
        &mut self,
        peer: EthernetAddress,
        address: Ipv4Address,
        segment: &TcpPacket<&[u8]>,
    ) -> io::Result<()> {
        let frames = self.waiting.drain(..).map(|payload| payload.frame);
        self.free.extend(frames);
        self.waiting_bytes = 0;
        let (maximum_segment_size, window_scale) = headers::options(segment);
        let connection = self.connection.insert(Connection {
            peer,
            address,
            ports: (segment.src_port(), segment.dst_port()),
            maximum_segment_size,
            received: segment.seq_number() + 1,
            sent: TcpSeqNumber(1),
            acknowledged: TcpSeqNumber(1),
            window: segment.window_len().into(),
            window_scale,
            owes_acknowledgement: false,
            peer_has_closed: false,
            has_closed: false,
        });
        let mut bytes = [0; LONGEST_HEADERS];
        let length = connection.headers(0).synchronize(&mut bytes, WINDOW_SCALE);
        connection.sent += 1;
        write(&self.device, &bytes[..length])?;
        Ok(())
    }

    /// Sends what waits, as far as the peer's window reaches, and an acknowledgement if one is
    /// still owed then.
    fn transmit(&mut self) -> io::Result<()> {
        let Some(connection) = &mut self.connection else {
            return Ok(());
        };
        while let Some(payload) = self.waiting.front_mut() {
            let in_flight = connection.sent - connection.acknowledged;
            let room = connection.window.saturating_sub(in_flight);
            let length = payload.length.min(LONGEST_PAYLOAD);
            // A small segment is only better than a window that stays shut.
            if room == 0 || room < length && in_flight > 0 {
                break;
            }
            let length = length.min(room);
            let end = payload.start + length;
            self.waiting_bytes -= length;
            let headers = connection.headers(self.waiting_bytes);
            let start = headers.before(&mut payload.frame, payload.start, length);
            write(&self.device, &payload.frame[start..end])?;
            connection.sent += length;
            connection.owes_acknowledgement = false;
            payload.start = end;
            payload.length -= length;
            if payload.length == 0 {
                self.free
                    .extend(self.waiting.pop_front().map(|payload| payload.frame));
            }
        }
        let closes =
            connection.peer_has_closed && !connection.has_closed && self.waiting.is_empty();
        if closes || connection.owes_acknowledgement {
            let mut headers = connection.headers(self.waiting_bytes);
            if closes {
                headers.control = TcpControl::Fin;
            }
            let mut bytes = [0; HEADERS];
            headers.before(&mut bytes, HEADERS, 0);
            write(&self.device, &bytes)?;
            connection.sent += usize::from(closes);
            connection.has_closed |= closes;
            connection.owes_acknowledgement = false;
        }
        Ok(())
    }
}

impl Connection {
    /// The headers of the next segment, while `waiting` bytes wait here.
    fn headers(&self, waiting: usize) -> Headers {
        Headers {
            hardware_addresses: (HARDWARE_ADDRESS, self.peer),
            addresses: (SERVER, self.address),
            ports: (self.ports.1, self.ports.0),
            sequence_number: self.sent,
            acknowledgement: self.received,
            window: (WINDOW.saturating_sub(waiting) >> WINDOW_SCALE).min(0xffff) as u16,
            maximum_segment_size: self.maximum_segment_size,
            control: TcpControl::None,
        }
    }
}

/// The TCP segment to this server in an IPv4 packet, and its source.
fn tcp(packet: &[u8]) -> Option<(TcpPacket<&[u8]>, Ipv4Address)> {
    let packet = Ipv4Packet::new_checked(packet).ok()?;
    let is_ours = packet.dst_addr() == SERVER && !packet.more_frags() && packet.frag_offset() == 0;
    let is_tcp = packet.next_header() == smoltcp::wire::IpProtocol::Tcp;
    let segment = (is_ours && is_tcp).then(|| TcpPacket::new_checked(packet.payload()).ok());
    Some((segment??, packet.src_addr()))
}
