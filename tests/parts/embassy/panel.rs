//! A service of `examples/services` between tasks of a user's own, as on a board.

#[path = "../../../examples/services/panel.rs"]
mod service;

use std::cell::{Cell, RefCell};

use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_sync::channel::Channel;
use smoltcp::iface::SocketStorage;
use smoltcp::socket::udp::Socket;
use smoltcp::time::Duration;
use smoltcp::wire::{IpAddress, IpEndpoint};
use uppercase::device::embassy::{AsyncDevice, serve, turn_or};
use uppercase::stack::{Context, from_fn};
use uppercase::{PORT, Stack, udp};

use super::executor::{Clock, Task, run};
use super::host::config;
use super::line::{card, carry, device};
use super::{CLIENT, SERVER};
use service::{Desk, Panel};

const BOARD: IpEndpoint = IpEndpoint {
    addr: IpAddress::v4(192, 168, 69, SERVER),
    port: PORT,
};

/// The task that serves the network.
async fn serve_desk(device: impl AsyncDevice, clock: &Clock, panel: &Panel<NoopRawMutex>) {
    let mut datagrams = udp::Buffers::<4, 64>::new();
    let mut slots = [SocketStorage::EMPTY];
    let mut stack = Stack::new(device, config(SERVER), &mut slots[..], clock.now())
        .expect("the configuration is right");
    let mut desk = Desk::new(panel, stack.sockets(), &mut datagrams).expect("there is a slot");
    loop {
        let sleep = async |delay| clock.sleep(delay).await;
        turn_or(
            &mut stack,
            || clock.now(),
            sleep,
            &mut desk,
            panel.has_news(),
        )
        .await;
    }
}

/// A host that sends the orders, and notes what it is told; `told` may add to the orders.
async fn host(
    device: impl AsyncDevice,
    clock: &Clock,
    orders: &RefCell<Vec<&'static str>>,
    mut told: impl FnMut(&str),
) {
    let mut datagrams = udp::Buffers::<4, 64>::new();
    let mut slots = [SocketStorage::EMPTY];
    let mut stack = Stack::new(device, config(CLIENT), &mut slots[..], clock.now())
        .expect("the configuration is right");
    let parts = datagrams.split();
    let mut socket = Socket::new(parts.receive, parts.transmit);
    socket.bind(5000).expect("a new socket");
    let handle = stack.sockets().add(socket).expect("there is a slot");
    let mut talk = from_fn(|context: &mut Context<'_, '_>| {
        let knows_the_way = context.resolve(&BOARD.addr);
        let socket = context.sockets.get_mut::<Socket<'_>>(handle);
        while let Ok((text, _)) = socket.recv() {
            told(std::str::from_utf8(text).expect("letters"));
        }
        if knows_the_way {
            for order in orders.take() {
                let sent = socket.send_slice(order.as_bytes(), BOARD);
                sent.expect("there is room");
            }
        }
        None
    });
    let sleep = async |delay| clock.sleep(delay).await;
    serve(&mut stack, || clock.now(), sleep, &mut talk).await
}

#[test]
fn order_switches_the_light_and_each_press_of_the_button_is_told() {
    let (clock, panel) = (Clock::new(), Panel::new());
    let (board_card, host_card) = (card(SERVER, 8), card(CLIENT, 8));
    let button = Channel::<NoopRawMutex, (), 4>::new();
    let orders = RefCell::new(vec!["on\n"]);
    let (light, texts, pressed) = (Cell::new(None), RefCell::new(Vec::new()), Cell::new(None));
    let told = |text: &str| {
        texts.borrow_mut().push(text.to_owned());
        match text {
            "on\n" => {
                assert_eq!(light.get(), Some(true));
                pressed.set(Some(clock.now()));
                button.try_send(()).expect("there is room");
            }
            "pressed 1\n" => orders.borrow_mut().push("off\n"),
            "off\n" => orders.borrow_mut().push("what?"),
            _ => {}
        }
    };
    let mut tasks = [
        Task::new(serve_desk(device(&board_card), &clock, &panel)),
        Task::new(host(device(&host_card), &clock, &orders, told)),
        Task::new(async {
            let switch = |is_on| light.set(Some(is_on));
            panel.run_light(switch).await;
        }),
        Task::new(async {
            let wait = async || button.receive().await;
            panel.run_button(wait).await;
        }),
    ];
    let mut tasks: Vec<_> = tasks.iter_mut().collect();
    let is_done = || texts.borrow().len() == 4;
    run(
        &clock,
        &mut tasks,
        || carry(&board_card, &host_card),
        is_done,
    );
    assert_eq!(
        *texts.borrow(),
        ["on\n", "pressed 1\n", "off\n", "on or off?\n"]
    );
    assert_eq!(light.get(), Some(false));
    // The press has ended the turn: nothing waited for a deadline of the stack.
    let time = clock.now() - pressed.get().expect("it was pressed");
    assert!(time < Duration::from_millis(10), "{time}");
}
