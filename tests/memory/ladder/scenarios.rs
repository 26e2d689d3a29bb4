//! The scenarios, each run by the real stacks on a virtual clock.

use smoltcp::wire::{TcpControl, TcpRepr};
use uppercase::simulation::{Conditions, Probability};
use uppercase::stack::PendingSyn;
use uppercase::tcp::{self, Config};

use super::common::ask::{self, Ask};
use super::common::busy::patient;
use super::common::hand::Hand;
use super::common::network::{HOUR, Link, NOBODY, SECOND};
use super::common::scene::{self, Caller};
use super::common::talk::Talk;
use super::snapshot::check;
use super::world::{ETHERNET, MS, Steps, look_up, lose, network, scene, talk};

#[test]
fn handshake_and_close_by_the_client() {
    let (mut network, trace) = network(ETHERNET);
    talk(&mut network, ETHERNET, Config::default(), |_| {});
    check("client-closes", &trace.ladder());
    check("derived", &trace.derived());
}

#[test]
fn close_by_the_server() {
    let (mut network, trace) = network(ETHERNET);
    let once = Config::default().with_once(true);
    talk(&mut network, ETHERNET, once, |talk| {
        talk.closes_first = false
    });
    check("server-closes", &trace.ladder());
}

#[test]
fn a_lost_syn() {
    let (mut network, trace) = network(ETHERNET);
    lose(&network.to_server, ETHERNET, |control, _| {
        control == TcpControl::Syn
    });
    talk(&mut network, ETHERNET, Config::default(), |_| {});
    check("lost-syn", &trace.ladder());
}

#[test]
fn a_lost_fin() {
    let (mut network, trace) = network(ETHERNET);
    lose(&network.to_client, ETHERNET, |control, _| {
        control == TcpControl::Fin
    });
    talk(&mut network, ETHERNET, Config::default(), |_| {});
    check("lost-fin", &trace.ladder());
}

/// A text of three segments.
fn long(talk: &mut Talk) {
    talk.text = b"one two three four five six seven eight nine ten ".repeat(10);
    talk.piece = 170;
}

#[test]
fn segments_that_overtake_each_other() {
    let (mut network, trace) = network(ETHERNET);
    network.to_server.set(
        Conditions::default()
            .with_delay(MS * 5)
            .with_reordering(Probability::percent(30))
            .with_hold(MS * 4),
    );
    talk(&mut network, ETHERNET, Config::default(), long);
    check("reordering", &trace.ladder());
}

#[test]
fn frames_that_the_network_duplicates() {
    let (mut network, trace) = network(ETHERNET);
    network.to_server.set(
        Conditions::default()
            .with_delay(MS * 5)
            .with_duplication(Probability::percent(40)),
    );
    talk(&mut network, ETHERNET, Config::default(), long);
    check("duplicate", &trace.ladder());
}

#[test]
fn frames_that_the_network_corrupts() {
    let (mut network, trace) = network(ETHERNET);
    network.to_server.set(
        Conditions::default()
            .with_delay(MS * 5)
            .with_corruption(Probability::percent(25))
            .with_truncation(Probability::percent(10)),
    );
    talk(&mut network, ETHERNET, Config::default(), long);
    check("corrupted", &trace.ladder());
}

#[test]
fn a_zero_window() {
    let (mut scene, trace) = scene(ETHERNET, 1, patient());
    let mut caller = Caller::new(&mut scene.network, 64);
    caller.connect(&mut scene);
    scene.step(MS * 40);
    caller.say(&mut scene, &[b'x'; 64]);
    scene.step(MS * 40);
    caller.say(&mut scene, &[b'y'; 64]);
    scene.step(SECOND * 4);
    assert_eq!(caller.hear(&mut scene).0, [b'X'; 64]);
    scene.step(MS * 40);
    assert_eq!(caller.hear(&mut scene).0, [b'Y'; 64]);
    caller.finish(&mut scene);
    scene.step(MS * 60);
    check("zero-window", &trace.ladder());
}

#[test]
fn a_reset() {
    let (mut scene, trace) = scene(ETHERNET, 1, patient());
    let mut caller = scene.call();
    caller.say(&mut scene, b"hello");
    scene.step(MS * 40);
    caller.abort(&mut scene);
    scene.step(MS * 40);
    check("reset", &trace.ladder());
}

#[test]
fn a_refused_port() {
    let (mut network, trace) = network(ETHERNET);
    let mut client = scene::client(network.client.sockets(), 1024, HOUR);
    let nobody = (ETHERNET.server().addr, 7).into();
    client
        .connect(&mut network.context(), nobody)
        .expect("there is a way");
    network.run_for(MS * 40, &mut [], &mut []);
    check("refused", &trace.ladder());
}

#[test]
fn datagrams_with_a_server() {
    let (mut network, trace) = network(ETHERNET);
    let mut server = ask::server(&mut network, 2000, 4);
    let lines: &[&[u8]] = &[b"hello, world\n", "größe 日本\n".as_bytes()];
    let mut asking = Ask::new(&mut network, ETHERNET.server(), lines);
    network.run(HOUR, &mut [&mut server], &mut [&mut asking]);
    assert_eq!(asking.expect_answers().len(), 2);
    check("udp", &trace.ladder());
}

#[test]
fn datagrams_without_a_server() {
    let (mut network, trace) = network(ETHERNET);
    let mut asking = Ask::new(&mut network, ETHERNET.server(), &[b"hello\n"]);
    network.run(HOUR, &mut [], &mut [&mut asking]);
    assert!(asking.answers[0].is_err());
    check("udp-refused", &trace.ladder());
}

#[test]
fn a_neighbor_that_is_not_there() {
    let (mut network, trace) = network(ETHERNET);
    let nobody = (ETHERNET.address(NOBODY), uppercase::PORT).into();
    let mut asking = Ask::new(&mut network, nobody, &[b"hello\n"]);
    network.run(HOUR, &mut [], &mut [&mut asking]);
    check("no-neighbor", &trace.ladder());
}

#[test]
fn a_name() {
    let (mut network, trace) = network(ETHERNET);
    look_up(&mut network, ETHERNET, "server.example");
    check("dns", &trace.ladder());
}

#[test]
fn fragments() {
    let (network, trace) = network(ETHERNET);
    let mut network = network.with_fragmentation(8000);
    let mut server = ask::server(&mut network, 8000, 4);
    let line = [b'x'; 5000];
    let mut asking = Ask::new(&mut network, ETHERNET.server(), &[&line]);
    network.run_for(MS * 50, &mut [&mut server], &mut [&mut asking]);
    check("fragments", &trace.ladder());
}

#[test]
fn a_backlog() {
    let (mut scene, trace) = scene(ETHERNET, 1, patient());
    let stack = *scene.network.server;
    *scene.network.server = stack.with_backlog(vec![PendingSyn::EMPTY; 1]);
    let mut first = scene.call();
    let mut second = Caller::new(&mut scene.network, 1024);
    second.connect(&mut scene);
    scene.step(MS * 100);
    first.finish(&mut scene);
    scene.step(MS * 200);
    second.say(&mut scene, b"my turn\n");
    scene.step(MS * 30);
    second.finish(&mut scene);
    scene.step(MS * 30);
    check("backlog", &trace.ladder());
}

#[test]
fn a_syn_cookie() {
    let (mut scene, trace) = scene(ETHERNET, 1, patient());
    let stack = *scene.network.server;
    *scene.network.server = stack.with_backlog(vec![]);
    let mut first = scene.call();
    let mut second = Caller::new(&mut scene.network, 1024);
    second.connect(&mut scene);
    scene.step(MS * 100);
    first.finish(&mut scene);
    scene.step(SECOND * 2);
    second.say(&mut scene, b"proven\n");
    scene.step(SECOND);
    second.finish(&mut scene);
    scene.step(MS * 50);
    check("cookie", &trace.ladder());
}

#[test]
fn ipv6() {
    let link = Link::ETHERNET_V6;
    let (mut network, trace) = network(link);
    talk(&mut network, link, Config::default(), |_| {});
    check("ipv6", &trace.ladder());
}

#[test]
fn a_link_without_ethernet() {
    let link = Link::IP_V4;
    let (mut network, trace) = network(link);
    talk(&mut network, link, Config::default(), |_| {});
    check("tun", &trace.ladder());
}

#[test]
fn a_connection_that_is_half_open() {
    let (mut scene, trace) = scene(ETHERNET, 1, Config::default());
    let hand = Hand {
        link: ETHERNET,
        from: (ETHERNET.address(super::common::network::CLIENT), 40_000).into(),
        next: smoltcp::wire::TcpSeqNumber(1_000),
        expected: smoltcp::wire::TcpSeqNumber(0),
    };
    // The client's host would reset what it has not asked for.
    scene
        .network
        .to_client
        .filter(|frame| frame[12..14] != [8, 0]);
    let syn = TcpRepr {
        seq_number: hand.next,
        ..hand.syn()
    };
    hand.send(&mut scene, &syn);
    scene.step(SECOND * 12);
    check("half-open", &trace.ladder());
}

#[test]
fn time_wait() {
    let (mut network, trace) = network(ETHERNET);
    lose(&network.to_server, ETHERNET, |control, length| {
        // The last acknowledgement.
        control == TcpControl::None && length == 0
    });
    let mut server = scene::server(&mut network, 1, 1024, Config::default());
    let mut talk = Talk::new(&mut network, ETHERNET.server(), 1024, b"");
    network.run(HOUR, &mut [&mut server], &mut [&mut talk]);
    network.run_for(SECOND * 15, &mut [&mut server], &mut [&mut talk]);
    check("time-wait", &trace.ladder());
}

#[test]
fn keep_alives() {
    let config = patient().with_keep_alive(Some(SECOND));
    let (mut scene, trace) = scene(ETHERNET, 1, config);
    let mut caller = scene.call();
    scene.step(SECOND * 2 + MS * 500);
    caller.finish(&mut scene);
    scene.step(MS * 50);
    check("keep-alive", &trace.ladder());
}

#[test]
fn bulk_that_folds() {
    let (mut network, trace) = network(ETHERNET);
    let mut server = scene::server(&mut network, 1, 16_384, tcp::Config::default());
    let text = super::common::text::mixed(200_000);
    let mut talk = Talk::new(&mut network, ETHERNET.server(), 16_384, &text);
    network.run(HOUR, &mut [&mut server], &mut [&mut talk]);
    network.run_for(MS * 20, &mut [&mut server], &mut [&mut talk]);
    check("bulk", &trace.ladder());
}

#[test]
fn hosts_without_a_delay() {
    let mut network = super::common::network::Network::new(ETHERNET);
    let trace = super::trace::Trace::of(&mut network);
    talk(&mut network, ETHERNET, Config::default(), |_| {});
    check("no-delay", &trace.ladder());
}

#[test]
fn frames_that_cross() {
    let (mut scene, trace) = scene(ETHERNET, 1, patient());
    let mut caller = scene.call();
    // Both ends have something to send at any time.
    for _ in 0..4 {
        caller.say(&mut scene, b"abc");
        scene.step(MS * 2);
    }
    scene.step(MS * 30);
    caller.finish(&mut scene);
    scene.step(MS * 40);
    check("crossing", &trace.ladder());
}
