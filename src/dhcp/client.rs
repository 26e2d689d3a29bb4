//! The client's states (RFC 2131, figure 5), without a socket and without a clock: it is given replies,
//! and says what has to be done.

use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{Ipv4Address, Ipv4Cidr};

use super::lease::Grant;
use super::{Event, Lease, Loss};
use crate::chance::Chance;
use crate::packet::{DhcpAnswer, DhcpKind, DhcpReply, DhcpRequest, EthernetAddress};

// RFC 2131, 4.1: "the delay before the first retransmission SHOULD be 4 seconds randomized by the value
// of a uniform random number chosen from the range -1 to +1", "doubled with subsequent retransmissions up
// to a maximum of 64 seconds".
const FIRST_DELAY: Duration = Duration::from_secs(4);
const SPREAD: Duration = Duration::from_secs(1);
const DOUBLINGS: u8 = 4;
/// RFC 2131, 3.1.5: "might retransmit the DHCPREQUEST message four times, for a total delay of 60
/// seconds, before restarting the initialization procedure".
const REQUESTS: u8 = 4;
/// RFC 2131, 3.1.5: "The client SHOULD wait a minimum of ten seconds before restarting the configuration
/// process".
const PENALTY: Duration = Duration::from_secs(10);
/// RFC 2131, 4.4.5: half of the time that is left, "down to a minimum of 60 seconds, before
/// retransmitting".
const LEAST_RENEWAL_DELAY: Duration = Duration::from_secs(60);

/// Where the client is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nothing was asked yet.
    Init,
    /// Servers are asked for an address.
    Selecting,
    /// One of them is asked for the address that it has offered.
    Requesting,
    /// The link is asked whether another host has the address.
    Checking,
    /// Another host has it, which the server has to be told.
    Declining,
    Bound,
    /// The server is asked to extend the lease.
    Renewing,
    /// Any server is.
    Rebinding,
    /// The link was down: the servers are asked whether the address is right here.
    Rebooting,
}

/// What has to be done.
pub(crate) enum Task {
    /// A message has to be sent to this address and this card.
    Send(DhcpRequest, Ipv4Address, EthernetAddress),
    /// The host has to take the address, and the router.
    Use(Ipv4Cidr, Option<Ipv4Address>),
    /// The host must not use the address any more.
    Remove(Ipv4Address),
}

/// A client for one card.
pub(crate) struct Client {
    hardware: EthernetAddress,
    chance: Chance,
    state: State,
    /// "xid": what the replies to the latest message have, too.
    transaction: u32,
    /// When it began to ask, for the field 'secs', and when it first sent the latest message.
    began: Instant,
    sent: Instant,
    seconds: u16,
    /// How often the latest message was sent.
    attempts: u8,
    /// When something is due; `None` for never.
    next: Option<Instant>,
    /// What is used, or was offered.
    grant: Option<Grant>,
    /// Whether the address of it has been used.
    is_used: bool,
    /// What has to be taken or removed first.
    must_use: bool,
    gone: Option<Ipv4Address>,
    event: Option<Event>,
}

impl Client {
    pub(crate) fn new(random_seed: u64, hardware: EthernetAddress) -> Self {
        Self {
            hardware,
            chance: Chance::new(random_seed, hardware),
            state: State::Init,
            transaction: 0,
            began: Instant::ZERO,
            sent: Instant::ZERO,
            seconds: 0,
            attempts: 0,
            // At once.
            next: Some(Instant::ZERO),
            grant: None,
            is_used: false,
            must_use: false,
            gone: None,
            event: None,
        }
    }

    /// What is used.
    pub(crate) fn lease(&self) -> Option<&Lease> {
        let grant = self.grant.as_ref().filter(|_| self.is_used);
        grant.map(|grant| &grant.lease)
    }

    /// What has happened since this was asked last.
    pub(crate) fn take_event(&mut self) -> Option<Event> {
        self.event.take()
    }

    /// The link was down: this may be another network.
    ///
    /// RFC 2131, 3.7: "A client SHOULD use DHCP to reacquire or verify its IP address and network
    /// parameters whenever the local network parameters may have changed".
    pub(crate) fn verify(&mut self) {
        match self.state {
            State::Declining => {}
            _ if self.is_used => {
                self.must_use = false;
                self.enter(State::Rebooting);
            }
            _ => self.restart(),
        }
    }

    /// Another host has this address, which is not used any more.
    pub(crate) fn conflict(&mut self, address: Ipv4Address) {
        let is_taken = !matches!(self.state, State::Selecting | State::Requesting);
        let granted = self.grant.as_ref().map(Grant::address);
        if is_taken && granted == Some(address) {
            self.event = Some(Event::Lost(address, Loss::Conflict));
            self.is_used = false;
            self.enter(State::Declining);
        }
    }

    /// The host has no room for the address: it is asked for anew later, as there may be room by then.
    pub(crate) fn has_no_room(&mut self, now: Instant) {
        self.event = (self.grant.take()).map(|grant| Event::NoRoom(grant.address()));
        self.is_used = false;
        self.restart();
        self.next = Some(now + PENALTY);
    }

    /// A message has come from a server, by this card.
    pub(crate) fn receive(&mut self, reply: &DhcpReply, card: EthernetAddress) {
        // RFC 2131, 4.4.1: "If the 'xid' of an arriving DHCPOFFER message does not match the 'xid' of the
        // most recent DHCPDISCOVER message, the DHCPOFFER message must be silently discarded. Any
        // arriving DHCPACK messages must be silently discarded" - 4.1 says it of all.
        if reply.transaction != self.transaction || reply.hardware != self.hardware {
            return;
        }
        if self.state == State::Selecting && reply.answer == DhcpAnswer::Offer {
            // The first offer is as good as any other.
            self.grant = Grant::new(reply, card, self.sent, &mut self.chance);
            if self.grant.is_some() {
                self.state = State::Requesting;
                self.repeat_now();
            }
            return;
        }
        let Some(grant) = &self.grant else {
            return;
        };
        let is_of_server = match self.state {
            State::Requesting | State::Renewing => reply.server == grant.lease.server,
            State::Rebinding | State::Rebooting => true,
            _ => return,
        };
        match reply.answer {
            DhcpAnswer::Ack if is_of_server && reply.address == grant.address() => {
                if let Some(grant) = Grant::new(reply, card, self.sent, &mut self.chance) {
                    self.grant = Some(grant);
                    self.state = State::Checking;
                    self.must_use = true;
                    self.next = None;
                }
            }
            // RFC 2131, 3.1.5: "If the client receives a DHCPNAK message, the client restarts the
            // configuration process."
            DhcpAnswer::Nak if is_of_server => {
                let was_used = self.is_used;
                self.lose(Loss::Refused);
                if !was_used {
                    // A server that offers what it refuses then.
                    self.next = Some(self.sent + PENALTY);
                }
            }
            _ => {}
        }
    }

    /// Whether there may be something to do.
    pub(crate) fn is_due(&self, now: Instant) -> bool {
        self.state == State::Checking || self.due().is_some_and(|due| due <= now)
    }

    /// When something is due.
    pub(crate) fn due(&self) -> Option<Instant> {
        if self.must_use || self.gone.is_some() {
            return Some(self.sent);
        }
        self.next.into_iter().chain(self.end()).min()
    }

    /// What has to be done now; called until it is nothing. `is_own` says whether the host has an
    /// address.
    pub(crate) fn step(
        &mut self,
        now: Instant,
        is_own: impl Fn(Ipv4Address) -> bool,
    ) -> Option<Task> {
        if let Some(address) = self.gone.take() {
            return Some(Task::Remove(address));
        }
        if self.end().is_some_and(|end| end <= now) {
            self.lose(Loss::Expired);
            return self.gone.take().map(Task::Remove);
        }
        if self.state == State::Checking {
            let grant = self.grant.as_ref()?;
            if core::mem::take(&mut self.must_use) {
                return Some(Task::Use(grant.lease.address, grant.lease.router));
            }
            let address = grant.address();
            if !is_own(address) {
                return None;
            }
            self.state = State::Bound;
            self.next = grant.renew();
            self.event = Some(match core::mem::replace(&mut self.is_used, true) {
                false => Event::Obtained(address),
                true => Event::Renewed(address),
            });
        }
        if self.next.is_none_or(|next| next > now) {
            return None;
        }
        self.act(now)
    }

    /// Does what is due.
    fn act(&mut self, now: Instant) -> Option<Task> {
        match self.state {
            State::Init => {
                self.began = now;
                self.enter(State::Selecting);
            }
            State::Requesting if self.attempts == REQUESTS => {
                self.restart();
                return None;
            }
            // RFC 2131, 3.2: "If the client receives neither a DHCPACK or a DHCPNAK message after
            // employing the retransmission algorithm, the client MAY choose to use the previously
            // allocated network address and configuration parameters for the remainder of the unexpired
            // lease."
            State::Rebooting if self.attempts == REQUESTS => {
                self.state = State::Bound;
                self.next = self.grant.as_ref().and_then(Grant::renew);
                return None;
            }
            State::Bound => {
                self.began = now;
                self.enter(State::Renewing);
            }
            State::Renewing => {
                let times = self.grant.as_ref()?.times?;
                if times.rebind <= now {
                    self.enter(State::Rebinding);
                }
            }
            State::Checking => return None,
            _ => {}
        }
        if self.attempts == 0 {
            if self.state != State::Requesting {
                self.transaction = self.chance.number();
            }
            if self.state == State::Rebooting {
                self.began = now;
            }
            self.sent = now;
        }
        // RFC 2131, table 1: "seconds elapsed since client began address acquisition or renewal process".
        // RFC 2131, 4.4.1: a DHCPREQUEST "MUST use the same value in the DHCP message header's 'secs'
        // field" as the DHCPDISCOVER.
        if self.state != State::Requesting {
            let passed = now.max(self.began) - self.began;
            self.seconds = passed.secs().min(u16::MAX.into()) as u16;
        }
        if self.state == State::Selecting && self.attempts == 1 {
            self.event = Some(Event::Unanswered);
        }
        let delay = self.delay(now);
        self.next = Some(now + delay);
        self.attempts = self.attempts.saturating_add(1);
        let task = self.message();
        if self.state == State::Declining {
            self.grant = None;
            self.restart();
            self.next = Some(now + PENALTY);
        }
        Some(task)
    }

    /// How long an answer to what is sent now is waited for.
    fn delay(&mut self, now: Instant) -> Duration {
        let times = self.grant.as_ref().and_then(|grant| grant.times);
        let (from, until) = match (self.state, times) {
            (State::Renewing, Some(times)) => (times.renew, times.rebind),
            (State::Rebinding, Some(times)) => (times.rebind, times.end),
            _ => {
                let doubled = FIRST_DELAY * (1 << self.attempts.min(DOUBLINGS));
                return doubled - SPREAD + self.chance.within(SPREAD * 2);
            }
        };
        // In a lease of a few minutes there would be one chance only each.
        let least = match until - from < LEAST_RENEWAL_DELAY * 2 {
            true => FIRST_DELAY,
            false => LEAST_RENEWAL_DELAY,
        };
        let left = until.max(now) - now;
        (left / 2).max(least).min(left)
    }

    /// The message of this state (RFC 2131, table 5).
    fn message(&self) -> Task {
        let grant = self.grant.as_ref();
        let address = grant.map(Grant::address);
        let server = grant.map(|grant| grant.lease.server);
        let mut request = DhcpRequest {
            kind: DhcpKind::Request,
            transaction: self.transaction,
            seconds: self.seconds,
            hardware: self.hardware,
            client: Ipv4Address::UNSPECIFIED,
            requested: None,
            server: None,
        };
        let (mut destination, mut card) = (Ipv4Address::BROADCAST, EthernetAddress::BROADCAST);
        match self.state {
            State::Requesting => (request.requested, request.server) = (address, server),
            State::Declining => {
                (request.kind, request.seconds) = (DhcpKind::Decline, 0);
                (request.requested, request.server) = (address, server);
            }
            State::Rebooting => request.requested = address,
            State::Renewing => {
                request.client = address.unwrap_or(request.client);
                destination = server.unwrap_or(destination);
                card = grant.map_or(card, |grant| grant.hardware);
            }
            State::Rebinding => request.client = address.unwrap_or(request.client),
            _ => request.kind = DhcpKind::Discover,
        }
        Task::Send(request, destination, card)
    }

    /// When the lease ends, if there is one that counts.
    fn end(&self) -> Option<Instant> {
        let grant = self.grant.as_ref().filter(|_| self.holds());
        grant.and_then(Grant::end)
    }

    /// Whether there is a lease that counts.
    fn holds(&self) -> bool {
        !matches!(
            self.state,
            State::Init | State::Selecting | State::Requesting | State::Declining
        )
    }

    /// The address must not be used any more; another one is asked for at once.
    fn lose(&mut self, loss: Loss) {
        if let Some(grant) = self.grant.take().filter(|_| self.holds()) {
            let address = grant.address();
            self.gone = Some(address);
            if core::mem::take(&mut self.is_used) {
                self.event = Some(Event::Lost(address, loss));
            }
        }
        self.restart();
    }

    /// Begins anew, at once.
    fn restart(&mut self) {
        if let Some(grant) = self.grant.take().filter(|_| self.holds()) {
            self.gone = Some(grant.address());
        }
        self.must_use = false;
        self.enter(State::Init);
    }

    fn enter(&mut self, state: State) {
        self.state = state;
        self.repeat_now();
    }

    /// A message is due at once, for the first time.
    fn repeat_now(&mut self) {
        self.attempts = 0;
        self.next = Some(self.sent);
    }
}
