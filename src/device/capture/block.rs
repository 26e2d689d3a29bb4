//! Blocks of pcapng (draft-ietf-opsawg-pcapng, sections 3 and 4), written piece by piece and without
//! a heap. Always little-endian: a reader learns it from the section header.

use super::Direction;

const SECTION_HEADER: u32 = 0x0a0d_0d0a;
const INTERFACE_DESCRIPTION: u32 = 1;
const ENHANCED_PACKET: u32 = 6;

const BYTE_ORDER: u32 = 0x1a2b_3c4d;
const MAJOR_VERSION: u16 = 1;
const UNKNOWN_LENGTH: [u8; 8] = [0xff; 8];

const OPTION_END: u16 = 0;
const OPTION_COMMENT: u16 = 1;
const OPTION_USER_APPLICATION: u16 = 4;
const OPTION_INTERFACE_NAME: u16 = 2;
const OPTION_TIME_RESOLUTION: u16 = 9;
pub(crate) const OPTION_FLAGS: u16 = 2;

pub(crate) const FLAGS_INBOUND: u32 = 1;
pub(crate) const FLAGS_OUTBOUND: u32 = 2;

/// An option of a block; where there is none it is not written.
type BlockOption<'o> = Option<(u16, &'o [u8])>;

/// The start of a section, with what wrote it.
pub(crate) fn section(
    write: &mut dyn FnMut(&[u8]),
    application: Option<&str>,
    comment: Option<&str>,
) {
    let mut body = [0; 16];
    body[..4].copy_from_slice(&BYTE_ORDER.to_le_bytes());
    body[4..6].copy_from_slice(&MAJOR_VERSION.to_le_bytes());
    body[8..].copy_from_slice(&UNKNOWN_LENGTH);
    let options = [
        text(OPTION_COMMENT, comment),
        text(OPTION_USER_APPLICATION, application),
    ];
    block(write, SECTION_HEADER, &body, &[], &options);
}

/// An interface. Its number is the count of those before it. Its packets are not cut.
pub(crate) fn interface(
    write: &mut dyn FnMut(&[u8]),
    link: u16,
    name: Option<&str>,
    resolution: u8,
) {
    let mut body = [0; 8];
    body[..2].copy_from_slice(&link.to_le_bytes());
    let resolution = [resolution];
    let options = [
        text(OPTION_INTERFACE_NAME, name),
        Some((OPTION_TIME_RESOLUTION, &resolution[..])),
    ];
    block(write, INTERFACE_DESCRIPTION, &body, &[], &options);
}

/// A packet of an interface. Its length must be less than 2 GiB.
pub(crate) fn packet(
    write: &mut dyn FnMut(&[u8]),
    interface: u32,
    ticks: u64,
    direction: Direction,
    bytes: &[u8],
    comment: Option<&str>,
) {
    let length = bytes.len() as u32;
    let words = [
        interface,
        (ticks >> 32) as u32,
        ticks as u32,
        length, // in the file
        length, // on the link
    ];
    let mut body = [0; 20];
    for (place, word) in body.chunks_exact_mut(4).zip(words) {
        place.copy_from_slice(&word.to_le_bytes());
    }
    let flags = match direction {
        Direction::Inbound => FLAGS_INBOUND,
        Direction::Outbound => FLAGS_OUTBOUND,
    };
    let flags = flags.to_le_bytes();
    let options = [
        text(OPTION_COMMENT, comment),
        Some((OPTION_FLAGS, &flags[..])),
    ];
    block(write, ENHANCED_PACKET, &body, bytes, &options);
}

/// A text, cut to what an option can have.
fn text(code: u16, text: Option<&str>) -> BlockOption<'_> {
    let text = text?;
    let end = text.floor_char_boundary(usize::from(u16::MAX));
    Some((code, &text.as_bytes()[..end]))
}

fn block(
    write: &mut dyn FnMut(&[u8]),
    kind: u32,
    body: &[u8],
    data: &[u8],
    options: &[BlockOption<'_>],
) {
    let options = || options.iter().flatten();
    let padded = |value: &[u8]| value.len().next_multiple_of(4);
    let of_options: usize = options().map(|(_, value)| 4 + padded(value)).sum();
    let of_end = if of_options > 0 { 4 } else { 0 };
    let length = 12 + body.len() + padded(data) + of_options + of_end;
    let length = (length as u32).to_le_bytes();
    write(&kind.to_le_bytes());
    write(&length);
    write(body);
    write_padded(write, data);
    for (code, value) in options() {
        write(&code.to_le_bytes());
        write(&(value.len() as u16).to_le_bytes());
        write_padded(write, value);
    }
    if of_options > 0 {
        write(&u32::from(OPTION_END).to_le_bytes()); // and no length
    }
    write(&length);
}

fn write_padded(write: &mut dyn FnMut(&[u8]), bytes: &[u8]) {
    const PADDING: [u8; 3] = [0; 3];
    write(bytes);
    let padding = bytes.len().next_multiple_of(4) - bytes.len();
    write(&PADDING[..padding]);
}
