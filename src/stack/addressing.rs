//! What ends with an address of this host: its connections, and the datagrams that would leave from it.

use smoltcp::socket::tcp::State;
use smoltcp::socket::udp;
use smoltcp::wire::TcpSeqNumber;

use super::control::Connection;
use super::inject::{Header, Synthetic};
use super::service::Service;
use super::sockets::Sockets;
use super::table::{Slot, Table};
use super::way::Way;
use crate::packet::Flags;

/// Ends the connections of addresses that are gone, and drops the datagrams that would leave from
/// them; returns whether a connection has ended.
pub(super) fn end_gone<'a>(
    service: &mut dyn Service<'a>,
    sockets: &mut Sockets<'a>,
    way: &mut Way<'_>,
) -> bool {
    let mut has_ended = false;
    for port in sockets.served() {
        if let Some(table) = service.table(port) {
            has_ended |= end_all(table, way);
        }
    }
    #[cfg(feature = "client")]
    {
        has_ended |= end_all(&mut sockets.clients, way);
    }
    drop_answers(sockets, way);
    has_ended
}

/// Ends the connections of one table; returns whether there were any.
fn end_all<'a>(table: &mut dyn Table<'a>, way: &mut Way<'_>) -> bool {
    let addresses = &way.host.link.addresses;
    let mut has_ended = false;
    for slot in (0..).map(Slot) {
        let Some(connection) = table.get(slot) else {
            break;
        };
        let is_over = connection.socket().state() == State::Closed;
        let local = connection.control.four_tuple().map(|tuple| tuple.local);
        if is_over || local.is_none_or(|local| addresses.is_own(&local.addr)) {
            continue;
        }
        if let Some(connection) = table.touch(slot) {
            end(connection, way);
            has_ended = true;
        }
    }
    has_ended
}

/// Ends a connection of an address that is gone. smoltcp would do so, too, at the next segment, and
/// tell neither the peer nor the service.
fn end(connection: &mut Connection<'_>, way: &mut Way<'_>) {
    let state = connection.socket().state();
    let is_synchronized = !matches!(
        state,
        State::Listen | State::SynSent | State::Closing | State::LastAck | State::TimeWait
    );
    // "Before abandoning an address due to a conflict, hosts SHOULD actively attempt to reset any
    // existing connections using that address" (RFC 5227, 2.4). So does a host without a conflict:
    // its peer would wait for what does not come.
    if let Some(tuple) = connection.control.four_tuple().filter(|_| is_synchronized) {
        let reset = Header {
            // RFC 9293, 3.10.5: "Send a reset segment: <SEQ=SND.NXT><CTL=RST>".
            sequence: connection.control.sent(),
            acknowledgement: TcpSeqNumber(0),
            flags: Flags::RST,
            window: 0,
            maximum_segment_size: None,
            payload: None,
        };
        let reset = Synthetic::new(&tuple.local, &tuple.remote, &reset);
        way.asker = connection.control.hardware;
        way.answer(reset.as_bytes());
    }
    connection.forget();
    connection.control.lose_address();
    way.look(&connection.set, Some(&mut connection.control));
}

/// Drops the datagrams that wait for room in the device: they may give an address that is gone as
/// their source. UDP loses datagrams, and its clients ask again. What has arrived stays.
fn drop_answers(sockets: &mut Sockets<'_>, way: &mut Way<'_>) {
    let waiting = sockets.udp().filter(|socket| socket.send_queue() > 0);
    let most = waiting.map(udp::Socket::packet_send_capacity).max();
    way.drain(&mut sockets.set, most.unwrap_or(0));
}
