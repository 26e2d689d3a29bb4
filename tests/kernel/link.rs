//! The link between the kernel and the command: a TAP or a TUN, with either version of IP.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, UdpSocket};
use std::process::Command;

use crate::command::{LIMIT, Outcome, Program, UPPERCASE, start, uppercase, words};

pub const PORT: u16 = 12000;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Link {
    /// The option that opens it.
    pub option: &'static str,
    pub ipv6: bool,
}

impl Link {
    pub const ALL: [Self; 4] = [
        Self::new("--tap tap0", false),
        Self::new("--tap tap0", true),
        Self::new("--tun tun0", false),
        Self::new("--tun tun0", true),
    ];

    const fn new(option: &'static str, ipv6: bool) -> Self {
        Self { option, ipv6 }
    }

    /// An address on the link, by default.
    pub fn address(self, host: u8) -> IpAddr {
        match self.ipv6 {
            false => Ipv4Addr::new(192, 168, 69, host).into(),
            // As the numbers are written, so that 100 is ::100.
            true => {
                let host = u16::from_str_radix(&host.to_string(), 16).expect("digits");
                Ipv6Addr::new(0xfdaa, 0, 0, 0, 0, 0, 0, host).into()
            }
        }
    }

    /// Where `uppercase serve` is.
    pub fn server(self) -> SocketAddr {
        SocketAddr::new(self.address(1), PORT)
    }

    /// Where the kernel is, with the servers of others.
    pub fn kernel(self) -> SocketAddr {
        SocketAddr::new(self.address(100), PORT)
    }

    /// Runs `uppercase tcp` or `uppercase udp` with a server that listens in the kernel.
    #[track_caller]
    pub fn ask(self, protocol: &str, options: &str, input: impl AsRef<[u8]>) -> Outcome {
        let (server, option) = (self.kernel().ip(), self.option);
        uppercase(&format!("{protocol} {server} {option} {options}"), input)
    }
}

/// Starts `uppercase serve` with these options, and waits until it is ready.
#[track_caller]
pub fn serve(options: &str) -> Program {
    let mut server = start(Command::new(UPPERCASE).arg("serve").args(words(options)));
    assert_eq!(server.line(), "The server is ready to receive\n");
    server
}

/// Runs a test over every link, one after the other, each with a server of its own.
pub fn each_served(options: &str, test: impl Fn(Link)) {
    for link in Link::ALL {
        println!("{link:?}");
        let mut server = serve(&format!("{} {options}", link.option));
        test(link);
        let outcome = server.interrupt();
        assert_eq!((outcome.code, &*outcome.stderr), (Some(0), ""));
    }
}

/// A connection of the standard library's; each operation on it has a time limit.
#[track_caller]
pub fn connect(server: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect_timeout(&server, LIMIT).expect("a connection");
    bound(&stream);
    stream
}

pub fn bound(stream: &TcpStream) {
    stream.set_read_timeout(Some(LIMIT)).expect("a time");
    stream.set_write_timeout(Some(LIMIT)).expect("a time");
    stream.set_nodelay(true).expect("an option");
}

/// A UDP socket of the standard library's that talks to the server only.
#[track_caller]
pub fn datagrams(server: SocketAddr) -> UdpSocket {
    let any: IpAddr = match server {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((any, 0)).expect("a socket");
    socket.connect(server).expect("a route");
    socket.set_read_timeout(Some(LIMIT)).expect("a time");
    socket
}
