//! Messages of DNS (RFC 1035).

use std::format;
use std::string::String;
use std::vec::Vec;

use smoltcp::wire::{
    DnsFlags, DnsOpcode, DnsPacket, DnsQueryType, DnsQuestion, DnsRcode, DnsRecord, DnsRecordData,
};

use super::{Message, name_field};
use crate::trace::label::{Field, Rank};

/// Answers of which the value is shown.
const MOST_ANSWERS: usize = 4;
/// The longest name, as text (RFC 1035, 2.3.4).
const LONGEST_NAME: usize = 255;

/// What a message of DNS says; `None` if it is not one.
pub(super) fn message(payload: &[u8]) -> Option<Message> {
    let packet = DnsPacket::new_checked(payload).ok()?;
    if packet.opcode() != DnsOpcode::Query || packet.question_count() == 0 {
        return None;
    }
    let (mut rest, question) = DnsQuestion::parse(packet.payload()).ok()?;
    let name = name(&packet, question.name)?;
    let is_response = packet.flags().contains(DnsFlags::RESPONSE);
    let mut fields = std::vec![
        name_field(if is_response {
            "DNS response"
        } else {
            "DNS query"
        }),
        Field::text("type", Rank::Number, kind(question.type_)),
        Field::text("domain", Rank::Name, name),
    ];
    if !is_response {
        let meaning = match question.type_ {
            DnsQueryType::A | DnsQueryType::Aaaa => {
                "asks a name server for the address of a name (RFC 1035, 4.1)"
            }
            _ => "asks a name server what it knows of a name (RFC 1035, 4.1)",
        };
        return Some(Message::new("DNS", fields).meaning(meaning));
    }
    let meaning = match packet.rcode() {
        DnsRcode::NoError => "answers, with what it knows of the name (RFC 1035, 4.1)",
        DnsRcode::NXDomain => "answers that there is no such name (RFC 1035, 4.1.1)",
        _ => "cannot answer; another name server may (RFC 1035, 4.1.1)",
    };
    if packet.rcode() != DnsRcode::NoError {
        fields.push(Field::note(error(packet.rcode())));
    } else if packet.answer_record_count() == 0 {
        fields.push(Field::note("no answer"));
    }
    for _ in 1..packet.question_count() {
        let Ok((behind, _)) = DnsQuestion::parse(rest) else {
            break;
        };
        rest = behind;
    }
    let mut answers = Vec::new();
    for _ in 0..usize::from(packet.answer_record_count()).min(MOST_ANSWERS) {
        let Ok((behind, record)) = DnsRecord::parse(rest) else {
            break;
        };
        rest = behind;
        answers.push(Field::text("answer", Rank::Number, data(&packet, &record)));
    }
    if packet.flags().contains(DnsFlags::TRUNCATED) {
        answers.push(Field::note("truncated"));
    }
    fields.extend(answers);
    Some(Message::new("DNS", fields).meaning(meaning))
}

fn data(packet: &DnsPacket<&[u8]>, record: &DnsRecord<'_>) -> String {
    match &record.data {
        DnsRecordData::A(address) => format!("{address}"),
        DnsRecordData::Aaaa(address) => format!("{address}"),
        DnsRecordData::Cname(target) => {
            let target = name(packet, target).unwrap_or_default();
            format!("CNAME {target}")
        }
        DnsRecordData::Other(other, data) => format!("{} of {} bytes", kind(*other), data.len()),
    }
}

/// A name with its dots; `None` if it is malformed.
fn name(packet: &DnsPacket<&[u8]>, bytes: &[u8]) -> Option<String> {
    let mut name = String::new();
    for label in packet.parse_name(bytes) {
        let label = label.ok()?;
        if !name.is_empty() {
            name.push('.');
        }
        // Blanks and controls would be taken for something else.
        name.extend(label.iter().map(|byte| match byte {
            b'!'..=b'~' => char::from(*byte),
            _ => '?',
        }));
        if name.len() > LONGEST_NAME {
            return None;
        }
    }
    Some(if name.is_empty() { ".".into() } else { name })
}

fn kind(kind: DnsQueryType) -> String {
    match u16::from(kind) {
        1 => "A".into(),
        2 => "NS".into(),
        5 => "CNAME".into(),
        6 => "SOA".into(),
        12 => "PTR".into(),
        15 => "MX".into(),
        16 => "TXT".into(),
        28 => "AAAA".into(),
        33 => "SRV".into(),
        65 => "HTTPS".into(),
        255 => "ANY".into(),
        number => format!("TYPE{number}"),
    }
}

/// The names that RFC 6895, 2.3, gives to the errors.
fn error(code: DnsRcode) -> String {
    match u8::from(code) {
        1 => "FormErr".into(),
        2 => "ServFail".into(),
        3 => "NXDomain".into(),
        4 => "NotImp".into(),
        5 => "Refused".into(),
        number => format!("error {number}"),
    }
}
