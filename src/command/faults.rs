//! The options for faults on purpose, and the command by which a run is repeated.

use std::cell::Cell;
use std::env;
use std::rc::Rc;

use smoltcp::time::Duration;
use uppercase::simulation::{Conditions, Event, Fate, Lane, Probability, Verdict};

use super::host::random_seed;
use super::values::{crash, drops, duration, mtu, probability, rate};

/// For how long a frame is held back so that others overtake it, if no delay is longer.
const HOLD: Duration = Duration::from_millis(10);
/// The header of an Ethernet frame, in bytes.
const HEADER: usize = 14;

/// What happens to frames between client and server; options of all commands.
#[derive(clap::Args)]
#[command(next_help_heading = "Faults on purpose, in memory and on a cable")]
pub struct Faults {
    /// Let each frame arrive after TIME: 50ms, 1.5s
    ///
    /// With any of these options and no --cable, client and server are in a simulated network with a
    /// clock of its own, which jumps to what happens next: an hour takes no time, and the same --seed
    /// and the same text give the same run, to the microsecond. The text is read to its end first.
    #[arg(long, value_name = "TIME", value_parser = duration, global = true)]
    delay: Option<Duration>,
    /// Lose this part of all frames, by chance: 20%, for instance
    #[arg(long, value_name = "PERCENT", value_parser = probability, global = true)]
    loss: Option<Probability>,
    /// Let this part of all frames arrive twice, 20% unless given
    #[arg(long, value_name = "PERCENT", value_parser = probability, global = true)]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "20%")]
    duplicate: Option<Probability>,
    /// Let this part of all frames be overtaken by later ones, 20% unless given
    #[arg(long, value_name = "PERCENT", value_parser = probability, global = true)]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "20%")]
    reorder: Option<Probability>,
    /// Change a byte in this part of all frames, 20% unless given
    #[arg(long, value_name = "PERCENT", value_parser = probability, global = true)]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "20%")]
    corrupt: Option<Probability>,
    /// Carry RATE bits per second: 9600, 56kbit, 10Mbit. Up to 16 frames wait in a queue
    #[arg(long, value_name = "RATE", value_parser = rate, global = true)]
    bandwidth: Option<u64>,
    /// The MTU of the link: carry IP packets of BYTES at most
    #[arg(long, value_name = "BYTES", value_parser = mtu(), global = true)]
    mtu: Option<u16>,
    /// Lose the frame with this number, counted over both sides; 5,7: the fifth and the seventh
    #[arg(long, value_name = "NUMBER", value_parser = drops(), value_delimiter = ',', global = true)]
    drop: Vec<u64>,
    /// The seed of all that happens by chance: the same NUMBER gives the same run
    #[arg(long, value_name = "NUMBER", global = true)]
    seed: Option<u64>,
    /// In memory: let the server's host crash at TIME, and start again without its connections
    #[arg(long, value_name = "server@TIME", value_parser = crash, global = true)]
    crash: Option<Duration>,
    #[arg(skip)]
    chosen: Cell<Option<u64>>,
    #[arg(skip)]
    is_strange: Rc<Cell<bool>>,
}

impl Faults {
    /// Whether any of the options was given.
    pub fn are_wanted(&self) -> bool {
        let has_chance = [self.loss, self.duplicate, self.reorder, self.corrupt];
        has_chance.iter().any(Option::is_some)
            || self.delay.is_some()
            || self.bandwidth.is_some()
            || self.mtu.is_some()
            || !self.drop.is_empty()
            || self.seed.is_some()
            || self.crash.is_some()
    }

    /// When the server's host starts again.
    pub fn crash(&self) -> Option<Duration> {
        self.crash
    }

    /// The seed that was given, or one that is chosen at the first call.
    pub fn seed(&self) -> u64 {
        let chosen = self.seed.or(self.chosen.get());
        let seed = chosen.unwrap_or_else(|| random_seed() % 1_000_000);
        self.chosen.set(Some(seed));
        seed
    }

    /// What a lane does to the frames on it.
    pub fn conditions(&self) -> Conditions {
        let delay = self.delay.unwrap_or(Duration::ZERO);
        let never = Probability::NEVER;
        self.size()
            .with_delay(delay)
            .with_loss(self.loss.unwrap_or(never))
            .with_duplication(self.duplicate.unwrap_or(never))
            .with_reordering(self.reorder.unwrap_or(never))
            .with_hold(HOLD.max(delay))
            .with_corruption(self.corrupt.unwrap_or(never))
            .with_bandwidth(self.bandwidth)
    }

    /// The longest frame, and nothing else.
    pub fn size(&self) -> Conditions {
        let mtu = self.mtu.map(|mtu| usize::from(mtu) + HEADER);
        Conditions::PERFECT.with_mtu(mtu.unwrap_or(Conditions::PERFECT.mtu))
    }

    /// Loses the frames that have the numbers.
    pub fn drop_from(&self, lane: &Lane) {
        let numbers = self.drop.clone();
        if !numbers.is_empty() {
            lane.decide(move |number, _| match numbers.contains(&number) {
                true => Verdict::Lose,
                false => Verdict::Pass,
            });
        }
    }

    /// What takes note of a frame to which something has happened.
    pub fn watch(&self) -> impl FnMut(&Event) + use<> {
        let is_strange = Rc::clone(&self.is_strange);
        move |event| {
            let is_plain = matches!(event.fate, Fate::Sent | Fate::Arrived)
                && event.alteration.is_none()
                && event.copy == 0
                && !event.is_held_back;
            if !is_plain {
                is_strange.set(true);
            }
        }
    }

    /// Takes note that something else has happened.
    pub fn note(&self) {
        self.is_strange.set(true);
    }

    /// The command that has the same run again, after one that has failed or was strange.
    pub fn replay(&self, has_failed: bool) -> Option<String> {
        let seed = self.chosen.get()?;
        if !has_failed && !self.is_strange.get() {
            return None;
        }
        let words = env::args_os().map(|word| quoted(&word.to_string_lossy()));
        let mut command = words.collect::<Vec<_>>().join(" ");
        if self.seed.is_none() {
            command += &format!(" --seed {seed}");
        }
        Some(command)
    }
}

/// A word as a shell reads it.
fn quoted(word: &str) -> String {
    let is_plain =
        |character: char| character.is_ascii_alphanumeric() || "-_=./:,@%+".contains(character);
    match !word.is_empty() && word.chars().all(is_plain) {
        true => word.into(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}
