//! When a task sleeps, and what wakes it.

use std::cell::Cell;
use std::future::{pending, ready};

use smoltcp::phy::TxToken;
use smoltcp::time::Instant;
use uppercase::Stack;
use uppercase::device::capture::{Capture, Frame};
use uppercase::device::embassy::{AsyncDevice, turn, turn_or};
use uppercase::stack::from_fn;

use super::executor::{Clock, Task, run, waker};
use super::host::{Talk, client, config, lines, server};
use super::line::{Card, card, device};
use super::{CLIENT, SERVER};

/// An address on the link that no host has.
const NOBODY: u8 = 77;

#[test]
fn server_without_work_sleeps_until_a_frame_comes() {
    let clock = Clock::new();
    let card = card(SERVER, 8);
    let mut task = Task::new(server(device(&card), &clock));
    assert!(task.run());
    assert!(!task.run(), "it has nothing to do");
    assert_eq!(clock.due(), None);
    for _ in 0..3 {
        card.received.push(vec![0; 60]);
        assert!(task.run());
        assert_eq!(card.received.len(), 0);
        assert!(!task.run());
    }
}

#[test]
fn frame_that_arrives_while_the_stack_is_at_work_is_not_slept_over() {
    let clock = Clock::new();
    let card = card(SERVER, 8);
    let mut stack = Stack::new(device(&card), config(SERVER), &mut [][..], clock.now())
        .expect("the configuration is right");
    let sleep = async |delay| clock.sleep(delay).await;
    let mut late = Some(vec![0; 60]);
    let done = Cell::new(false);
    let mut arrives = from_fn(|_| {
        // Behind the stack's last look for frames.
        late.take().into_iter().for_each(|f| card.received.push(f));
        Some(Instant::from_secs(60))
    });
    let mut task = Task::new(async {
        turn(&mut stack, || clock.now(), sleep, &mut arrives).await;
        done.set(true);
    });
    assert!(task.run());
    assert!(!done.get());
    assert_eq!(clock.sleeps(), 1);
    assert!(task.run(), "the frame has woken it");
    assert!(done.get());
}

#[test]
fn task_that_has_moved_is_woken_where_it_is() {
    let clock = Clock::new();
    let card = card(SERVER, 8);
    let mut task = Task::new(server(device(&card), &clock));
    let ((before, first), (after, second)) = (waker(), waker());
    let _ = task.poll(&first);
    let _ = task.poll(&second);
    card.received.push(vec![0; 60]);
    assert_eq!((before.take(), after.take()), (false, true));
}

#[test]
fn flood_lets_other_tasks_run() {
    let clock = Clock::new();
    let card = card(SERVER, 1000);
    let mut task = Task::new(server(device(&card), &clock));
    (0..1000).for_each(|_| card.received.push(vec![0; 60]));
    let mut left = card.received.len();
    while left > 0 {
        assert!(task.run(), "it knows that there is more");
        assert!(card.received.len() < left || task.run());
        left = card.received.len();
    }
    assert!(task.polls > 3, "{} polls", task.polls);
    assert_eq!(clock.sleeps(), 0);
}

/// The event is that a service has left an item in its channel, or the deadline is over by the time that
/// it is waited for.
#[test]
fn what_is_there_before_it_is_waited_for_lets_other_tasks_run() {
    for is_event in [true, false] {
        let clock = Clock::new();
        let card = card(SERVER, 8);
        let mut stack = Stack::new(device(&card), config(SERVER), &mut [][..], clock.now())
            .expect("the configuration is right");
        let mut service = from_fn(|_| (!is_event).then(|| Instant::from_micros(1)));
        let event = || async move {
            match is_event {
                true => ready(()).await,
                false => pending().await,
            }
        };
        let (turns, others) = (Cell::new(0), Cell::new(0));
        let mut tasks = [
            Task::new(async {
                // It comes to an end where no turn waits.
                for _ in 0..100 {
                    let sleep = async |_| {};
                    turn_or(&mut stack, || clock.now(), sleep, &mut service, event()).await;
                    turns.set(turns.get() + 1);
                }
            }),
            Task::new(async { others.set(others.get() + 1) }),
        ];
        tasks.iter_mut().for_each(|task| {
            task.run();
        });
        assert_eq!((turns.get(), others.get()), (0, 1), "{is_event}");
        for count in 1..100 {
            assert!(tasks[0].run(), "it goes on");
            assert_eq!(turns.get(), count);
        }
    }
}

#[test]
fn stack_sleeps_until_its_own_deadline() {
    let clock = Clock::new();
    let card = card(CLIENT, 8);
    let talk = Talk::new(NOBODY, lines(1));
    let mut task = Task::new(client(device(&card), &clock, &talk));
    let mut asked = Vec::new();
    run(
        &clock,
        &mut [&mut task],
        || {
            let frame = card.to_transmit.pop();
            asked.extend(frame.map(|_| clock.now()));
            false
        },
        || clock.now() > Instant::from_secs(5),
    );
    // There is one ARP request a second for the address.
    assert!((4..=7).contains(&asked.len()), "{asked:?}");
    assert!(task.polls < 30, "{} polls", task.polls);
}

#[test]
fn driver_that_never_has_room_again_is_looked_at_now_and_then() {
    let clock = Clock::new();
    let card = card(CLIENT, 1);
    card.to_transmit.push(vec![0; 60]);
    let talk = Talk::new(SERVER, lines(1));
    let mut task = Task::new(client(device(&card), &clock, &talk));
    let end = Instant::from_secs(1);
    run(&clock, &mut [&mut task], || false, || clock.now() >= end);
    assert!((50..400).contains(&task.polls), "{} polls", task.polls);
}

#[test]
#[cfg(feature = "fragmentation")]
fn device_in_a_reassembly_is_waited_for_too() {
    use uppercase::device::reassembly::{Buffers, OVERHEAD, Reassembly};

    let card = card(SERVER, 1);
    let mut buffers = Buffers::<1, { 2048 + OVERHEAD }>::new();
    expect_wait(&card, Reassembly::new(device(&card), &mut buffers));
}

#[test]
fn device_in_a_capture_is_waited_for_too() {
    let card = card(SERVER, 1);
    let frames = Cell::new(0);
    let sink = |_: Frame<'_>| frames.set(frames.get() + 1);
    expect_wait(&card, Capture::new(device(&card), sink));
    assert_eq!(frames.get(), 2, "one each way");
}

/// The device of a card with room for one frame, in a wrapper.
fn expect_wait(card: &Card, mut wrapped: impl AsyncDevice) {
    let clock = Clock::new();
    wrapped
        .transmit(Instant::ZERO)
        .expect("room")
        .consume(1, |_| ());
    assert!(wrapped.transmit(Instant::ZERO).is_none());
    assert!(wrapped.is_full());
    card.to_transmit.pop();
    let mut task = Task::new(server(wrapped, &clock));
    assert!(task.run() && !task.run());
    card.received.push(vec![0; 60]);
    assert!(task.run());
}
