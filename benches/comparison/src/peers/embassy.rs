//! embassy-net with `embassy-net-tuntap`, in the manner of its example `std`: a task for each
//! connection.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;

use embassy_executor::{Executor, Spawner};
use embassy_net::tcp::TcpSocket;
use embassy_net::udp::{PacketMetadata, UdpSocket};
use embassy_net::{Config, Ipv4Cidr, Runner, Stack, StackResources, StaticConfigV4};
use embassy_net_tuntap::TunTapDevice;

use super::{BUFFER, PORT, READY};
use crate::network::{PREFIX, SERVER, TAP};

/// The number of tasks is fixed when it is compiled.
pub const MOST_PLACES: usize = 1_100;

pub fn serve(places: usize) -> io::Result<()> {
    let device = TunTapDevice::new(TAP)?;
    match places {
        // Sockets that are not there take time too.
        0..=64 => run::<65>(device, places),
        _ => run::<{ MOST_PLACES + 1 }>(device, places),
    }
}

fn run<const SOCKETS: usize>(device: TunTapDevice, places: usize) -> io::Result<()> {
    let config = Config::ipv4_static(StaticConfigV4 {
        address: Ipv4Cidr::new(SERVER, PREFIX),
        gateway: None,
        dns_servers: Default::default(),
    });
    let resources = Box::leak(Box::new(StackResources::<SOCKETS>::new()));
    let seed = RandomState::new().build_hasher().finish();
    let (stack, runner) = embassy_net::new(device, config, resources, seed);
    let executor = Box::leak(Box::new(Executor::new()));
    executor.run(|spawner: Spawner| {
        spawner.spawn(network(runner).expect("one task"));
        spawner.spawn(serve_udp(stack).expect("one task"));
        for _ in 0..places {
            spawner.spawn(serve_tcp(stack).expect("as many tasks as places"));
        }
        println!("{READY}");
    })
}

#[embassy_executor::task]
async fn network(mut runner: Runner<'static, TunTapDevice>) {
    runner.run().await
}

#[embassy_executor::task(pool_size = MOST_PLACES)]
async fn serve_tcp(stack: Stack<'static>) {
    let (mut receive, mut transmit) = (vec![0; BUFFER], vec![0; BUFFER]);
    let mut text = vec![0; BUFFER];
    loop {
        let mut socket = TcpSocket::new(stack, &mut receive, &mut transmit);
        socket.set_nagle_enabled(false);
        if socket.accept(PORT).await.is_ok() {
            let _ = answer(&mut socket, &mut text).await;
        }
    }
}

async fn answer(
    socket: &mut TcpSocket<'_>,
    text: &mut [u8],
) -> Result<(), embassy_net::tcp::Error> {
    loop {
        let length = socket.read(text).await?;
        if length == 0 {
            socket.close();
            return socket.flush().await;
        }
        let mut text = &mut text[..length];
        text.make_ascii_uppercase();
        while !text.is_empty() {
            let length = socket.write(text).await?;
            text = &mut text[length..];
        }
    }
}

#[embassy_executor::task]
async fn serve_udp(stack: Stack<'static>) {
    let mut metadata = [[PacketMetadata::EMPTY; 256]; 2];
    let mut buffers = [vec![0; BUFFER], vec![0; BUFFER]];
    let ([receive_metadata, transmit_metadata], [receive, transmit]) =
        (&mut metadata, &mut buffers);
    let mut socket = UdpSocket::new(
        stack,
        receive_metadata,
        receive,
        transmit_metadata,
        transmit,
    );
    socket.bind(PORT).expect("the port is not 0");
    let mut text = vec![0; BUFFER];
    loop {
        if let Ok((length, client)) = socket.recv_from(&mut text).await {
            text[..length].make_ascii_uppercase();
            let _ = socket.send_to(&text[..length], client.endpoint).await;
        }
    }
}
