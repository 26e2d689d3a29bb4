//! Tasks, each with a stack of its own: both servers, and a client.

use std::cell::{Cell, RefCell};

use smoltcp::iface::SocketStorage;
use smoltcp::socket::tcp as stream;
use smoltcp::wire::{IpAddress, IpCidr};
use uppercase::device::embassy::{AsyncDevice, serve};
use uppercase::link::EthernetAddress;
use uppercase::stack::{Config, from_fn};
#[cfg(not(feature = "unicode"))]
use uppercase::transform::Ascii as Text;
#[cfg(feature = "unicode")]
use uppercase::transform::Unicode as Text;
use uppercase::{Servers, Stack, tcp, udp};

use super::executor::Clock;
use super::{CLIENT, SERVER};

pub fn config(host: u8) -> Config {
    const fn network(host: u8) -> IpCidr {
        IpCidr::new(IpAddress::v4(192, 168, 69, host), 24)
    }
    Config::new(EthernetAddress([2, 0, 0, 0, 0, host]), host.into()).with_addresses(match host {
        SERVER => &[const { network(SERVER) }],
        _ => &[const { network(CLIENT) }],
    })
}

/// Both servers, without end.
pub async fn server(device: impl AsyncDevice, clock: &Clock) {
    let mut pool = tcp::Pool::<2, 4096, 4096, Text>::new();
    let mut datagrams = udp::Buffers::<2, 512>::new();
    let mut slots = [SocketStorage::EMPTY];
    let mut stack = Stack::new(device, config(SERVER), &mut slots[..], clock.now())
        .expect("the configuration is right");
    let config = tcp::Config::default();
    let mut servers = Servers::new(stack.sockets(), &mut pool, &mut datagrams, config)
        .expect("there are slots enough");
    let (now, sleep) = (|| clock.now(), async |delay| clock.sleep(delay).await);
    serve(&mut stack, now, sleep, &mut servers).await
}

/// What a client has to say, and what it was told.
pub struct Talk {
    to: u8,
    text: Vec<u8>,
    answer: RefCell<Vec<u8>>,
    pub done: Cell<bool>,
}

impl Talk {
    pub fn new(to: u8, text: String) -> Self {
        Self {
            to,
            text: text.into(),
            answer: RefCell::default(),
            done: Cell::new(false),
        }
    }

    pub fn answer(&self) -> String {
        String::from_utf8(self.answer.take()).expect("UTF-8")
    }
}

/// A client of smoltcp's own making: says all of it, closes, and listens until it is over.
pub async fn client(device: impl AsyncDevice, clock: &Clock, talk: &Talk) {
    let mut slots = [SocketStorage::EMPTY];
    let mut stack = Stack::new(device, config(CLIENT), &mut slots[..], clock.now())
        .expect("the configuration is right");
    let buffer = || stream::SocketBuffer::new(Vec::leak(vec![0; 4096]));
    let handle = stack.sockets().add(stream::Socket::new(buffer(), buffer()));
    let handle = handle.expect("there is a slot");
    let mut said = None;
    let mut say = from_fn(|context| {
        let to = IpAddress::v4(192, 168, 69, talk.to);
        if !context.resolve(&to) {
            return None;
        }
        let socket = context.sockets.get_mut::<stream::Socket<'_>>(handle);
        let Some(said) = &mut said else {
            let started = socket.connect(context.interface, (to, uppercase::PORT), 50_000);
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
    });
    let (now, sleep) = (|| clock.now(), async |delay| clock.sleep(delay).await);
    serve(&mut stack, now, sleep, &mut say).await
}

pub fn lines(count: usize) -> String {
    "die lange straße nach łódź\n".repeat(count)
}
