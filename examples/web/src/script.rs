//! What happens in a run: settings, what the hosts are told and when, and what becomes of frames.
//!
//! A script is text, a word and its value on each line, as the address of the page has it. A line
//! that is not understood is left out, as an address can be written by hand.
//!
//! ```text
//! seed 7
//! delay 20
//! do 0 client tcp hello, world
//! do 1000 server crash
//! fate client.t1.syn.1 lose
//! ```

use crate::settings::Settings;

/// What happens in a run, which is a pure function of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Script {
    /// Everything random in the run follows from it.
    pub seed: u64,
    /// How the hosts and the wire are.
    pub settings: Settings,
    /// What happens, in the order of time.
    pub actions: Vec<Action>,
    /// What becomes of which frame, by its [name](crate::name); the others meet chance.
    pub fates: Vec<(String, Fate)>,
}

/// Something that happens at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// When, in milliseconds since the beginning.
    pub at: u64,
    /// Where: the name of a host, or `wire`.
    pub place: String,
    /// What.
    pub deed: Deed,
}

/// What can happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// The client sends this line over TCP, on a connection that it opens if it has none.
    Tcp(String),
    /// The client sends so many bytes over TCP.
    Bulk(usize),
    /// The client sends this line over UDP.
    Udp(String),
    /// The host has nothing more to send: it half-closes its connections.
    Finish,
    /// The host resets its connection.
    Abort,
    /// The application of the host stops to read.
    Pause,
    /// It reads on.
    Resume,
    /// The host loses power, and with it all that it knows.
    Crash,
    /// The host has power again.
    Boot,
    /// The wire is cut.
    Cut,
    /// The wire is mended.
    Mend,
    /// So many SYNs come from addresses that no host has.
    Flood(usize),
    /// One datagram comes from an address that no host has.
    Forge,
    /// Nothing, until then.
    Wait,
}

/// What becomes of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is lost.
    Lose,
    /// It arrives so many milliseconds later.
    Delay(u64),
    /// It arrives, and again so many milliseconds later.
    Twice(u64),
    /// A byte of it is changed on the way.
    Spoil,
}

/// The most that a script can ask for, as each run has an end.
const MOST_BYTES: usize = 1_000_000;
const MOST_SYNS: usize = 200;
const LAST: u64 = 3_600_000;

impl Script {
    /// Reads a script.
    pub fn parse(text: &str) -> Self {
        let mut script = Self {
            seed: 1,
            ..Self::default()
        };
        for line in text.lines() {
            let (key, value) = line.split_once(' ').unwrap_or((line, ""));
            match key {
                "seed" => script.seed = value.parse().unwrap_or(script.seed),
                "do" => {
                    if let Some(action) = action(value) {
                        script.add(action);
                    }
                }
                "fate" => script.fates.extend(fate(value)),
                _ => script.settings.set(key, value),
            }
        }
        script
    }

    /// What happens at the same moment happens in the order of the lines.
    fn add(&mut self, action: Action) {
        let later = self.actions.iter().position(|other| other.at > action.at);
        let place = later.unwrap_or(self.actions.len());
        self.actions.insert(place, action);
    }
}

fn action(text: &str) -> Option<Action> {
    let mut words = text.splitn(4, ' ');
    let at: u64 = words.next()?.parse().ok()?;
    let place = words.next()?.to_owned();
    let deed = words.next()?;
    let value = words.next().unwrap_or("");
    let number = |most: usize| value.parse().map(|number: usize| number.min(most)).ok();
    let deed = match deed {
        "tcp" => Deed::Tcp(value.to_owned()),
        "bulk" => Deed::Bulk(number(MOST_BYTES)?),
        "udp" => Deed::Udp(value.to_owned()),
        "finish" => Deed::Finish,
        "abort" => Deed::Abort,
        "pause" => Deed::Pause,
        "resume" => Deed::Resume,
        "crash" => Deed::Crash,
        "boot" => Deed::Boot,
        "cut" => Deed::Cut,
        "mend" => Deed::Mend,
        "flood" => Deed::Flood(number(MOST_SYNS)?),
        "forge" => Deed::Forge,
        "wait" => Deed::Wait,
        _ => return None,
    };
    let at = at.min(LAST);
    Some(Action { at, place, deed })
}

fn fate(text: &str) -> Option<(String, Fate)> {
    let mut words = text.split(' ');
    let name = words.next()?.to_owned();
    let fate = words.next()?;
    let time = words.next().and_then(|time| time.parse().ok());
    let fate = match fate {
        "lose" => Fate::Lose,
        "delay" => Fate::Delay(time?),
        "twice" => Fate::Twice(time?),
        "spoil" => Fate::Spoil,
        _ => return None,
    };
    Some((name, fate))
}
