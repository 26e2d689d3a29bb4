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

/// A file with every kind of block.
pub fn every_block(order: Order) -> Vec<Vec<u8>> {
    let options = [
        order.option(2, b"eth0"),
        order.option(9, &[9]),
        order.option(14, &order.long(1)),
    ];
    let flags = [order.option(1, b"why"), order.option(2, &order.word(1))];
    vec![
        order.section(),
        order.interface(1, 0, &options.concat()),
        order.packet(0, 1, b"first", &flags.concat()),
        order.block(5, &[0; 20]), // statistics of the interface
        order.block(3, &[&order.word(6)[..], b"second"].concat()),
        order.interface(113, 0, b""),
        order.packet(1, 3, &[0; 40], b""),
    ]
}

/// A file of the older format.
pub fn every_packet(order: Order) -> Vec<Vec<u8>> {
    vec![
        order.classic(0xa1b2_c3d4, 113),
        order.classic_packet(1, 2, &[0; 30]),
        order.classic_packet(3, 4, b""),
        order.classic_packet(5, 6, b"third"),
    ]
}

fn padded(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}
