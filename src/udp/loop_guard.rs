//! The end of reply loops: services that answer every datagram, and answer each other without end,
//! after one forged datagram (CERT VU#417980, CVE-2024-2169).
//!
//! A service of that kind sends nothing by itself. So a loop ends by one datagram that is not answered,
//! while a client sends its request again. Which of the two the peer is can only be guessed, by its
//! port and by what it sends; the less it looks like a client, the sooner one datagram is dropped. Of
//! what a client may send, one in 1000 is dropped at most, or one in 465 where it sends the same text
//! again and again, which is in capitals already. From a port of a client, that is one in 65 000.

use smoltcp::wire::{IpAddress, IpEndpoint};

/// Peers that are watched at the same time.
const PEERS: usize = if cfg!(feature = "alloc") { 64 } else { 4 };

/// Where the ports of well-known services end, from which no client sends (RFC 6335).
const WELL_KNOWN_PORTS: u16 = 1024;
/// Where the ports begin that clients are given, on Linux; RFC 6335 begins higher, at 49152.
const CLIENT_PORTS: u16 = 32_768;

/// A datagram is not answered when those of its peer weigh this much together.
const MOST: u16 = 65_000;
/// What a datagram from a port of a client weighs.
const CLIENT: u16 = 1;
/// One from a port that may be that of a service: the 1000th is not answered.
const SERVICE: u16 = MOST / 1000;
/// One that is what its peer was answered last, from a port of a client: the 465th is not answered.
const ECHO: u16 = 140;
/// The same from a port that may be that of a service: the 62nd is not answered.
const ECHO_OF_SERVICE: u16 = 1100;
/// One from the port of a well-known service: the 32nd is not answered.
const WELL_KNOWN: u16 = 2048;

/// Decides which datagrams a service leaves unanswered, so that reply loops end.
///
/// It takes 8 bytes for each of 4 peers, or of 64 with the feature `alloc`. Where more of them send at
/// once, those are watched that look the least like clients.
#[derive(Clone, Debug)]
pub struct LoopGuard {
    peers: [Peer; PEERS],
}

#[derive(Clone, Copy, Debug)]
struct Peer {
    /// The endpoint, as a number.
    endpoint: u32,
    /// The answer that it was sent last, as a number, if that was no other than its request.
    answer: u16,
    /// What its datagrams weigh together.
    weight: u16,
}

impl LoopGuard {
    /// A guard that has seen nothing.
    #[must_use]
    pub const fn new() -> Self {
        const NEW: Peer = Peer {
            endpoint: 0,
            answer: 0,
            weight: 0,
        };
        Self {
            peers: [NEW; PEERS],
        }
    }

    /// Whether the service at `own_port` may send this answer to this request. It is taken for sent
    /// then.
    ///
    /// ```
    /// use uppercase::udp::LoopGuard;
    ///
    /// let mut guard = LoopGuard::new();
    /// // A service that answers every datagram by its own text (RFC 864).
    /// let chargen = "192.0.2.7:19".parse().unwrap();
    /// let may_answer = |_: &_| guard.permits(12000, &chargen, b"abc", b"ABC");
    /// assert_eq!((0..1000).take_while(may_answer).count(), 31);
    /// ```
    pub fn permits(
        &mut self,
        own_port: u16,
        from: &IpEndpoint,
        request: &[u8],
        answer: &[u8],
    ) -> bool {
        let endpoint = number_of(from);
        let peer = &mut self.peers[endpoint as usize % PEERS];
        let is_known = peer.endpoint == endpoint;
        let may_be_service = from.port < CLIENT_PORTS || own_port >= CLIENT_PORTS;
        let unchanged = (request == answer).then(|| digest(answer));
        let is_echo = is_known && unchanged == Some(peer.answer);
        // It has to stay known among clients until it echoes the answer.
        let may_be_echo = !is_known && unchanged.is_some();
        let weight = match may_be_service {
            _ if from.port < WELL_KNOWN_PORTS => WELL_KNOWN,
            true if is_echo => ECHO_OF_SERVICE,
            true => SERVICE,
            false if is_echo || may_be_echo => ECHO,
            false => CLIENT,
        };
        if !is_known {
            // The peer of most weight stays (Misra and Gries, 1982).
            peer.weight = peer.weight.saturating_sub(weight);
            if peer.weight > 0 {
                return true;
            }
            peer.endpoint = endpoint;
        }
        peer.weight = peer.weight.saturating_add(weight);
        if peer.weight >= MOST {
            peer.weight = 0;
            return false;
        }
        peer.answer = unchanged.unwrap_or_default();
        true
    }
}

impl Default for LoopGuard {
    fn default() -> Self {
        Self::new()
    }
}

/// A number that two endpoints seldom have in common.
fn number_of(endpoint: &IpEndpoint) -> u32 {
    let port = u32::from(endpoint.port);
    match endpoint.addr {
        IpAddress::Ipv4(address) => mix(port, &address.octets()),
        #[cfg(feature = "ipv6")]
        IpAddress::Ipv6(address) => mix(port, &address.octets()),
        #[allow(unreachable_patterns)] // IPv6, wherever smoltcp was given it
        _ => port,
    }
}

/// A number that two texts seldom have in common.
fn digest(text: &[u8]) -> u16 {
    mix(0, text) as u16
}

/// FNV-1a, and its upper half in its lower one.
#[inline(never)] // A board saves the flash.
fn mix(begin: u32, bytes: &[u8]) -> u32 {
    let mut mixed = 0x811c_9dc5 ^ begin;
    for byte in bytes {
        mixed = (mixed ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
    }
    mixed ^ mixed >> 16
}

#[cfg(test)]
mod tests {
    use std::string::ToString;
    use std::vec::Vec;

    use super::*;

    const PORT: u16 = 12_000;

    fn endpoint(host: u8, port: u16) -> IpEndpoint {
        IpEndpoint::new(IpAddress::v4(192, 0, 2, host), port)
    }

    /// How many of `count` requests are not answered.
    fn dropped(
        guard: &mut LoopGuard,
        from: &IpEndpoint,
        count: usize,
        request: impl FnMut(usize) -> Vec<u8>,
    ) -> usize {
        let requests = (0..count).map(request);
        let dropped = requests.filter(|request| {
            let answer = request.to_ascii_uppercase();
            !guard.permits(PORT, from, request, &answer)
        });
        dropped.count()
    }

    #[test]
    fn of_what_clients_send_one_in_1000_is_dropped_at_most() {
        for (port, most) in [
            (32_768, 2),
            (49_152, 2),
            (65_535, 2),
            (1024, 100),
            (5000, 100),
        ] {
            for kind in 0..4 {
                let mut guard = LoopGuard::new();
                let from = endpoint(7, port);
                let dropped = dropped(&mut guard, &from, 100_000, |number| match kind {
                    0 => b"hello".to_vec(),
                    1 => number.to_string().into_bytes(),
                    2 => (number as u32).to_be_bytes().to_vec(),
                    _ => std::format!("LINE {number} OF 100000").into_bytes(),
                });
                assert!(dropped <= most, "port {port}, kind {kind}: {dropped}");
            }
        }
    }

    #[test]
    fn of_the_same_capitals_from_a_port_of_a_client_one_in_465_is_dropped() {
        let mut guard = LoopGuard::new();
        let from = endpoint(7, 50_000);
        let dropped = dropped(&mut guard, &from, 465_000, |_| b"HELLO".to_vec());
        assert!((990..=1010).contains(&dropped), "{dropped}");
    }

    /// As the client of this package does, and a name server's.
    #[test]
    fn of_clients_that_send_each_request_from_a_port_of_its_own_none_is_dropped() {
        let mut guard = LoopGuard::new();
        let lost = (0..200_000_u32).filter(|number| {
            let from = endpoint(7, 49_152 + (number * 7919 % 16_384) as u16);
            !guard.permits(PORT, &from, b"CAPITALS", b"CAPITALS")
        });
        assert_eq!(lost.count(), 0);
    }

    #[test]
    fn sixty_four_clients_that_take_turns_lose_nothing() {
        let mut guard = LoopGuard::new();
        for round in 0..10_000 {
            for client in 0..64 {
                let request = std::format!("client {client}, {round}").into_bytes();
                let answer = request.to_ascii_uppercase();
                let from = endpoint(client, 40_000 + u16::from(client));
                assert!(
                    guard.permits(PORT, &from, &request, &answer),
                    "{client}, {round}"
                );
            }
        }
    }

    /// The services that answer, among clients that do not, as many of each.
    #[test]
    fn loops_end_among_clients() {
        for (port, most) in [(7, 32), (19, 32), (1900, 1100), (12_001, 66), (40_007, 490)] {
            let (mut guard, service) = (LoopGuard::new(), endpoint(9, port));
            let mut answered = 0;
            let is_echo = !matches!(port, 19 | 1900);
            let text = if is_echo { &b"ECHO"[..] } else { b"some text" };
            while guard.permits(PORT, &service, text, &text.to_ascii_uppercase()) {
                answered += 1;
                assert!(answered <= most, "port {port}");
                for client in 0..64 {
                    let from = endpoint(client, 40_000 + u16::from(client));
                    assert!(guard.permits(PORT, &from, b"hello", b"HELLO"));
                }
            }
        }
    }

    /// Not by what it sends, and not by its port.
    #[test]
    fn a_loop_with_a_service_that_looks_like_a_client_ends_too() {
        let mut guard = LoopGuard::new();
        let service = endpoint(9, 40_019);
        let may_answer = |_: &u32| guard.permits(PORT, &service, b"date", b"DATE");
        assert_eq!((0..1_000_000).take_while(may_answer).count(), 64_999);
    }
}
