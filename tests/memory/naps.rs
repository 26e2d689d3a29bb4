//! A machine that has nothing but interrupts to wait with.

use std::cell::{Cell, RefCell};

use smoltcp::phy::{Device, DeviceCapabilities, RxToken, TxToken};
use smoltcp::time::{Duration, Instant};
use uppercase::stack::Next;

const SECOND: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Acknowledged,
    AskedForFrame,
    AskedForRoom,
    Napped(Option<Duration>),
}
use Step::*;

/// A controller that has a frame, and room for one, each after a number of naps. Both stay as they
/// are while tokens are dropped unused.
struct Controller {
    naps: Cell<usize>,
    frame_after: Option<usize>,
    room_after: Option<usize>,
    steps: RefCell<Vec<Step>>,
}

impl Controller {
    fn note(&self, step: Step) {
        self.steps.borrow_mut().push(step);
    }

    fn has(&self, after: Option<usize>) -> bool {
        after.is_some_and(|after| self.naps.get() >= after)
    }
}

struct Token;

impl RxToken for Token {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, _: F) -> R {
        unreachable!("a frame is taken before the stack is polled");
    }
}

impl TxToken for Token {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, _: usize, _: F) -> R {
        unreachable!("a frame is sent before the stack is polled");
    }
}

impl Device for &Controller {
    type RxToken<'t>
        = Token
    where
        Self: 't;
    type TxToken<'t>
        = Token
    where
        Self: 't;

    fn receive(&mut self, _: Instant) -> Option<(Token, Token)> {
        self.note(AskedForFrame);
        self.has(self.frame_after).then_some((Token, Token))
    }

    fn transmit(&mut self, _: Instant) -> Option<Token> {
        self.note(AskedForRoom);
        self.has(self.room_after).then_some(Token)
    }

    fn capabilities(&self) -> DeviceCapabilities {
        DeviceCapabilities::default()
    }
}

/// What is done to wait for this, and how much time has passed then. A nap takes half of its limit,
/// at least a millisecond.
fn wait(
    next: Next,
    frame_after: Option<usize>,
    room_after: Option<usize>,
) -> (Vec<Step>, Duration) {
    let controller = Controller {
        naps: Cell::new(0),
        frame_after,
        room_after,
        steps: RefCell::default(),
    };
    let clock = Cell::new(Instant::ZERO);
    next.wait(
        &mut &controller,
        || clock.get(),
        |controller| controller.note(Acknowledged),
        |limit| {
            controller.note(Napped(limit));
            controller.naps.set(controller.naps.get() + 1);
            assert!(controller.naps.get() < 100, "there is no end");
            let time = limit.unwrap_or(SECOND) / 2;
            clock.set(clock.get() + time.max(Duration::from_millis(1)));
        },
    );
    (controller.steps.into_inner(), clock.get() - Instant::ZERO)
}

#[test]
fn nothing_is_waited_for_where_there_is_more_to_do() {
    assert_eq!(wait(Next::Poll, None, None), (vec![], Duration::ZERO));
}

#[test]
fn interrupts_are_acknowledged_before_the_device_is_asked_for_a_frame() {
    let (steps, _) = wait(Next::Frame(None), Some(2), Some(0));
    let nap = [Acknowledged, AskedForFrame, Napped(None)];
    assert_eq!(steps, [&nap[..], &nap, &nap[..2]].concat());
}

#[test]
fn a_frame_that_is_there_is_not_slept_for() {
    let (steps, _) = wait(Next::Frame(None), Some(0), None);
    assert_eq!(steps, [Acknowledged, AskedForFrame]);
}

#[test]
fn the_moment_of_the_next_poll_ends_the_wait() {
    let due = Instant::ZERO + SECOND;
    let (steps, time) = wait(Next::Frame(Some(due)), None, Some(0));
    assert!(steps.contains(&Napped(Some(SECOND))));
    assert!((SECOND..SECOND * 2).contains(&time), "{time}");
}

#[test]
fn a_moment_that_has_passed_is_not_slept_for() {
    let (steps, _) = wait(Next::Frame(Some(Instant::ZERO)), None, None);
    assert_eq!(steps, [Acknowledged, AskedForFrame]);
}

#[test]
fn a_frame_does_not_end_the_wait_for_room() {
    let (steps, _) = wait(Next::Room, Some(0), Some(1));
    assert!(!steps.contains(&AskedForFrame));
    assert_eq!(steps.last(), Some(&AskedForRoom));
    assert_eq!(
        steps
            .iter()
            .filter(|step| matches!(step, Napped(_)))
            .count(),
        1
    );
}

#[test]
fn the_deadlines_of_the_services_do_not_wait_for_a_device_that_has_no_room() {
    let (_, time) = wait(Next::Room, None, None);
    assert!(time < Duration::from_millis(100), "{time}");
}
