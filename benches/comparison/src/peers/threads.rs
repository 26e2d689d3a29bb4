//! The kernel's TCP and the standard library: a thread for each connection.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket};
use std::thread;

use super::{BUFFER, PORT, READY};

pub fn serve(congestion: &str) -> io::Result<()> {
    let udp = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, PORT))?;
    thread::spawn(move || serve_udp(&udp));
    let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, PORT))?;
    if !congestion.is_empty() {
        rustix::net::sockopt::set_tcp_congestion(&listener, congestion)?;
    }
    println!("{READY}");
    for client in listener.incoming().flatten() {
        // Without a thread for it, the client sees its connection closed.
        let _ = thread::Builder::new().spawn(move || answer(client));
    }
    Ok(())
}

fn answer(mut client: TcpStream) -> io::Result<()> {
    client.set_nodelay(true)?;
    let mut text = vec![0; BUFFER];
    loop {
        let length = client.read(&mut text)?;
        if length == 0 {
            return Ok(());
        }
        text[..length].make_ascii_uppercase();
        client.write_all(&text[..length])?;
    }
}

pub fn serve_udp(udp: &UdpSocket) -> io::Result<()> {
    let mut text = vec![0; BUFFER];
    loop {
        let (length, client) = udp.recv_from(&mut text)?;
        text[..length].make_ascii_uppercase();
        udp.send_to(&text[..length], client)?;
    }
}
