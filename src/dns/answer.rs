//! What a message of a name server answers (RFC 1035, 4).

use heapless::Vec;
use smoltcp::wire::{
    DnsFlags, DnsOpcode, DnsPacket, DnsQueryType, DnsQuestion, DnsRcode, DnsRecord, DnsRecordData,
    IpAddress,
};

use super::name::{Name, are_same};
use super::{ADDRESSES, Failure};

/// The addresses of one IP version; none if the name does not exist, or has none of that version.
pub(super) type Found = Vec<IpAddress, ADDRESSES>;

/// What a server says of one question.
pub(super) enum Answer {
    /// All that it knows.
    Whole(Found),
    /// What had room in the datagram (TC).
    Cut(Found),
}

/// The most aliases that are followed where the records are not in the order of the aliases.
const LONGEST_CHAIN: usize = 8;

/// Reads the answer to the question for `name` with this identification, or why the server cannot
/// give one; `None` if the message is not an answer to that question.
pub(super) fn read(
    message: &[u8],
    id: u16,
    name: &Name,
    kind: DnsQueryType,
) -> Option<Result<Answer, Failure>> {
    let packet = DnsPacket::new_checked(message).ok()?;
    let is_answer = packet.flags().contains(DnsFlags::RESPONSE)
        && packet.opcode() == DnsOpcode::Query
        && packet.transaction_id() == id;
    if !is_answer {
        return None;
    }
    let failure = match packet.rcode() {
        DnsRcode::NoError | DnsRcode::NXDomain => None,
        DnsRcode::FormErr => Some(Failure::NotUnderstood),
        DnsRcode::ServFail => Some(Failure::ServerFailed),
        DnsRcode::NotImp => Some(Failure::NotImplemented),
        DnsRcode::Refused => Some(Failure::Refused),
        code => Some(Failure::Code(code.into())),
    };
    if let (0, Some(failure)) = (packet.question_count(), failure) {
        // A server that cannot read the question cannot repeat it.
        return Some(Err(failure));
    }
    if packet.question_count() != 1 {
        return None;
    }
    let (records, question) = DnsQuestion::parse(packet.payload()).ok()?;
    if question.type_ != kind || !are_same(&packet, question.name, name.as_bytes()) {
        return None;
    }
    Some(match failure {
        Some(failure) => Err(failure),
        None if packet.rcode() == DnsRcode::NXDomain => Ok(Answer::Whole(Found::new())),
        None => addresses(&packet, records, name, kind),
    })
}

fn addresses(
    packet: &DnsPacket<&[u8]>,
    records: &[u8],
    name: &Name,
    kind: DnsQueryType,
) -> Result<Answer, Failure> {
    let mut found = Found::new();
    let mut malformed = false;
    let mut name = name.as_bytes();
    for _ in 0..LONGEST_CHAIN {
        let before = name;
        let mut rest = records;
        for _ in 0..packet.answer_record_count() {
            let Ok((behind, record)) = DnsRecord::parse(rest) else {
                malformed = true;
                break;
            };
            rest = behind;
            if !are_same(packet, record.name, name) {
                continue;
            }
            let address = match record.data {
                DnsRecordData::Cname(other) => {
                    name = other;
                    continue;
                }
                DnsRecordData::A(address) if kind == DnsQueryType::A => address.into(),
                #[cfg(feature = "ipv6")]
                DnsRecordData::Aaaa(address) if kind == DnsQueryType::Aaaa => address.into(),
                _ => continue,
            };
            if !found.contains(&address) {
                // Those that there is no room for are not tried.
                let _ = found.push(address);
            }
        }
        if !found.is_empty() || core::ptr::eq(name, before) {
            break;
        }
    }
    let flags = packet.flags();
    let knows = DnsFlags::AUTHORITATIVE | DnsFlags::RECURSION_AVAILABLE;
    // RFC 2181, 9: "When a DNS client receives a reply with TC set, it should ignore that response".
    if flags.contains(DnsFlags::TRUNCATED) {
        Ok(Answer::Cut(found))
    } else if !found.is_empty() {
        Ok(Answer::Whole(found))
    } else if malformed {
        Err(Failure::Malformed)
    } else if packet.answer_record_count() == 0 && !flags.intersects(knows) {
        Err(Failure::NotRecursive)
    } else {
        Ok(Answer::Whole(found))
    }
}
