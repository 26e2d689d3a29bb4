//! Where a client runs: in memory, on a cable or on an interface.

use std::cell::RefCell;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::ops::ControlFlow;

use smoltcp::time::{Duration, Instant};
use uppercase::Context;
use uppercase::simulation::Random;
use uppercase::stack::{Service, Sockets, from_fn};

use super::failure::Failure;
use super::input::Input;

/// A stack over any device, and the way to wait for it.
pub trait Host<'a> {
    /// The sockets, to which clients add theirs.
    fn sockets(&mut self) -> &mut Sockets<'a>;

    /// For what is done between two polls.
    fn context(&mut self) -> Context<'_, 'a>;

    /// One poll of the stack; returns how long it can be left alone.
    fn poll(&mut self, service: &mut dyn Service<'a>) -> Option<Duration>;

    /// Sleeps until a frame arrives or the delay is over or, where it is given, standard input can
    /// be read; returns whether it can.
    fn wait(&mut self, delay: Option<Duration>, input: Option<&mut Input>)
    -> Result<bool, Failure>;
}

/// What a step of a client's work comes to: its result, or when it has to go on at the latest.
pub type Step<T> = Result<ControlFlow<T, Option<Instant>>, Failure>;

/// One poll of the stack with one step of work; also returns how long to wait for the next.
pub fn step<'a, T>(
    host: &mut dyn Host<'a>,
    work: &mut dyn FnMut(&mut Context<'_, 'a>) -> Step<T>,
) -> Result<ControlFlow<T, Option<Duration>>, Failure> {
    let mut done = Ok(ControlFlow::Continue(None));
    let delay = host.poll(&mut from_fn(|context| {
        done = work(context);
        match done {
            Ok(ControlFlow::Continue(deadline)) => deadline,
            _ => None,
        }
    }));
    Ok(done?.map_continue(|_| delay))
}

/// Polls the stack until the work is done.
pub fn until<'a, T>(
    host: &mut dyn Host<'a>,
    work: &mut dyn FnMut(&mut Context<'_, 'a>) -> Step<T>,
) -> Result<T, Failure> {
    loop {
        match step(host, work)? {
            ControlFlow::Break(result) => return Ok(result),
            ControlFlow::Continue(delay) => host.wait(delay, None)?,
        };
    }
}

/// The time since the program began.
pub struct Clock {
    start: std::time::Instant,
    epoch: std::time::Duration,
}

impl Clock {
    pub fn start() -> Self {
        let since_1970 = std::time::SystemTime::UNIX_EPOCH.elapsed();
        Self {
            start: std::time::Instant::now(),
            epoch: since_1970.unwrap_or_default(),
        }
    }

    pub fn now(&self) -> Instant {
        Instant::from_micros(i64::try_from(self.start.elapsed().as_micros()).unwrap_or(i64::MAX))
    }

    /// The time from 1970 to the start.
    pub fn epoch(&self) -> std::time::Duration {
        self.epoch
    }
}

thread_local! {
    /// What all numbers follow from, where a run has to be the same again.
    static CHOSEN: RefCell<Option<Random>> = const { RefCell::new(None) };
}

/// Has all numbers of [`random_seed`] follow from this one.
pub fn choose_seed(seed: u64) {
    CHOSEN.set(Some(Random::new(seed)));
}

/// A number that is another one at each start: the standard library asks the system for one to
/// seed its hash maps.
pub fn random_seed() -> u64 {
    let chosen = CHOSEN.with_borrow_mut(|chosen| chosen.as_mut().map(Random::next_u64));
    chosen.unwrap_or_else(|| RandomState::new().build_hasher().finish())
}
