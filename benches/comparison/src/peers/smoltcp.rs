//! smoltcp with its own `TunTapInterface`, in the manner of its example `server`.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::os::fd::AsRawFd;

use smoltcp::iface::{Config, Interface, SocketSet};
use smoltcp::phy::{Medium, TunTapInterface, wait};
use smoltcp::socket::{tcp, udp};
use smoltcp::time::Instant;
use smoltcp::wire::{EthernetAddress, IpAddress, IpCidr};

use super::{BUFFER, PORT, READY};
use crate::network::{PREFIX, SERVER, TAP};

pub fn serve(places: usize) -> io::Result<()> {
    let mut device = TunTapInterface::new(TAP, Medium::Ethernet)?;
    let mut config = Config::new(EthernetAddress([2, 0, 0, 0, 0, 1]).into());
    config.random_seed = RandomState::new().build_hasher().finish();
    let mut interface = Interface::new(config, &mut device, Instant::now());
    interface.update_ip_addrs(|addresses| {
        let _ = addresses.push(IpCidr::new(IpAddress::Ipv4(SERVER), PREFIX));
    });
    let mut sockets = SocketSet::new(Vec::new());
    let handles: Vec<_> = (0..places)
        .map(|_| {
            let buffer = || tcp::SocketBuffer::new(vec![0; BUFFER]);
            let mut socket = tcp::Socket::new(buffer(), buffer());
            socket.set_nagle_enabled(false);
            sockets.add(socket)
        })
        .collect();
    let buffer = || udp::PacketBuffer::new(vec![udp::PacketMetadata::EMPTY; 256], vec![0; BUFFER]);
    let mut socket = udp::Socket::new(buffer(), buffer());
    socket.bind(PORT).expect("the port is not 0");
    let udp = sockets.add(socket);
    println!("{READY}");
    loop {
        interface.poll(Instant::now(), &mut device, &mut sockets);
        for handle in &handles {
            answer(sockets.get_mut(*handle));
        }
        let socket = sockets.get_mut::<udp::Socket>(udp);
        while socket.can_send() {
            let Ok((text, client)) = socket.recv() else {
                break;
            };
            let text = text.to_ascii_uppercase();
            let _ = socket.send_slice(&text, client.endpoint);
        }
        let delay = interface.poll_delay(Instant::now(), &sockets);
        wait(device.as_raw_fd(), delay)?;
    }
}

fn answer(socket: &mut tcp::Socket) {
    if !socket.is_open() {
        socket.listen(PORT).expect("the socket is closed");
    }
    while socket.can_recv() && socket.can_send() {
        let room = socket.send_capacity() - socket.send_queue();
        let text = socket.recv(|text| {
            let length = text.len().min(room);
            (length, text[..length].to_ascii_uppercase())
        });
        socket
            .send_slice(&text.unwrap_or_default())
            .expect("it can send");
    }
    if socket.may_send() && !socket.may_recv() {
        socket.close();
    }
}
