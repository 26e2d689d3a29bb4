//! A stack of ours changes its addresses while the kernel sends to it.

use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, Shutdown, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Instant as Clock;

use smoltcp::iface::SocketStorage;
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::IpCidr;
use uppercase::device::tuntap::{Mode, TunTap};
use uppercase::link::EthernetAddress;
use uppercase::stack::{Config, from_fn};
use uppercase::{Stack, tcp};

use crate::link::PORT;

/// What each client sends.
const LENGTH: usize = 4 << 20;
/// What has come back when the address goes.
const MIDDLE: usize = 1 << 20;

pub fn change_of_address_under_load_resets_its_connections_and_no_others() {
    for mode in [Mode::Tap, Mode::Tun] {
        for ipv6 in [false, true] {
            println!("{mode}, IPv6: {ipv6}");
            change(mode, ipv6);
        }
    }
}

fn cidr(ipv6: bool, host: u8) -> IpCidr {
    let address = match ipv6 {
        false => format!("192.168.69.{host}/24"),
        true => format!("fdaa::{host}/64"),
    };
    address.parse().expect("an address")
}

fn change(mode: Mode, ipv6: bool) {
    let device = TunTap::open("test0", mode, &[cidr(ipv6, 100)]).expect("root may open it");
    let config = Config::new(EthernetAddress([2, 0, 0, 0, 0, 1]), 1)
        .with_addresses(&[cidr(ipv6, 1), cidr(ipv6, 2)]);
    let start = Clock::now();
    let now = || Instant::from_micros(start.elapsed().as_micros() as i64);
    let mut pool = Box::new(tcp::Pool::<4, 16384, 16384>::new());
    let mut slots = [SocketStorage::EMPTY];
    let mut stack = Stack::new(device, config, &mut slots[..], now()).expect("it is right");
    let server = tcp::Server::new(stack.sockets(), &mut *pool, tcp::Config::default());
    let mut server = server.expect("there is room");

    let at = move |host| SocketAddr::new(IpAddr::from(cidr(ipv6, host).address()), PORT);
    let answered: &AtomicUsize = Box::leak(Box::default());
    let moved = thread::spawn(move || talk(at(1), answered));
    let staying = thread::spawn(move || talk(at(2), &AtomicUsize::new(0)));
    let (told, gone) = mpsc::channel();
    let new = thread::spawn(move || {
        gone.recv().expect("the address goes");
        talk(at(3), &AtomicUsize::new(0))
    });
    let mut is_changed = false;
    while !(moved.is_finished() && staying.is_finished() && new.is_finished()) {
        assert!(start.elapsed().as_secs() < 30, "the transfer stands still");
        if !is_changed && answered.load(Ordering::Relaxed) > MIDDLE {
            is_changed = true;
            let mut context = stack.context(now());
            assert!(context.remove_address(&cidr(ipv6, 1).address()));
            assert_eq!(context.add_address(cidr(ipv6, 3)), Ok(()));
            told.send(()).expect("it waits");
        }
        let next = stack.poll(now(), &mut server);
        let limit = next.delay(now()).unwrap_or(Duration::from_millis(10));
        let device = stack.device_mut();
        device
            .wait(Some(limit.min(Duration::from_millis(10))))
            .expect("the device is there");
    }
    let lost = moved.join().expect("it ends").err();
    assert_eq!(lost, Some(ErrorKind::ConnectionReset));
    for whole in [staying, new] {
        let answer = whole.join().expect("it ends").expect("nothing ends it");
        assert!(answer == [b'A'; LENGTH], "not what is expected");
    }
}

/// Sends a text, counts what comes back, and returns that or the first error.
fn talk(server: SocketAddr, answered: &AtomicUsize) -> Result<Vec<u8>, ErrorKind> {
    let mut stream = TcpStream::connect(server).map_err(|error| error.kind())?;
    let mut writer = stream.try_clone().expect("a second handle");
    let writing = thread::spawn(move || {
        writer.write_all(&vec![b'a'; LENGTH])?;
        writer.shutdown(Shutdown::Write)
    });
    let (mut answer, mut buffer) = (Vec::new(), [0; 8192]);
    let result = loop {
        match stream.read(&mut buffer) {
            Ok(0) => break Ok(answer),
            Ok(length) => answer.extend_from_slice(&buffer[..length]),
            Err(error) => break Err(error.kind()),
        }
        answered.store(answer.len(), Ordering::Relaxed);
    };
    // The kernel tells the reason to the first of the two that asks.
    match writing.join().expect("it ends") {
        Err(error) if error.kind() == ErrorKind::ConnectionReset => Err(error.kind()),
        _ => result,
    }
}

/// The clock of the stack runs ten times as fast here, as it waits for seconds.
pub fn an_address_that_the_kernel_has_is_given_up_and_another_one_is_used() {
    for ipv6 in [false, true] {
        let device =
            TunTap::open("test0", Mode::Tap, &[cidr(ipv6, 100)]).expect("root may open it");
        let config = Config::new(EthernetAddress([2, 0, 0, 0, 0, 1]), 1)
            .with_addresses(&[cidr(ipv6, 100), cidr(ipv6, 7)]);
        let start = Clock::now();
        let now = || Instant::from_micros(10 * start.elapsed().as_micros() as i64);
        let mut slots = [SocketStorage::EMPTY];
        let stack = Stack::new(device, config, &mut slots[..], now()).expect("it is right");
        let mut stack = stack.with_conflict_detection();
        while stack.context(now()).is_probing() {
            assert!(start.elapsed().as_secs() < 20, "it takes too long");
            let next = stack.poll(now(), &mut from_fn(|_| None));
            let limit = next.delay(now()).unwrap_or(Duration::from_millis(10)) / 10;
            let device = stack.device_mut();
            device
                .wait(Some(limit.min(Duration::from_millis(10))))
                .expect("the device is there");
        }
        let mut context = stack.context(now());
        let conflict = context.take_conflict().expect("the kernel has said so");
        assert_eq!(conflict.address, cidr(ipv6, 100).address());
        assert!(conflict.is_given_up);
        assert!(!context.is_own(&cidr(ipv6, 100).address()));
        assert!(context.is_own(&cidr(ipv6, 7).address()));
    }
}
