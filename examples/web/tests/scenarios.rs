//! Each guided scenario shows what the page says.

use engine::scenarios::{SCENARIOS, Scenario};
use engine::{Run, Script};
use uppercase::trace::{Fate, Record};

fn scenario(id: &str) -> Run {
    with(id, "")
}

/// The scenario with another line in its script.
fn with(id: &str, line: &str) -> Run {
    let scenario = Scenario::of(id).unwrap_or_else(|| panic!("there is no scenario {id}"));
    let run = Run::new(&Script::parse(&format!("{}\n{line}", scenario.script)));
    println!("{}", engine::text(&run, 110)); // where a test fails
    run
}

fn record<'r>(run: &'r Run, name: &str) -> &'r Record {
    let index = run.names.iter().position(|(other, _)| other == name);
    let index = index.unwrap_or_else(|| panic!("no {name} in {:?}", run.names));
    &run.records[index]
}

fn sent(run: &Run, name: &str) -> i64 {
    let sent = record(run, name).sent;
    sent.map_or(0, |sent| sent.total_millis())
}

/// What stands on the arrows.
fn labels(run: &Run) -> Vec<String> {
    let ladder = run.ladder();
    let label = |frame: &uppercase::trace::Frame| {
        let fields: Vec<_> = frame
            .message
            .fields
            .iter()
            .map(|field| field.shown())
            .collect();
        fields.join(" ")
    };
    ladder.frames().iter().map(label).collect()
}

fn label(run: &Run, name: &str) -> String {
    let index = run.names.iter().position(|(other, _)| other == name);
    labels(run)[index.unwrap_or_else(|| panic!("no {name} in {:?}", run.names))].clone()
}

/// The states into which a host has come.
fn states(run: &Run, host: &str) -> Vec<String> {
    let changes = run.changes.iter().filter(|change| *change.host == *host);
    changes.map(|change| change.to.to_string()).collect()
}

fn lost(run: &Run) -> usize {
    let lost = run
        .records
        .iter()
        .filter(|record| record.fate == Fate::Lost);
    lost.count()
}

fn answers(run: &Run) -> Vec<&str> {
    run.answers().collect()
}

fn errors(run: &Run) -> Vec<&str> {
    let errors = run
        .notes
        .iter()
        .filter(|note| note.kind == engine::log::Kind::Error);
    errors.map(|note| &note.text[..]).collect()
}

#[test]
fn handshake() {
    let run = scenario("handshake");
    assert!(label(&run, "client.t1.syn.1").starts_with("SYN seq=0 win="));
    assert!(label(&run, "server.t1.synack.1").starts_with("SYN ACK seq=0 ack=1"));
    // The third segment acknowledges, and has the line.
    assert!(label(&run, "client.t1.1+13.1").contains("ACK seq=1 ack=1"));
    assert!(
        !labels(&run)
            .iter()
            .any(|label| label.starts_with("ACK seq=1 ack=1 "))
    );
}

#[test]
fn lost_syn() {
    let run = scenario("lost-syn");
    let waited = sent(&run, "client.t1.syn.2") - sent(&run, "client.t1.syn.1");
    assert_eq!(waited, 1000);
    assert_eq!(answers(&run), ["HELLO, WORLD"]);
    let run = with(
        "lost-syn",
        "fate client.t1.syn.2 lose\nfate client.t1.syn.3 lose",
    );
    let waits = [(2, 3), (3, 4)].map(|(one, other)| {
        let [one, other] =
            [one, other].map(|number| sent(&run, &format!("client.t1.syn.{number}")));
        other - one
    });
    assert_eq!(waits, [2000, 4000]);
    assert_eq!(answers(&run), ["HELLO, WORLD"]);
}

#[test]
fn lost_ack() {
    let run = scenario("lost-ack");
    assert_eq!(record(&run, "server.t1.1+13.1").fate, Fate::Lost);
    assert_eq!(record(&run, "server.t1.1+13.2").fate, Fate::Delivered);
    assert_eq!(answers(&run), ["HELLO, WORLD"]);
    // "The client may send its line again": it does, and is answered once.
    assert_eq!(record(&run, "client.t1.1+13.2").fate, Fate::Delivered);
}

#[test]
fn reordering() {
    let run = scenario("reordering");
    let late = record(&run, "client.t1.1+1460.1");
    let second = record(&run, "client.t1.1461+540.1");
    assert!(late.arrived > second.arrived);
    // Before the gap is filled, what comes behind it does not move the acknowledgement number.
    let labels = labels(&run);
    let of_server = labels.iter().zip(&run.records);
    let of_server = of_server.filter(|(_, record)| record.from.as_deref() == Some("server"));
    let of_server = of_server.filter(|(_, record)| record.sent >= second.arrived);
    let (before, after): (Vec<_>, Vec<_>) =
        of_server.partition(|(_, record)| record.sent < late.arrived);
    assert!(!before.is_empty());
    assert!(
        before.iter().all(|(label, _)| label.contains("ack=1 ")),
        "{before:?}"
    );
    assert!(after[0].0.contains("ack=2001"), "{after:?}");
}

#[test]
fn zero_window() {
    let run = scenario("zero-window");
    let labels = labels(&run);
    let shut = labels.iter().filter(|label| label.contains("win=0"));
    assert!(shut.count() > 1, "{labels:?}");
    assert!(
        labels
            .iter()
            .any(|label| label.contains("[zero-window probe]")),
        "{labels:?}"
    );
    // Before the server reads, nothing but probes is taken.
    let read = run.notes.iter().find(|note| note.text == "reads on");
    let read = read.map_or(0, |note| note.time);
    let update = labels.iter().zip(&run.records).find(|(label, record)| {
        record.from.as_deref() == Some("server")
            && record.sent.is_some_and(|sent| sent.total_micros() >= read)
            && !label.contains("win=0")
    });
    assert!(update.is_some(), "{labels:?}");
    assert_eq!(run.answers().count(), 4000 / 43);
}

#[test]
fn simultaneous_close() {
    let run = scenario("simultaneous-close");
    for host in ["client", "server"] {
        let states = states(&run, host);
        assert!(
            states.ends_with(&["FIN-WAIT-1".into(), "CLOSING".into(), "TIME-WAIT".into()]),
            "{states:?}"
        );
    }
}

#[test]
fn half_open() {
    let run = scenario("half-open");
    assert!(label(&run, "server.t1.rst.1").starts_with("RST"));
    assert_eq!(answers(&run), ["ONE"]);
    assert_eq!(errors(&run).len(), 1);
    assert!(errors(&run)[0].contains("reset"), "{:?}", errors(&run));
}

#[test]
fn time_wait() {
    let run = scenario("time-wait");
    assert_eq!(record(&run, "client.t1.ack8.1").fate, Fate::Lost);
    assert_eq!(record(&run, "server.t1.fin.2").fate, Fate::Delivered);
    assert_eq!(record(&run, "client.t1.ack8.2").fate, Fate::Delivered);
    assert_eq!(
        states(&run, "server").last().map(String::as_str),
        Some("CLOSED")
    );
    assert_eq!(errors(&run), [""; 0]);
    assert!(!labels(&run).iter().any(|label| label.starts_with("RST")));
}

#[test]
fn slow_link() {
    let (cubic, none) = (scenario("slow-link"), with("slow-link", "congestion none"));
    let (few, many) = (lost(&cubic), lost(&none));
    println!("lost with Cubic: {few}, without congestion control: {many}");
    assert!(many > few);
    assert_eq!(cubic.answers().count(), 16_000 / 43);
    assert!(!cubic.is_cut_short);
}

/// The lengths of the IP packets that a host has sent from a moment on, in milliseconds.
fn lengths(run: &Run, host: &str, from: i64) -> Vec<usize> {
    let sent = run.records.iter().filter(|record| {
        record.from.as_deref() == Some(host)
            && record.sent.is_some_and(|sent| sent.total_millis() > from)
    });
    sent.map(|record| record.bytes.len() - 14).collect()
}

fn errors_of_router(run: &Run) -> usize {
    let labels = labels(run);
    let is_error = |label: &&String| label.contains("fragmentation needed mtu=1300");
    labels.iter().filter(is_error).count()
}

#[test]
fn path_mtu() {
    let run = scenario("path-mtu");
    let long = record(&run, "client.t1.1+1460.1");
    assert_eq!(long.fate, Fate::Lost);
    assert_eq!(long.comment, "longer than 1300 bytes");
    assert!(errors_of_router(&run) >= 2);
    // The same bytes, at once, and nothing longer any more.
    let again = record(&run, "client.t1.1+1260.1");
    let (told, again) = (sent(&run, "router.icmp.1"), again.sent);
    let waited = again.map(|again| again.total_millis() - told);
    assert!(waited.is_some_and(|waited| waited <= 10), "{waited:?}");
    assert_eq!(lengths(&run, "client", told).iter().max(), Some(&1300));
    assert!(lengths(&run, "server", 0).contains(&1500));
    assert_eq!(run.answers().count(), 4000 / 43);
    // "It does not listen to routers, and sends the same long segment in vain."
    let plain = with("path-mtu", "server plain");
    let number = 1 + 1260;
    assert_eq!(
        record(&plain, &format!("server.t1.{number}+1460.4")).fate,
        Fate::Lost
    );
    assert!(plain.answers().count() < 4000 / 43);
}

#[test]
fn path_mtu_filtered() {
    let run = scenario("path-mtu-filtered");
    assert_eq!(errors_of_router(&run), 0);
    assert_eq!(record(&run, "client.t1.1+1460.1").fate, Fate::Lost);
    assert_eq!(record(&run, "client.t1.1461+588.1").fate, Fate::Delivered);
    // "The client sends it again, in vain."
    assert_eq!(record(&run, "client.t1.1+1460.2").fate, Fate::Lost);
    let third = record(&run, "client.t1.1+1460.3");
    assert_eq!(
        (third.fate, &third.comment[..]),
        (Fate::Delivered, "in 2 fragments")
    );
    let sent = sent(&run, "client.t1.1+1460.3");
    assert_eq!(lengths(&run, "client", sent).iter().max(), Some(&1280));
    assert_eq!(run.answers().count(), 4000 / 43);
}

#[test]
fn flood() {
    let plain = scenario("flood-plain");
    assert_eq!(answers(&plain), [""; 0]);
    assert!(
        errors(&plain)[0].contains("refused"),
        "{:?}",
        errors(&plain)
    );
    assert!(label(&plain, "server.t1.rst.1").starts_with("RST"));
    let ours = scenario("flood");
    assert_eq!(answers(&ours), ["LET ME IN"]);
}

#[test]
fn forged() {
    let plain = scenario("forged-plain");
    assert_eq!(answers(&plain), [""; 0]);
    // It asks for a host that there is not, again and again.
    let asks = labels(&plain);
    let asks = asks
        .iter()
        .filter(|label| label.contains("ARP request for 192.168.69.66"));
    assert!(asks.count() > 2);
    let ours = scenario("forged");
    assert_eq!(answers(&ours), ["IS THERE ANYONE?"]);
    assert!(
        !labels(&ours)
            .iter()
            .any(|label| label.contains("request for 192.168.69.66"))
    );
}

#[test]
fn a_ladder_has_the_clients_on_one_side_and_the_server_on_the_other() {
    for scenario in SCENARIOS {
        let run = Run::new(&Script::parse(scenario.script));
        let ladder = run.ladder();
        let title = &ladder.title(uppercase::trace::Side::Right)[0];
        let mut hosts = title.split(", ");
        assert!(
            hosts.any(|host| host == "server"),
            "{}: {title}",
            scenario.id
        );
        assert!(
            !hosts.any(|host| host == "client"),
            "{}: {title}",
            scenario.id
        );
    }
}

#[test]
fn all_scenarios_are_short_and_have_a_name_of_their_own() {
    for (index, scenario) in SCENARIOS.iter().enumerate() {
        let run = Run::new(&Script::parse(scenario.script));
        assert!(
            !run.is_cut_short && run.records.len() < 120,
            "{}: {}",
            scenario.id,
            run.records.len()
        );
        assert!(
            SCENARIOS[..index]
                .iter()
                .all(|other| other.id != scenario.id)
        );
        assert!(scenario.question.ends_with('?'), "{}", scenario.id);
    }
}
