//! A board in this process: a model of a controller, a driver of it, and the servers, on a cable as an
//! emulator's is. A fault can be planted in its driver, and the kit has to find it.

mod driver;
mod fault;
mod mac;

use std::cell::RefCell;
use std::net::{Ipv4Addr, UdpSocket};
use std::ops::ControlFlow;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use smoltcp::iface::SocketStorage;
use smoltcp::time::Instant;
use smoltcp::wire::{EthernetAddress, IpAddress, IpCidr};
use uppercase::stack::{Config, PendingSyn};
#[cfg(not(feature = "unicode"))]
use uppercase::transform::Ascii as Text;
#[cfg(feature = "unicode")]
use uppercase::transform::Unicode as Text;
use uppercase::{Servers, Stack, tcp, udp};

use crate::cable::{Addresses, Cable};
use crate::kit::{Bench, Finding, Traits};
use driver::Driver;
pub use fault::Fault;
use mac::Mac;

const CARD: EthernetAddress = EthernetAddress([0x02, 0x00, 0x5e, 0x10, 0x20, 0x30]);
/// The model sleeps no longer without looking whether it is switched off.
const SLICE: Duration = Duration::from_millis(20);

const TRAITS: Traits = Traits {
    mtu: 1514,
    pads: true,
    patience: Duration::from_secs(3),
    start: Duration::from_secs(2),
};

/// A running board. It ends with this value.
pub struct Model {
    is_on: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Model {
    /// Switches one on, and waits for it at the other end of its cable.
    pub fn boot(fault: Option<Fault>) -> Result<(Self, Bench), Finding> {
        let [ours, its] =
            [(); 2].map(|()| UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port"));
        let address = its.local_addr().expect("it is bound");
        its.connect(ours.local_addr().expect("it is bound"))
            .expect("the loopback");
        let is_on = Arc::new(AtomicBool::new(true));
        let link = Arc::new(AtomicBool::new(true));
        let mac = Mac::new(its, is_on.clone(), link.clone());
        let thread = thread::spawn(move || run(mac, fault));
        let model = Self {
            is_on,
            thread: Some(thread),
        };
        let cable = Cable::new(ours, address, Addresses::EMULATOR);
        let mut bench = Bench::new(cable, TRAITS)?;
        bench.set_link = Some(Box::new(move |is_up| link.store(is_up, Ordering::Relaxed)));
        Ok((model, bench))
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        self.is_on.store(false, Ordering::Relaxed);
        let ended = self.thread.take().map(JoinHandle::join);
        if !thread::panicking() {
            ended.expect("it was there").expect("no panic of the board");
        }
    }
}

/// The board's program.
fn run(mac: Mac, fault: Option<Fault>) {
    let start = std::time::Instant::now();
    let speed = if fault == Some(Fault::ClockFast) {
        8
    } else {
        1
    };
    let now = || Instant::from_micros(start.elapsed().as_micros() as i64 * speed);
    let mac = Rc::new(RefCell::new(mac));
    let driver = Driver::start(mac.clone(), CARD, fault);
    let addresses = [
        IpCidr::new(IpAddress::Ipv4(Addresses::EMULATOR.board), 24),
        IpCidr::new(IpAddress::Ipv6(Addresses::EMULATOR.board_v6), 64),
    ];
    let config = Config::new(CARD.into(), 1).with_addresses(&addresses);
    let mut pool = tcp::Pool::<2, 1024, 1024, Text>::new();
    let mut datagrams = udp::Buffers::<1, 256>::new();
    let slots = Vec::<SocketStorage<'_>>::new();
    let stack = Stack::new(driver, config, slots, now()).expect("a right one");
    let mut stack = stack.with_backlog(vec![PendingSyn::EMPTY; 4]);
    let config = tcp::Config::default();
    let servers = Servers::new(stack.sockets(), &mut pool, &mut datagrams, config);
    let mut servers = servers.expect("there is room");
    servers.run(&mut stack, now, |device, next| {
        next.wait(device, now, Driver::acknowledge, |limit| {
            let limit = limit.filter(|_| fault != Some(Fault::AlarmSilent));
            let due = limit.map(|limit| now() + limit);
            let mut mac = mac.borrow_mut();
            loop {
                let rest = due.map_or(SLICE, |due| SLICE.min((due.max(now()) - now()).into()));
                mac.sleep(rest);
                if mac.is_pending || mac.is_off() || due.is_some_and(|due| due <= now()) {
                    return;
                }
            }
        });
        match mac.borrow().is_off() {
            false => ControlFlow::Continue(()),
            true => ControlFlow::Break(()),
        }
    });
}
