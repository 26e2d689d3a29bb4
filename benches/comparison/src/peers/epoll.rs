//! The kernel's TCP and one thread that waits for all connections at once.

use std::collections::HashMap;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddrV4, TcpStream, UdpSocket};
use std::os::fd::OwnedFd;

use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::io::Errno;
use rustix::net::{self, AddressFamily, SocketFlags, SocketType, sockopt};

use super::{BUFFER, PORT, READY};

const LISTENER: u64 = u64::MAX;
const UDP: u64 = u64::MAX - 1;
/// The kernel shortens it to what `net.core.somaxconn` allows.
const BACKLOG: i32 = 65_535;

struct Client {
    stream: TcpStream,
    /// What the client has not taken yet. Nothing more is read from it until it has.
    rest: Vec<u8>,
}

pub fn serve(congestion: &str) -> io::Result<()> {
    let epoll = epoll::create(CreateFlags::CLOEXEC)?;
    let udp = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, PORT))?;
    udp.set_nonblocking(true)?;
    let listener = listen(congestion)?;
    epoll::add(
        &epoll,
        &listener,
        EventData::new_u64(LISTENER),
        EventFlags::IN,
    )?;
    epoll::add(&epoll, &udp, EventData::new_u64(UDP), EventFlags::IN)?;
    println!("{READY}");
    let mut clients = HashMap::new();
    let mut last = 0;
    let mut text = vec![0; 4 * BUFFER];
    let mut events: Vec<Event> = Vec::with_capacity(256);
    loop {
        events.clear();
        match epoll::wait(&epoll, rustix::buffer::spare_capacity(&mut events), None) {
            Ok(_) => {}
            Err(Errno::INTR) => continue,
            Err(error) => return Err(error.into()),
        }
        for event in &events {
            match event.data.u64() {
                LISTENER => {
                    while let Ok(stream) = net::accept_with(&listener, SocketFlags::NONBLOCK) {
                        let stream = TcpStream::from(stream);
                        stream.set_nodelay(true)?;
                        last += 1;
                        epoll::add(&epoll, &stream, EventData::new_u64(last), EventFlags::IN)?;
                        clients.insert(
                            last,
                            Client {
                                stream,
                                rest: Vec::new(),
                            },
                        );
                    }
                }
                UDP => {
                    while let Ok((length, client)) = udp.recv_from(&mut text) {
                        text[..length].make_ascii_uppercase();
                        let _ = udp.send_to(&text[..length], client);
                    }
                }
                number => {
                    let Some(client) = clients.get_mut(&number) else {
                        continue;
                    };
                    match answer(client, &mut text) {
                        Ok(wanted) => epoll_wants(&epoll, client, number, wanted)?,
                        Err(_) => drop(clients.remove(&number)),
                    }
                }
            }
        }
    }
}

/// A listening socket with this congestion control, which its connections inherit.
pub fn listen(congestion: &str) -> io::Result<OwnedFd> {
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    let listener = net::socket_with(AddressFamily::INET, SocketType::STREAM, flags, None)?;
    if !congestion.is_empty() {
        sockopt::set_tcp_congestion(&listener, congestion)?;
    }
    net::bind(&listener, &SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, PORT))?;
    net::listen(&listener, BACKLOG)?;
    Ok(listener)
}

/// Asks for what the client is waited for, if that changes.
fn epoll_wants(
    epoll: &OwnedFd,
    client: &Client,
    number: u64,
    wanted: Option<EventFlags>,
) -> io::Result<()> {
    if let Some(flags) = wanted {
        epoll::modify(epoll, &client.stream, EventData::new_u64(number), flags)?;
    }
    Ok(())
}

/// One read and one write; what to wait for from now on if it is something else. An error is the
/// end of the connection, the good one too.
fn answer(client: &mut Client, text: &mut [u8]) -> io::Result<Option<EventFlags>> {
    if !client.rest.is_empty() {
        let length = written(client.stream.write(&client.rest))?;
        client.rest.drain(..length);
        return Ok(client.rest.is_empty().then_some(EventFlags::IN));
    }
    let length = match client.stream.read(text) {
        Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
        Ok(length) => length,
        Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
        Err(error) => return Err(error),
    };
    let text = &mut text[..length];
    text.make_ascii_uppercase();
    let length = written(client.stream.write(text))?;
    client.rest.extend_from_slice(&text[length..]);
    Ok((!client.rest.is_empty()).then_some(EventFlags::OUT))
}

fn written(result: io::Result<usize>) -> io::Result<usize> {
    match result {
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(0),
        result => result,
    }
}
