//! The kernel's TCP and one thread that submits all its reads and writes to an io_uring.

use std::io;
use std::net::{Ipv4Addr, UdpSocket as Socket};

use compio::BufResult;
use compio::io::{AsyncRead, AsyncWriteExt};
use compio::net::{TcpListener, TcpStream, UdpSocket};
use compio::runtime::{Runtime, spawn};

use super::{BUFFER, PORT, READY, epoll};

pub fn serve(congestion: &str) -> io::Result<()> {
    let listener = epoll::listen(congestion)?;
    let udp = Socket::bind((Ipv4Addr::UNSPECIFIED, PORT))?;
    Runtime::new()?.block_on(async {
        let listener = TcpListener::from_std(listener.into())?;
        let udp = UdpSocket::from_std(udp)?;
        spawn(async move { serve_udp(&udp).await }).detach();
        println!("{READY}");
        loop {
            // A client that is gone before it is accepted ends nothing but its own connection.
            if let Ok((client, _)) = listener.accept().await {
                spawn(answer(client)).detach();
            }
        }
    })
}

/// Until the client closes or the connection fails.
async fn answer(mut client: TcpStream) -> io::Result<()> {
    client.set_nodelay(true)?;
    let mut text = Vec::with_capacity(4 * BUFFER);
    loop {
        text.clear();
        let BufResult(result, received) = client.read(text).await;
        text = received;
        if result? == 0 {
            return Ok(());
        }
        text.make_ascii_uppercase();
        let BufResult(result, sent) = client.write_all(text).await;
        text = sent;
        result?;
    }
}

async fn serve_udp(udp: &UdpSocket) -> io::Result<()> {
    let mut text = Vec::with_capacity(BUFFER);
    loop {
        text.clear();
        let BufResult(result, received) = udp.recv_from(text).await;
        text = received;
        let (_, client) = result?;
        text.make_ascii_uppercase();
        let BufResult(_, sent) = udp.send_to(text, client).await;
        text = sent;
    }
}
