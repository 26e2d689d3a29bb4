//! Capture files of others, byte by byte, in either byte order.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Little,
    Big,
}

pub const ORDERS: [Order; 2] = [Order::Little, Order::Big];

use Order::{Big, Little};

impl Order {
    pub fn half(self, value: u16) -> [u8; 2] {
        match self {
            Little => value.to_le_bytes(),
            Big => value.to_be_bytes(),
        }
    }

    pub fn word(self, value: u32) -> [u8; 4] {
        match self {
            Little => value.to_le_bytes(),
            Big => value.to_be_bytes(),
        }
    }

    pub fn long(self, value: i64) -> [u8; 8] {
        match self {
            Little => value.to_le_bytes(),
            Big => value.to_be_bytes(),
        }
    }

    /// A block of pcapng.
    pub fn block(self, kind: u32, body: &[u8]) -> Vec<u8> {
        let body = padded(body);
        let length = self.word(12 + body.len() as u32);
        [&self.word(kind)[..], &length, &body, &length].concat()
    }

    pub fn section(self) -> Vec<u8> {
        let version = [self.half(1), self.half(0)].concat();
        let body = [&self.word(0x1a2b3c4d)[..], &version, &self.long(-1)].concat();
        self.block(0x0a0d0d0a, &body)
    }

    pub fn option(self, code: u16, value: &[u8]) -> Vec<u8> {
        let length = self.half(value.len() as u16);
        [&self.half(code)[..], &length, &padded(value)].concat()
    }

    pub fn interface(self, link: u16, limit: u32, options: &[u8]) -> Vec<u8> {
        let link = [self.half(link), self.half(0)].concat();
        self.block(1, &[&link[..], &self.word(limit), options].concat())
    }

    pub fn packet(self, interface: u32, ticks: u64, bytes: &[u8], options: &[u8]) -> Vec<u8> {
        let length = self.word(bytes.len() as u32);
        let head = [
            self.word(interface),
            self.word((ticks >> 32) as u32),
            self.word(ticks as u32),
            length,
            length,
        ];
        self.block(6, &[&head.concat()[..], &padded(bytes), options].concat())
    }

    /// The header of a file of the older format.
    pub fn classic(self, magic: u32, link: u32) -> Vec<u8> {
        let version = [self.half(2), self.half(4)].concat();
        let rest = [0, 0, 65535, link].map(|word| self.word(word)).concat();
        [&self.word(magic)[..], &version, &rest].concat()
    }

    /// A packet of a file of the older format, of which the link had a byte more.
    pub fn classic_packet(self, seconds: u32, fraction: u32, bytes: &[u8]) -> Vec<u8> {
        let length = bytes.len() as u32;
        let head = [seconds, fraction, length, length + 1].map(|word| self.word(word));
        [&head.concat()[..], bytes].concat()
    }
}

fn padded(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}
