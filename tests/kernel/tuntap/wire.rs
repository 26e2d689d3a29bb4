//! Two interfaces with a wire between them that shows each segment: the kernel hands a frame from
//! one to the other, and what is too large for the other, because that has no offload, it cuts.

use std::fs;

use smoltcp::iface::{Config, Interface, SocketHandle, SocketSet, SocketStorage};
use smoltcp::phy::{Device, DeviceCapabilities, PacketMeta, RxToken};
use smoltcp::socket::tcp::{CongestionControl, Socket, SocketBuffer};
use smoltcp::time::Instant;
use smoltcp::wire::{EthernetAddress, HardwareAddress, IpAddress, IpCidr};
use uppercase::device::tuntap::{Mode, Options, TunTap};

use crate::namespace::ip;

/// Room for many segments, so that there is something to cut.
const BUFFER: usize = 1 << 18;

pub const MODES: [Mode; 2] = [Mode::Tap, Mode::Tun];

/// With all the offload there is, or with none.
pub fn options(offload: bool) -> Options {
    match offload {
        true => Options::new().gather(),
        false => Options::new().without_offload(),
    }
}

/// Which version of IP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    V4,
    V6,
}

/// Those that are there.
pub const VERSIONS: &[Version] = if cfg!(feature = "ipv6") {
    &[Version::V4, Version::V6]
} else {
    &[Version::V4]
};

impl Version {
    /// The address of the kernel, or of a host, on the interface of that number.
    pub fn address(self, interface: usize, host: u8) -> IpAddress {
        let address = match self {
            Version::V4 => format!("10.{}.0.{host}", interface + 1),
            Version::V6 => format!("fd00:{}::{host}", interface + 1),
        };
        address.parse().unwrap()
    }

    /// Those of a link, small and large.
    pub fn mtus(self) -> &'static [usize] {
        match self {
            Version::V4 => &[576, 1280, 1500, 9000],
            Version::V6 => &[1280, 1500, 9000],
        }
    }

    /// Headers of IP and TCP.
    pub fn headers(self) -> usize {
        match self {
            Version::V4 => 40,
            Version::V6 => 60,
        }
    }
}

pub fn mac(interface: usize) -> EthernetAddress {
    EthernetAddress([2, 0, 0, 0, 0, interface as u8])
}

/// Makes the interface `test0`, `test1`, ... to stay, with the address of the kernel.
pub fn interface(interface: usize, mode: Mode, mtu: usize) {
    ip(&format!("tuntap add dev test{interface} mode {mode}"));
    ip(&format!("link set test{interface} mtu {mtu} up"));
    for &version in VERSIONS {
        if version == Version::V6 && mtu < 1280 {
            continue;
        }
        let address = version.address(interface, 1);
        let prefix = if version == Version::V4 { 24 } else { 64 };
        let nodad = if version == Version::V6 { " nodad" } else { "" };
        ip(&format!(
            "addr add {address}/{prefix} dev test{interface}{nodad}"
        ));
    }
}

/// Makes the two ends of a wire, the first with these options, the second without offload.
pub fn wire(mode: Mode, mtus: [usize; 2], options: Options) -> [TunTap; 2] {
    for (number, mtu) in mtus.into_iter().enumerate() {
        interface(number, mode, mtu);
    }
    match mode {
        Mode::Tap => {
            ip("link add wire type bridge mcast_snooping 0");
            ip("link set wire up");
            ip("link set test0 master wire");
            ip("link set test1 master wire");
        }
        Mode::Tun => {
            fs::write("/proc/sys/net/ipv4/ip_forward", "1").unwrap();
            if cfg!(feature = "ipv6") {
                fs::write("/proc/sys/net/ipv6/conf/all/forwarding", "1").unwrap();
            }
        }
    }
    [options, Options::new().without_offload()].map({
        let mut number = 0;
        move |options| {
            let name = format!("test{number}");
            number += 1;
            TunTap::open_with(&name, mode, &[], options).unwrap()
        }
    })
}

/// Takes the wire away.
pub fn cut(mode: Mode, ends: [TunTap; 2]) {
    drop(ends);
    ip("link delete test0");
    ip("link delete test1");
    if mode == Mode::Tap {
        ip("link delete wire");
    }
}

/// A device that notes what it receives.
pub struct Listener<F> {
    pub device: TunTap,
    pub note: F,
}

impl<F: FnMut(&[u8])> Device for Listener<F> {
    type RxToken<'a>
        = Noted<'a, F>
    where
        F: 'a;
    type TxToken<'a>
        = <TunTap as Device>::TxToken<'a>
    where
        F: 'a;

    fn receive(&mut self, now: Instant) -> Option<(Self::RxToken<'_>, Self::TxToken<'_>)> {
        let (token, reply) = self.device.receive(now)?;
        let note = &mut self.note;
        Some((Noted { token, note }, reply))
    }

    fn transmit(&mut self, now: Instant) -> Option<Self::TxToken<'_>> {
        self.device.transmit(now)
    }

    fn capabilities(&self) -> DeviceCapabilities {
        self.device.capabilities()
    }
}

pub struct Noted<'a, F> {
    token: <TunTap as Device>::RxToken<'a>,
    note: &'a mut F,
}

impl<F: FnMut(&[u8])> RxToken for Noted<'_, F> {
    fn consume<R, G: FnOnce(&[u8]) -> R>(self, read: G) -> R {
        let note = self.note;
        self.token.consume(|frame| {
            note(frame);
            read(frame)
        })
    }

    fn meta(&self) -> PacketMeta {
        self.token.meta()
    }
}

/// An interface of smoltcp, host 2 on the interface of that number, with one socket.
pub struct Host<F: FnMut(&[u8])> {
    pub device: Listener<F>,
    interface: Interface,
    sockets: SocketSet<'static>,
    handle: SocketHandle,
}

impl<F: FnMut(&[u8])> Host<F> {
    pub fn new(number: usize, device: TunTap, note: F) -> Self {
        let hardware = match device.mode() {
            Mode::Tap => mac(number).into(),
            Mode::Tun => HardwareAddress::Ip,
        };
        let mut device = Listener { device, note };
        let mut interface = Interface::new(Config::new(hardware), &mut device, Instant::ZERO);
        interface.update_ip_addrs(|addresses| {
            for version in VERSIONS {
                // The other end is in the same network, too.
                let prefix = if *version == Version::V4 { 8 } else { 16 };
                let address = version.address(number, 2);
                addresses.push(IpCidr::new(address, prefix)).unwrap();
            }
        });
        let buffer = || SocketBuffer::new(vec![0; BUFFER].leak());
        let mut socket = Socket::new(buffer(), buffer());
        socket.set_ack_delay(None);
        // The end of a congestion window makes a partial segment, too.
        socket.set_congestion_control(CongestionControl::None);
        let mut sockets = SocketSet::new(vec![SocketStorage::EMPTY].leak());
        let handle = sockets.add(socket);
        Host {
            device,
            interface,
            sockets,
            handle,
        }
    }

    pub fn poll(&mut self, now: Instant) {
        self.interface
            .poll(now, &mut self.device, &mut self.sockets);
        self.device.device.flush();
    }

    pub fn socket(&mut self) -> &mut Socket<'static> {
        self.sockets.get_mut(self.handle)
    }

    pub fn connect(&mut self, to: IpAddress, port: u16) {
        let context = self.interface.context();
        let socket = self.sockets.get_mut::<Socket<'static>>(self.handle);
        socket.connect(context, (to, port), 49_152).unwrap();
    }
}
