//! Embassy's drivers as devices: the frames, the wakers, and a server that sleeps.

#[path = "embassy/executor.rs"]
mod executor;
#[path = "embassy/line.rs"]
mod line;

use std::cell::{Cell, RefCell};
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{self, Poll, Waker};

use embassy_net_driver as driver;
use embassy_net_driver::HardwareAddress;
use smoltcp::iface::SocketStorage;
use smoltcp::phy::{Checksum, Device, Medium, RxToken, TxToken};
use smoltcp::socket::tcp as stream;
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{EthernetAddress, IpAddress, IpCidr};
use uppercase::device::embassy::{AsyncDevice, Embassy, UnsupportedMedium, serve, turn};
use uppercase::stack::{Config, ConfigError};
use uppercase::{Context, Servers, Stack, tcp, udp};

use executor::{Clock, Task, Woken, run};
use line::{Card, Fake, carry};

const SERVER: u8 = 1;
const CLIENT: u8 = 2;
const NOBODY: u8 = 77;

// The device.

fn card(host: u8, room: usize) -> Rc<Card> {
    Rc::new(Card::new(host, room))
}

fn device(card: &Rc<Card>) -> Embassy<Fake> {
    Embassy::new(card.driver()).expect("the medium is a usual one")
}

fn waker() -> (Arc<Woken>, Waker) {
    let woken = Arc::new(Woken::default());
    (woken.clone(), woken.into())
}

#[test]
fn frames_pass_in_both_directions_as_they_are() {
    let card = card(SERVER, 2);
    let mut device = device(&card);
    card.received.push(vec![1, 2, 3]);
    card.received.push(vec![4]);
    for expected in [&[1, 2, 3][..], &[4]] {
        let (receive, transmit) = device.receive(Instant::ZERO).expect("a frame");
        receive.consume(|frame| assert_eq!(frame, expected));
        transmit.consume(expected.len(), |frame| frame.copy_from_slice(expected));
        assert_eq!(card.to_transmit.pop().as_deref(), Some(expected));
    }
    assert!(device.receive(Instant::ZERO).is_none());
    let token = device.transmit(Instant::ZERO).expect("there is room");
    assert_eq!(token.consume(1514, |frame| frame.len()), 1514);
    assert_eq!(card.to_transmit.pop(), Some(vec![0; 1514]));
}

#[test]
fn tokens_dropped_unused_take_no_frame_and_send_none() {
    let card = card(SERVER, 1);
    let mut device = device(&card);
    card.received.push(vec![1]);
    for _ in 0..3 {
        assert!(device.receive(Instant::ZERO).is_some());
        assert!(device.transmit(Instant::ZERO).is_some());
    }
    assert_eq!((card.received.len(), card.to_transmit.len()), (1, 0));
}

#[test]
fn frame_waits_while_there_is_no_room_to_answer_it() {
    let card = card(SERVER, 1);
    let mut device = device(&card);
    card.received.push(vec![1]);
    let token = device.transmit(Instant::ZERO).expect("there is room");
    token.consume(1, |_| ());
    assert!(device.receive(Instant::ZERO).is_none());
    card.to_transmit.pop();
    assert!(device.receive(Instant::ZERO).is_some());
}

#[test]
fn waker_set_last_is_woken_by_a_frame() {
    let card = card(SERVER, 1);
    let mut device = device(&card);
    let ((early, first), (late, second)) = (waker(), waker());
    device.set_waker(&first);
    assert!(device.receive(Instant::ZERO).is_none());
    device.set_waker(&second);
    assert!(device.receive(Instant::ZERO).is_none());
    card.received.push(vec![1]);
    assert_eq!((early.take(), late.take()), (false, true));
}

#[test]
fn waker_is_woken_by_room() {
    let card = card(SERVER, 1);
    let mut device = device(&card);
    let (woken, waker) = waker();
    device.set_waker(&waker);
    let token = device.transmit(Instant::ZERO).expect("there is room");
    token.consume(1, |_| ());
    assert!(!device.is_full());
    assert!(device.transmit(Instant::ZERO).is_none());
    assert!(device.is_full());
    assert!(!woken.take());
    card.to_transmit.pop();
    assert!(woken.take());
    device.set_waker(&waker);
    assert!(!device.is_full(), "it has not been asked since");
}

#[test]
fn link_is_told_at_once_and_its_change_wakes() {
    let card = card(SERVER, 1);
    let mut device = device(&card);
    let (woken, waker) = waker();
    let mut is_up = || pin!(device.is_link_up()).poll(&mut task::Context::from_waker(&waker));
    assert_eq!(is_up(), Poll::Ready(true));
    assert!(!woken.take());
    card.set_link(false);
    assert!(woken.take());
    assert_eq!(is_up(), Poll::Ready(false));
}

#[test]
fn capabilities_are_the_drivers() {
    let mut card = Card::new(SERVER, 1);
    card.capabilities.max_transmission_unit = 9014;
    card.capabilities.max_burst_size = Some(3);
    card.capabilities.checksum.ipv4 = driver::Checksum::None;
    card.capabilities.checksum.udp = driver::Checksum::Rx;
    card.capabilities.checksum.tcp = driver::Checksum::Tx;
    let capabilities = device(&Rc::new(card)).capabilities();
    assert_eq!(capabilities.max_transmission_unit, 9014);
    assert_eq!(capabilities.ip_mtu(), 9000);
    assert_eq!(capabilities.max_burst_size, Some(3));
    assert!(matches!(capabilities.checksum.ipv4, Checksum::None));
    assert!(matches!(capabilities.checksum.udp, Checksum::Rx));
    assert!(matches!(capabilities.checksum.tcp, Checksum::Tx));
    assert!(matches!(capabilities.checksum.icmpv4, Checksum::Both));
}

#[test]
#[cfg(feature = "ipv6")]
fn checksums_of_icmpv6_and_icmpv4_are_not_mixed_up() {
    let mut card = Card::new(SERVER, 1);
    card.capabilities.checksum.icmpv4 = driver::Checksum::Rx;
    card.capabilities.checksum.icmpv6 = driver::Checksum::Tx;
    let checksum = device(&Rc::new(card)).capabilities().checksum;
    assert!(matches!(checksum.icmpv4, Checksum::Rx));
    assert!(matches!(checksum.icmpv6, Checksum::Tx));
}

#[test]
fn medium_follows_from_the_hardware_address() {
    let mut card = Card::new(SERVER, 1);
    let ethernet = device(&Rc::new(Card::new(SERVER, 1)));
    assert_eq!(ethernet.capabilities().medium, Medium::Ethernet);
    let address = EthernetAddress([2, 0, 0, 0, 0, SERVER]);
    assert_eq!(ethernet.hardware_address(), address);

    card.address = HardwareAddress::Ip;
    let ip = device(&Rc::new(card));
    assert_eq!(ip.capabilities().medium, Medium::Ip);
    assert_eq!(ip.hardware_address(), EthernetAddress([0; 6]));
}

#[test]
fn radio_without_ip_of_its_own_is_refused() {
    let mut card = Card::new(SERVER, 1);
    card.address = HardwareAddress::Ieee802154([2; 8]);
    let refusal = Embassy::new(Rc::new(card).driver()).err();
    assert_eq!(refusal, Some(UnsupportedMedium));
}

#[test]
fn mtu_too_small_for_ip_is_an_error_of_the_stack() {
    let mut card = Card::new(SERVER, 1);
    card.capabilities.max_transmission_unit = 0;
    let device = device(&Rc::new(card));
    let error = Stack::new(device, config(SERVER), &mut [][..], Instant::ZERO).err();
    let (ip_mtu, least) = (0, 576);
    assert_eq!(error, Some(ConfigError::MtuTooSmall { ip_mtu, least }));
}

// Tasks.

fn config(host: u8) -> Config<'static> {
    const fn network(host: u8) -> IpCidr {
        IpCidr::new(IpAddress::v4(192, 168, 69, host), 24)
    }
    Config {
        hardware_address: EthernetAddress([2, 0, 0, 0, 0, host]),
        addresses: match host {
            SERVER => &[const { network(SERVER) }],
            _ => &[const { network(CLIENT) }],
        },
        gateways: &[],
        random_seed: host.into(),
    }
}

/// Both servers, for ever.
async fn server(device: impl AsyncDevice, clock: &Clock) {
    let mut pool = tcp::Pool::<2, 4096, 4096>::new();
    let mut datagrams = udp::Buffers::<512, 2>::new();
    let mut slots = [const { SocketStorage::EMPTY }; 3];
    let mut stack = Stack::new(device, config(SERVER), &mut slots[..], clock.now())
        .expect("the configuration is right");
    let config = tcp::Config::default();
    let mut servers = Servers::new(stack.sockets(), &mut pool, &mut datagrams, config)
        .expect("there are slots enough");
    let (now, sleep) = (|| clock.now(), async |delay| clock.sleep(delay).await);
    serve(&mut stack, now, sleep, |context| servers.poll(context)).await
}

/// What a client has to say, and what it was told.
struct Talk {
    to: u8,
    text: Vec<u8>,
    answer: RefCell<Vec<u8>>,
    done: Cell<bool>,
}

impl Talk {
    fn new(to: u8, text: String) -> Self {
        Self {
            to,
            text: text.into(),
            answer: RefCell::default(),
            done: Cell::new(false),
        }
    }

    fn answer(&self) -> String {
        String::from_utf8(self.answer.take()).expect("UTF-8")
    }
}

/// A client of smoltcp's own making: says all of it, closes, and listens until it is over.
async fn client(device: impl AsyncDevice, clock: &Clock, talk: &Talk) {
    let mut slots = [SocketStorage::EMPTY];
    let mut stack = Stack::new(device, config(CLIENT), &mut slots[..], clock.now())
        .expect("the configuration is right");
    let buffer = || stream::SocketBuffer::new(Vec::leak(vec![0; 4096]));
    let handle = stack.sockets().add(stream::Socket::new(buffer(), buffer()));
    let handle = handle.expect("there is a slot");
    let mut said = None;
    let mut say = |context: &mut Context<'_, '_>| {
        let socket = context.sockets.get_mut::<stream::Socket<'_>>(handle);
        let Some(said) = &mut said else {
            let to = (IpAddress::v4(192, 168, 69, talk.to), uppercase::PORT);
            let started = socket.connect(context.interface, to, 50_000);
            assert_eq!(started, Ok(()));
            said = Some(0);
            return None;
        };
        if socket.can_send() {
            *said += socket.send_slice(&talk.text[*said..]).expect("it can send");
            if *said == talk.text.len() {
                socket.close();
            }
        }
        if socket.can_recv() {
            let heard = socket.recv(|bytes| (bytes.len(), bytes.to_vec()));
            talk.answer
                .borrow_mut()
                .extend(heard.expect("it can receive"));
        }
        let open = socket.may_send() || socket.may_recv();
        talk.done.set(*said == talk.text.len() && !open);
        None
    };
    let (now, sleep) = (|| clock.now(), async |delay| clock.sleep(delay).await);
    serve(&mut stack, now, sleep, &mut say).await
}

fn lines(count: usize) -> String {
    "die lange straße nach łódź\n".repeat(count)
}

/// Runs a client and a server; fails unless the client is answered in capitals.
#[track_caller]
fn converse(client_card: Card, server_card: Card, count: usize) -> (u32, Duration) {
    let (client_card, server_card) = (Rc::new(client_card), Rc::new(server_card));
    let clock = Clock::new();
    let talk = Talk::new(SERVER, lines(count));
    let mut server = Task::new(server(device(&server_card), &clock));
    let mut client = Task::new(client(device(&client_card), &clock, &talk));
    run(
        &clock,
        &mut [&mut server, &mut client],
        || carry(&client_card, &server_card),
        || talk.done.get(),
    );
    assert_eq!(talk.answer(), lines(count).to_uppercase());
    (server.polls, clock.now() - Instant::ZERO)
}

#[test]
fn client_is_answered_in_capitals_and_nobody_waits_in_vain() {
    let (_, time) = converse(Card::new(CLIENT, 8), Card::new(SERVER, 8), 1000);
    // 28 kB and 20 frames that only acknowledge, at 100 us each; a lost wake-up costs far more.
    assert!(time < Duration::from_millis(100), "{time}");
}

#[test]
fn driver_with_room_for_one_frame_is_waited_for_and_not_polled_without_end() {
    let (polls, time) = converse(Card::new(CLIENT, 1), Card::new(SERVER, 1), 1000);
    assert!(time < Duration::from_secs(10), "{time}");
    let frames = time.total_micros() / 100;
    assert!(u64::from(polls) < 3 * frames, "{polls} polls");
}

#[test]
fn plain_ip_carries_a_conversation() {
    let ip = |host| {
        let mut card = Card::new(host, 8);
        card.address = HardwareAddress::Ip;
        card.capabilities.max_transmission_unit = 1500;
        card
    };
    converse(ip(CLIENT), ip(SERVER), 100);
}

#[test]
fn mtu_beyond_what_tcp_can_tell_carries_a_conversation() {
    // Unless it is bounded, the second one makes a maximum segment size of 1.
    for mtu in [9014, 65_537 + 14 + 40, usize::MAX] {
        let large = |host| {
            let mut card = Card::new(host, 8);
            card.capabilities.max_transmission_unit = mtu;
            card
        };
        let (_, time) = converse(large(CLIENT), large(SERVER), 1000);
        assert!(time < Duration::from_millis(10), "{time} with {mtu}");
    }
}

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
    let arrives = |_: &mut Context<'_, '_>| {
        // Behind the stack's last look for frames.
        late.take().into_iter().for_each(|f| card.received.push(f));
        Some(Instant::from_secs(60))
    };
    let mut task = Task::new(async {
        turn(&mut stack, || clock.now(), sleep, arrives).await;
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
    // Whoever has the address is asked for once a second.
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
fn device_in_a_wrapper_is_waited_for_too() {
    use uppercase::device::reassembly::{Buffers, OVERHEAD, Reassembly};

    let clock = Clock::new();
    let card = card(SERVER, 1);
    let mut buffers = Buffers::<{ 2048 + OVERHEAD }, 1>::new();
    let mut wrapped = Reassembly::new(device(&card), &mut buffers);
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
