//! The figures, as a table.

use smoltcp::config::IFACE_NEIGHBOR_CACHE_COUNT;

use uppercase::PORT;

use super::answers::{
    Forged, answered_after_one_forged_sender, answered_in_a_flood, answered_on_the_other_port,
    exchanged_by_two_servers,
};
use super::clients::Outcome;
use super::common::network::Link;
use super::places::{FLOOD, OFFERED, Syns, crowd, half_open, sessions_in_a_flood};
use super::turns::{more_than_neighbors, turns};
use super::work;
use super::world::Make;

fn row(what: impl std::fmt::Display, stock: impl std::fmt::Display, ours: impl std::fmt::Display) {
    println!("| {what} | {stock} | {ours} |");
}

fn of_crowd(outcome: Outcome) -> String {
    let Outcome {
        served,
        refused,
        time,
    } = outcome;
    let refused = match refused {
        0 => "none".to_string(),
        refused => refused.to_string(),
    };
    format!("{served} served in {time}, {refused} refused")
}

fn with_room(backlog: usize) -> Make {
    Make::Ours { backlog }
}

/// Prints it for IPv4 on Ethernet. What is in it is asserted by the other tests, IPv6 included.
#[test]
#[ignore = "prints figures, for which it takes a minute"]
fn table() {
    let link = Link::ETHERNET_V4;
    let cookies = if cfg!(feature = "syn-cookies") {
        "with"
    } else {
        "without"
    };
    println!("{cookies} SYN cookies, {IFACE_NEIGHBOR_CACHE_COUNT} neighbors\n");
    row("", "plain smoltcp", "ours");
    println!("|---|---|---|");

    let answered = |make| answered_after_one_forged_sender(link, make);
    row(
        "60 requests over UDP, one forged sender after the fifth: answered",
        answered(Make::Stock),
        answered(Make::OURS),
    );
    let answered = |make| answered_on_the_other_port(link, make);
    row(
        "30 requests on another port, one forged sender on the first: answered",
        answered(Make::Stock),
        answered(Make::OURS),
    );
    for (what, forged) in [
        ("frames", Forged::Nothing),
        ("10 000 forged ARP requests a second", Forged::Questions),
        ("10 000 forged senders a second", Forged::Datagrams),
    ] {
        let answered = |make| {
            let (answered, slowest) = answered_in_a_flood(link, make, forged);
            format!("{answered}, the slowest in {slowest}")
        };
        let nothing = matches!(forged, Forged::Nothing);
        let what = if nothing { "nothing else" } else { what };
        row(
            format!("50 requests over UDP in 2.5 s, and {what}: answered"),
            answered(Make::Stock),
            answered(Make::OURS),
        );
    }
    let exchanged = |make| exchanged_by_two_servers(link, [make; 2], PORT);
    row(
        "one forged datagram between two servers: datagrams in the next 10 s",
        exchanged(Make::Stock),
        exchanged(Make::OURS),
    );
    for clients in [64, 256] {
        for (room, backlog) in [
            ("no backlog", 0),
            ("a backlog of 1", 1),
            ("a backlog of 8", 8),
            ("a backlog of 64", 64),
            ("a backlog of 256", 256),
        ] {
            let of = |make| of_crowd(crowd(link, make, 2, clients));
            let stock = if backlog == 0 {
                of(Make::Stock)
            } else {
                String::new()
            };
            row(
                format!("{clients} clients at once, 2 places, {room}"),
                stock,
                of(with_room(backlog)),
            );
        }
    }
    let leaves = |make| match half_open(link, make) {
        Some(time) => format!("{time}"),
        None => "not in 600 s".into(),
    };
    row(
        "half-open connection leaves after",
        leaves(Make::Stock),
        leaves(Make::OURS),
    );
    for hosts in more_than_neighbors() {
        let rate = |make| {
            let time = turns(link, make, hosts);
            let rate = f64::from(hosts) * 1e6 / time.total_micros() as f64;
            format!("{rate:.1} a second")
        };
        row(
            format!("{hosts} hosts taking turns: sessions"),
            rate(Make::Stock),
            rate(Make::OURS),
        );
    }
    for places in [2, 8] {
        for (what, syns) in [
            ("no flood", Syns::None),
            ("far senders", Syns::Far),
            ("senders on the link", Syns::Near),
        ] {
            let served = |make| sessions_in_a_flood(link, make, places, syns);
            row(
                format!(
                    "{OFFERED} sessions in 10 s, {places} places, {FLOOD} forged SYN a second \
                     ({what}): completed"
                ),
                served(Make::Stock),
                served(with_room(8)),
            );
        }
    }
    row(
        format!("{} frames at once: taken in one call", work::FRAMES),
        work::stock(link).taken,
        work::ours(link).taken,
    );
}
