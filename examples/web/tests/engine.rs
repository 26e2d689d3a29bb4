//! What the engine promises, natively.

use engine::decode::layers;
use engine::script::{Deed, Script};
use engine::{Run, report};
use uppercase::trace::Fate;

fn run(script: &str) -> Run {
    Run::new(&Script::parse(script))
}

fn names(run: &Run) -> Vec<&str> {
    run.names.iter().map(|(name, _)| &name[..]).collect()
}

#[test]
fn a_line_over_tcp_returns_in_capitals() {
    let run = run("do 0 client tcp hello, straße 한국 🙂\ndo 500 client finish");
    assert_eq!(
        run.answers().collect::<Vec<_>>(),
        ["HELLO, STRASSE 한국 🙂"]
    );
    let expected = [
        "client.arp-request.1",
        "server.arp-reply.1",
        "client.t1.syn.1",
        "server.t1.synack.1",
        "client.t1.1+27.1",
        "server.t1.1+27.1",
        "client.t1.ack28.1",
        "client.t1.fin.1",
        "server.t1.fin.1",
        "client.t1.ack29.1",
    ];
    assert_eq!(names(&run), expected);
}

#[test]
fn a_line_over_udp_returns_in_capitals_over_either_ip_version() {
    for version in [4, 6] {
        let run = run(&format!("ip {version}\ndo 0 client udp hello"));
        assert_eq!(run.answers().collect::<Vec<_>>(), ["HELLO"], "{version}");
        let names = names(&run);
        assert!(
            names.contains(&"client.u1.1") && names.contains(&"server.u1.1"),
            "{names:?}"
        );
    }
}

#[test]
fn plain_smoltcp_answers_as_well() {
    let run =
        run("server plain\ndo 0 client tcp hello\ndo 500 client udp more\ndo 900 client finish");
    assert_eq!(run.answers().collect::<Vec<_>>(), ["HELLO", "MORE"]);
}

#[test]
fn the_same_script_gives_the_same_run() {
    for seed in 0..20 {
        let script = format!("seed {seed}\nloss 20\ndo 0 client tcp one\ndo 50 client udp two");
        let (one, other) = (run(&script), run(&script));
        assert_eq!(one.records, other.records);
        assert_eq!(one.samples, other.samples);
        assert_eq!(one.notes, other.notes);
    }
}

#[test]
fn a_choice_still_means_its_frame_when_an_earlier_one_has_another_fate() {
    let answer = "fate server.t1.1+4.1 lose";
    let is_lost = |run: &Run| {
        let frame = names(run)
            .iter()
            .position(|name| *name == "server.t1.1+4.1");
        frame.map(|frame| run.records[frame].fate)
    };
    for earlier in [
        "",
        "client.arp-request.1 lose",
        "client.t1.syn.1 lose",
        "client.t1.1+4.1 twice 5",
    ] {
        let run = run(&format!("do 0 client tcp one\nfate {earlier}\n{answer}"));
        assert_eq!(is_lost(&run), Some(Fate::Lost), "{earlier}");
        assert_eq!(run.answers().collect::<Vec<_>>(), ["ONE"], "{earlier}");
        let lost = run
            .records
            .iter()
            .filter(|record| record.fate == Fate::Lost);
        assert_eq!(
            lost.count(),
            1 + usize::from(earlier.ends_with("lose")),
            "{earlier}"
        );
    }
}

#[test]
fn each_fate_is_met() {
    for (fate, met) in [
        ("lose", Fate::Lost),
        ("twice 10", Fate::Duplicate),
        ("spoil", Fate::Corrupted),
        ("delay 300", Fate::Delivered),
    ] {
        let run = run(&format!("do 0 client tcp one\nfate client.t1.1+4.1 {fate}"));
        let of_name = run.names.iter().zip(&run.records);
        let mut records = of_name.filter(|((name, _), _)| name == "client.t1.1+4.1");
        let record = records.find(|(_, record)| record.fate == met);
        let (_, record) = record.unwrap_or_else(|| panic!("{fate}: {:?}", run.records));
        if fate.starts_with("delay") {
            let delay = record
                .arrived
                .zip(record.sent)
                .map(|(arrived, sent)| arrived - sent);
            assert_eq!(delay.map(|delay| delay.total_millis()), Some(320));
        }
        assert_eq!(run.answers().collect::<Vec<_>>(), ["ONE"], "{fate}");
    }
}

#[test]
fn three_clients_share_two_places() {
    let run = run(
        "clients 3\ndo 0 client tcp one\ndo 0 client2 tcp two\ndo 0 client3 tcp three\n\
         do 500 client finish\ndo 1000 client2 finish\ndo 1500 client3 finish",
    );
    let mut answers: Vec<_> = run.answers().collect();
    answers.sort();
    assert_eq!(answers, ["ONE", "THREE", "TWO"]);
    // All hosts on the link hear a question for an address; it is for one of them.
    for record in &run.records {
        assert_eq!(
            record.from.as_deref() == Some("server"),
            record.to.as_deref() != Some("server")
        );
    }
}

#[test]
fn a_host_can_lose_its_power_and_boot() {
    for host in ["client", "server"] {
        for server in ["ours", "plain"] {
            let run = run(&format!(
                "server {server}\ndo 0 client tcp one\ndo 300 {host} crash\ndo 400 {host} boot\n\
                 do 900 client tcp two\ndo 70000 client tcp three"
            ));
            assert_eq!(run.answers().last(), Some("THREE"), "{host} {server}");
        }
    }
}

#[test]
fn a_wire_can_be_cut_and_mended() {
    let run = run("do 0 client tcp one\ndo 300 wire cut\ndo 400 client tcp two\ndo 2500 wire mend");
    assert_eq!(run.answers().collect::<Vec<_>>(), ["ONE", "TWO"]);
    assert!(
        run.records
            .iter()
            .any(|record| record.comment == "the link is cut")
    );
}

#[test]
fn any_script_comes_to_an_end() {
    let scripts = [
        "",
        "nonsense\ndo\ndo x client tcp y\ndo 0\ndo 0 client\nfate\nfate x\nseed x\nbuffer x",
        "do 99999999999 client tcp late",
        "buffer 1\nmtu 1\nplaces 99\nclients 99\nqueue 0\nrate 1\ndelay 999999\ndo 0 client tcp x",
        "do 0 client bulk 999999999",
        "do 0 wire flood 999999",
        "loss 100\ndo 0 client tcp x\ndo 0 client udp x",
        "do 0 nobody tcp x\ndo 0 client crash\ndo 0 client crash\ndo 0 client tcp x\ndo 0 client boot\ndo 0 client boot",
        "ack 500\nnagle on\ncongestion none\nrate 64\nqueue 1\ndo 0 client bulk 100000",
    ];
    for script in scripts {
        let run = run(script);
        assert!(report::run(&run, 300).starts_with('{'), "{script}");
        engine::capture(&run);
        engine::text(&run, 10);
    }
}

#[test]
fn an_action_is_read_with_its_blanks() {
    let script = Script::parse("do 5 client tcp  two  blanks ");
    assert_eq!(script.actions[0].deed, Deed::Tcp(" two  blanks ".into()));
}

#[test]
fn the_layers_of_a_frame_have_each_byte_once() {
    let scripts = [
        "do 0 client tcp hello\ndo 300 client finish",
        "ip 6\ndo 0 client udp hello",
        "do 0 client udp hello",
    ];
    for script in scripts {
        let run = run(script);
        for record in &run.records {
            let layers = layers(&record.bytes);
            let fields = layers.iter().flat_map(|layer| &layer.fields);
            let end = fields.fold(0, |at, field| {
                assert_eq!(field.at, at, "{} in {layers:?}", field.name);
                at + field.length
            });
            assert_eq!(end, record.bytes.len(), "{layers:?}");
            let wrong = layers.iter().flat_map(|layer| &layer.fields);
            assert!(
                !wrong.clone().any(|field| field.value.ends_with("wrong")),
                "{layers:?}"
            );
        }
    }
}

#[test]
fn what_a_router_forwards_is_one_arrow_and_each_link_has_it_in_the_capture() {
    for version in [4, 6] {
        let run = run(&format!("ip {version}\nmtu 1400\ndo 0 client tcp one"));
        assert_eq!(run.answers().collect::<Vec<_>>(), ["ONE"], "{version}");
        let syn = run
            .names
            .iter()
            .position(|(name, _)| name == "client.t1.syn.1");
        let syn = &run.records[syn.expect("the client opens a connection")];
        assert_eq!(syn.from.as_deref(), Some("client"));
        assert_eq!(syn.to.as_deref(), Some("server"));
        let time = |(from, to)| to - from;
        let delay = syn.sent.zip(syn.arrived).map(time);
        assert_eq!(delay.map(|delay| delay.total_millis()), Some(20));
        let is_forwarded = |name: &&str| name.starts_with("router") && name.contains(".t1.");
        assert_eq!(names(&run).into_iter().filter(is_forwarded).count(), 0);
        let on_links = run.on_links.as_ref().expect("there is a router");
        let syns = on_links
            .names
            .iter()
            .filter(|(name, _)| name.contains(".syn."));
        assert_eq!(syns.count(), 2);
    }
}
