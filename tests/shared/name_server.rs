//! What a name server answers, byte by byte (RFC 1035, 4). Each test target uses a part of it.
#![allow(dead_code)]

use std::net::IpAddr;

/// Response codes (RFC 1035, 4.1.1).
pub const NO_ERROR: u8 = 0;
pub const FORMAT_ERROR: u8 = 1;
pub const SERVER_FAILURE: u8 = 2;
pub const NO_SUCH_NAME: u8 = 3;
pub const NOT_IMPLEMENTED: u8 = 4;
pub const REFUSED: u8 = 5;

/// Types of records.
pub const A: u16 = 1;
pub const CNAME: u16 = 5;
pub const AAAA: u16 = 28;

const HEADER: usize = 12;
/// A pointer to the name in the question.
pub const SAME_NAME: [u8; 2] = [0xc0, HEADER as u8];

/// A name as it is in a message.
pub fn encoded(name: &str) -> Vec<u8> {
    let labels = name.split('.').filter(|label| !label.is_empty());
    let mut bytes: Vec<u8> = labels
        .flat_map(|label| [&[label.len() as u8], label.as_bytes()].concat())
        .collect();
    bytes.push(0);
    bytes
}

/// A resource record.
pub fn record(name: &[u8], kind: u16, data: &[u8]) -> Vec<u8> {
    let mut record = name.to_vec();
    record.extend(kind.to_be_bytes());
    record.extend([0, 1, 0, 0, 0, 60]);
    record.extend((data.len() as u16).to_be_bytes());
    record.extend(data);
    record
}

/// The records of these addresses that answer a question of this type.
pub fn addresses(name: &[u8], kind: u16, addresses: &[IpAddr]) -> Vec<Vec<u8>> {
    let data = addresses
        .iter()
        .filter_map(|address| match (address, kind) {
            (IpAddr::V4(address), A) => Some(address.octets().to_vec()),
            (IpAddr::V6(address), AAAA) => Some(address.octets().to_vec()),
            _ => None,
        });
    data.map(|data| record(name, kind, &data)).collect()
}

/// The type that a query asks for.
pub fn kind(query: &[u8]) -> u16 {
    let end = query.len();
    u16::from_be_bytes([query[end - 4], query[end - 3]])
}

/// The answer to a query, with these records.
pub fn answer(query: &[u8], code: u8, records: &[Vec<u8>]) -> Vec<u8> {
    let mut answer = query.to_vec();
    // A response, and recursion is available.
    answer[2] |= 0x80;
    answer[3] = 0x80 | code;
    answer[6..8].copy_from_slice(&(records.len() as u16).to_be_bytes());
    answer.extend(records.concat());
    answer
}

/// The answer of a server that knows these addresses for every name.
pub fn answer_addresses(query: &[u8], known: &[IpAddr]) -> Vec<u8> {
    let records = addresses(&SAME_NAME, kind(query), known);
    answer(query, NO_ERROR, &records)
}
