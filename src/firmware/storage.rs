use core::fmt;

use smoltcp::phy::Device;
use smoltcp::time::Instant;

use crate::link::EthernetAddress;
use crate::stack::{Network, PendingSyn, Slots, Sockets};
use crate::transform::Transform;
use crate::{Servers, Stack, tcp, udp};

/// All that firmware lends for good, in one static: the frames `F` of its driver, and what the stack
/// and its servers live in.
///
/// `P` is a [`tcp::Pool`], which says how many connections there are and how large their buffers;
/// `D` is [`udp::Buffers`]. `BACKLOG` clients wait while all connections are taken; without any, they
/// have to ask again, after 1 second, then 2, then 4, and sixteen at once would take two minutes. It is
/// all zeros, if the frames are: it takes no flash.
///
/// ```
/// use uppercase::firmware::Storage;
/// use uppercase::{tcp, udp};
///
/// type Frames = [[u8; 1514]; 2]; // what the driver asks for
///
/// // Firmware has it in a static, which the crate `static_cell` lends out once.
/// const STORAGE: Storage<Frames, tcp::Pool<'_, 2, 1024, 1024>, udp::Buffers<1, 256>, 2> =
///     Storage::new([[0; 1514]; 2]);
/// # let _ = STORAGE;
/// ```
pub struct Storage<F, P, D, const BACKLOG: usize> {
    /// Frames on their way between the driver and its controller.
    pub frames: F,
    /// What the stack and the servers live in.
    pub servers: ServerStorage<P, D, BACKLOG>,
}

impl<F, P, D, const BACKLOG: usize> fmt::Debug for Storage<F, P, D, BACKLOG> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Storage")
            .field("servers", &self.servers)
            .finish_non_exhaustive()
    }
}

/// What a stack with both servers lives in; see [`Storage`].
pub struct ServerStorage<P, D, const BACKLOG: usize> {
    pool: P,
    datagrams: D,
    slots: Slots<'static, { Servers::SLOTS }>,
    backlog: [PendingSyn; BACKLOG],
}

impl<P, D, const BACKLOG: usize> fmt::Debug for ServerStorage<P, D, BACKLOG> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerStorage")
            .field("backlog", &BACKLOG)
            .finish_non_exhaustive()
    }
}

impl<
    F,
    T: Transform,
    const N: usize,
    const RECEIVE: usize,
    const TRANSMIT: usize,
    const COUNT: usize,
    const SIZE: usize,
    const HELD: usize,
    const BACKLOG: usize,
>
    Storage<
        F,
        tcp::Pool<'static, N, RECEIVE, TRANSMIT, T>,
        udp::Buffers<COUNT, SIZE, HELD>,
        BACKLOG,
    >
{
    /// Storage that is not in use yet. Sizes that cannot work do not compile.
    pub const fn new(frames: F) -> Self {
        const { assert!(N > 0, "there must be one connection at least") }
        Self {
            frames,
            servers: ServerStorage {
                pool: tcp::Pool::new(),
                datagrams: udp::Buffers::new(),
                slots: Slots::new(),
                backlog: [const { PendingSyn::EMPTY }; BACKLOG],
            },
        }
    }
}

impl<
    T: Transform,
    const N: usize,
    const RECEIVE: usize,
    const TRANSMIT: usize,
    const COUNT: usize,
    const SIZE: usize,
    const HELD: usize,
    const BACKLOG: usize,
>
    ServerStorage<
        tcp::Pool<'static, N, RECEIVE, TRANSMIT, T>,
        udp::Buffers<COUNT, SIZE, HELD>,
        BACKLOG,
    >
{
    /// A stack on `device` with both servers on the port of the exercise; its addresses are those of the
    /// network and those that the network [gives](ask_for_addresses). The seed is that of
    /// [`Config`](crate::stack::Config).
    ///
    /// # Panics
    /// As [`Stack::on_network`].
    #[inline(never)] // What it needs of the stack would be its caller's for good.
    pub fn start<D: Device>(
        &'static mut self,
        device: D,
        network: &Network<'_>,
        hardware_address: EthernetAddress,
        random_seed: u64,
        now: Instant,
    ) -> (Stack<'static, D>, Servers<'static, T>) {
        let mut stack = Stack::on_network(
            device,
            network,
            hardware_address,
            random_seed,
            &mut self.slots,
            now,
        );
        stack.set_backlog(&mut self.backlog);
        stack.ask_for_addresses();
        let servers = servers(stack.sockets(), &mut self.pool, &mut self.datagrams);
        (stack, servers)
    }
}

/// Both servers on the port of the exercise.
#[cfg_attr(feature = "slaac", inline(never))] // With it, a stack takes much room beside them.
fn servers<
    T: Transform,
    const N: usize,
    const RECEIVE: usize,
    const TRANSMIT: usize,
    const COUNT: usize,
    const SIZE: usize,
    const HELD: usize,
>(
    sockets: &mut Sockets<'static>,
    pool: &'static mut tcp::Pool<'static, N, RECEIVE, TRANSMIT, T>,
    datagrams: &'static mut udp::Buffers<COUNT, SIZE, HELD>,
) -> Servers<'static, T> {
    let servers = Servers::new(sockets, pool, datagrams, tcp::Config::default());
    // Cannot fail: there are slots and connections enough, and the port is free.
    servers.unwrap_or_else(|error| panic!("{error}"))
}

/// Chooses how a board obtains its addresses, by the features of the library: with `dhcp` and `slaac` the
/// network gives them, and with `conflict-detection` each is verified before it is used. Without these
/// features, nothing changes.
///
/// Features are united where several crates of the firmware use the library. To choose in the source, call
/// `Stack::with_dhcp`, `Stack::with_slaac` or `Stack::with_conflict_detection` instead.
pub fn ask_for_addresses<D: Device>(stack: &mut Stack<'_, D>) {
    stack.ask_for_addresses();
}
