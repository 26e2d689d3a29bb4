use std::borrow::ToOwned;
use std::string::String;
use std::vec::Vec;

use super::{Protocol, Record};

/// Which frames to log: those that have one of the protocols, if any is named, and were on one of
/// the links, if any is named.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Selection {
    protocols: Vec<Protocol>,
    links: Vec<String>,
}

impl Selection {
    /// Reads words with commas between them. Returns `None` if nothing is wanted, and the first word
    /// that is not known as an error.
    pub(super) fn parse(text: &str) -> Result<Option<Self>, &str> {
        if matches!(text, "" | "0") {
            return Ok(None);
        }
        let mut selection = Self::default();
        for word in text.split(',') {
            match (word, word.strip_prefix("link=")) {
                (_, Some(name)) => selection.links.push(name.to_owned()),
                ("1", _) => {}
                ("arp", _) => selection.protocols.push(Protocol::Arp),
                ("icmp", _) => selection.protocols.push(Protocol::Icmp),
                ("tcp", _) => selection.protocols.push(Protocol::Tcp),
                ("udp", _) => selection.protocols.push(Protocol::Udp),
                _ => return Err(word),
            }
        }
        Ok(Some(selection))
    }

    pub(super) fn has(&self, record: &Record) -> bool {
        let Self { protocols, links } = self;
        (protocols.is_empty() || protocols.contains(&record.sent.protocol()))
            && (links.is_empty() || links.iter().any(|link| record.is_on(link)))
    }
}
