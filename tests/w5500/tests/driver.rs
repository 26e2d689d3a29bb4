//! The published driver and the stack on a W5500: nothing waits in the chip for long.

use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

use embassy_net_wiznet::State;
use embassy_net_wiznet::chip::W5500;
use embassy_time::{Duration, Instant, Timer, with_timeout};
use embedded_hal_async::digital::Wait;
use smoltcp::iface::SocketStorage;
use smoltcp::time;
use smoltcp::wire::{IpAddress, IpCidr};
use uppercase::device::embassy::{Embassy, serve};
use uppercase::stack::{Config, PendingSyn};
use uppercase::transform::Unicode;
use uppercase::{Servers, Stack, tcp, udp};
use uppercase_w5500::clock::{Progress, run};
use uppercase_w5500::interrupt::{INTERVAL, RecheckedPin};
use uppercase_w5500::{Bus, Chip, Client, Pin, Reset};

const SERVER: IpAddress = IpAddress::v4(192, 168, 69, 1);
const CLIENT: IpAddress = IpAddress::v4(192, 168, 69, 100);
const PORT: u16 = 12000;

/// What the firmware does, with its sizes, on this pin.
async fn firmware(chip: Rc<RefCell<Chip>>, pin: impl Wait) {
    let mut frames = State::<4, 4>::new();
    let address = [2, 0, 0, 0, 0, 1];
    let started = embassy_net_wiznet::new::<4, 4, W5500, _, _, _>(
        address,
        &mut frames,
        Bus(chip),
        pin,
        Reset,
    );
    let (driver, runner) = started.await.expect("a W5500 answers");
    let device = Embassy::new(driver).expect("it carries Ethernet");
    let mut pool = tcp::Pool::<4, 4096, 4096, Unicode>::new();
    let mut datagrams = udp::Buffers::<2, 1472>::new();
    let mut slots = [const { SocketStorage::EMPTY }; 1];
    let mut backlog = [const { PendingSyn::EMPTY }; 4];
    let config =
        Config::new(device.hardware_address(), 7).with_addresses(&[IpCidr::new(SERVER, 24)]);
    let stack = Stack::new(device, config, &mut slots[..], now()).expect("there is room");
    let mut stack = stack.with_backlog(&mut backlog[..]);
    let config = tcp::Config::default();
    let servers = Servers::new(stack.sockets(), &mut pool, &mut datagrams, config);
    let mut servers = servers.expect("there is room");
    let mut driver = pin!(runner.run());
    let mut service = pin!(serve(&mut stack, now, sleep, &mut servers));
    poll_fn(|context| {
        let Poll::Pending = driver.as_mut().poll(context);
        let Poll::Pending = service.as_mut().poll(context);
        Poll::Pending
    })
    .await
}

fn now() -> time::Instant {
    time::Instant::from_micros(Instant::now().as_micros() as i64)
}

async fn sleep(delay: time::Duration) {
    Timer::after_micros(delay.total_micros()).await;
}

/// A board, and a client on its wire.
struct Network {
    chip: Rc<RefCell<Chip>>,
    board: std::pin::Pin<Box<dyn Future<Output = ()>>>,
    client: Client,
}

impl Network {
    /// With the interrupt pin of the firmware.
    fn new() -> Self {
        Self::with_pin(RecheckedPin::new)
    }

    fn with_pin<P: Wait + 'static>(pin: impl FnOnce(Pin) -> P) -> Self {
        let chip = Rc::new(RefCell::new(Chip::new()));
        let mut network = Self {
            board: Box::pin(firmware(chip.clone(), pin(Pin(chip.clone())))),
            client: Client::new(chip.clone(), IpCidr::new(CLIENT, 24)),
            chip,
        };
        // The chip needs 100 ms until the driver speaks to it.
        network.pass(Duration::from_millis(200));
        network
    }

    /// Lets time pass until `done`, `limit` at most. Returns how long that took, or `None` if it
    /// was not done.
    fn run(
        &mut self,
        limit: Duration,
        mut done: impl FnMut(&mut Client) -> bool,
    ) -> Option<Duration> {
        let start = Instant::now();
        let mut is_done = false;
        run(self.board.as_mut(), start + limit, || {
            let next = self.client.poll();
            is_done = done(&mut self.client);
            match is_done {
                true => Progress::Done,
                // `done` may have given the client something to send.
                false => Progress::Until(next.min(self.client.poll())),
            }
        });
        is_done.then(|| Instant::now() - start)
    }

    fn pass(&mut self, time: Duration) {
        assert_eq!(self.run(time, |_| false), None);
    }

    /// Frames to all hosts, so close together that they are in the chip before one is read: the
    /// shortest frames, of a protocol that is not used.
    fn broadcast(&mut self, count: usize) {
        let mut frame = [0; 60];
        frame[..14].copy_from_slice(&[255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 99, 0x88, 0xb5]);
        for _ in 0..count {
            self.chip.borrow_mut().receive(&frame);
        }
    }

    /// How long a datagram takes to be answered; `None` is longer than `limit`.
    fn ask(&mut self, limit: Duration) -> Option<Duration> {
        let socket = self.client.udp();
        socket.send_slice(b"hello", (SERVER, PORT)).unwrap();
        self.run(limit, |client| match client.udp().recv() {
            Ok((answer, _)) => answer == b"HELLO",
            Err(_) => false,
        })
    }

    /// How many bytes of a text of `length` bytes are echoed within `limit`, and the time taken.
    fn echo(&mut self, length: usize, limit: Duration) -> (usize, Option<Duration>) {
        let text: Vec<u8> = (b'a'..=b'z').cycle().take(length).collect();
        let expected = text.to_ascii_uppercase();
        self.client.connect(SERVER, PORT);
        let (mut sent, mut received) = (0, 0);
        let time = self.run(limit, |client| {
            let socket = client.tcp();
            if socket.can_send() {
                sent += socket.send_slice(&text[sent..]).unwrap();
            }
            while socket.can_recv() {
                received += socket
                    .recv(|bytes| {
                        assert_eq!(bytes, &expected[received..received + bytes.len()]);
                        (bytes.len(), bytes.len())
                    })
                    .unwrap();
            }
            received == length
        });
        (received, time)
    }
}

#[test]
fn bulk_text_is_echoed_within_two_seconds() {
    let mut network = Network::new();
    let (received, time) = network.echo(200_000, Duration::from_secs(2));
    println!("{received} bytes in {time:?}");
    assert_eq!(received, 200_000);
    assert_eq!(network.chip.borrow().dropped(), 0);
}

#[test]
fn request_after_bursts_of_broadcasts_is_answered_at_once() {
    let mut network = Network::new();
    for _ in 0..30 {
        network.broadcast(3);
        network.pass(Duration::from_millis(100));
    }
    assert_eq!(network.chip.borrow().waiting(), 0);
    let time = network.ask(INTERVAL).expect("an answer");
    println!("UDP: {time}");
    // And while a burst waits before it.
    network.broadcast(3);
    let time = network.ask(4 * INTERVAL).expect("an answer");
    println!("UDP behind a burst: {time}");
    let (received, time) = network.echo(100, 4 * INTERVAL);
    assert_eq!(received, 100);
    println!("TCP: {time:?}");
}

#[test]
fn chip_that_was_full_is_emptied() {
    let mut network = Network::new();
    network.broadcast(1000);
    assert!(network.chip.borrow().dropped() > 0);
    network.pass(Duration::from_secs(4));
    assert_eq!(network.chip.borrow().waiting(), 0);
    assert!(network.ask(INTERVAL).is_some());
}

#[test]
fn pin_is_looked_at_again_though_each_wait_is_dropped_early() {
    let chip = Rc::new(RefCell::new(Chip::new()));
    let mut pin = RecheckedPin::new(Pin(chip));
    let start = Instant::now();
    let mut board = Box::pin(async move {
        let interval = INTERVAL / 4;
        while with_timeout(interval, pin.wait_for_low()).await.is_err() {}
        assert_eq!(Instant::now(), start + INTERVAL);
        while with_timeout(interval, pin.wait_for_falling_edge())
            .await
            .is_err()
        {}
        assert_eq!(Instant::now(), start + 2 * INTERVAL);
        std::future::pending().await
    });
    run(board.as_mut(), start + 3 * INTERVAL, || {
        Progress::Until(Instant::MAX)
    });
}

#[test]
fn pin_that_is_low_ends_a_wait_at_once() {
    let mut network = Network::new();
    let time = network.ask(INTERVAL).expect("an answer");
    assert!(time < INTERVAL / 4, "{time}");
}

/// What the pin is for. If one of these fails with a newer driver, that reads all frames, and the
/// firmware can give it the pin as it is.
mod without_another_look {
    use super::*;

    fn network() -> Network {
        Network::with_pin(|pin| pin)
    }

    #[test]
    fn bulk_text_crawls() {
        let (received, time) = network().echo(200_000, Duration::from_secs(20));
        println!("{received} bytes in 20 s");
        assert_eq!(time, None);
    }

    #[test]
    fn request_after_bursts_of_broadcasts_is_not_answered() {
        let mut network = network();
        assert!(network.ask(INTERVAL).is_some());
        for _ in 0..30 {
            network.broadcast(3);
            network.pass(Duration::from_millis(100));
        }
        assert!(network.chip.borrow().waiting() > 0);
        assert_eq!(network.ask(Duration::from_secs(60)), None);
    }

    #[test]
    fn chip_that_was_full_stays_so() {
        let mut network = network();
        network.broadcast(1000);
        assert_eq!(network.ask(Duration::from_secs(60)), None);
        assert!(network.chip.borrow().waiting() > 15_000);
    }
}
