//! What the engine promises, natively.

use engine::{Run, Script};

fn run(script: &str) -> Run {
    Run::new(&Script::parse(script))
}

#[test]
fn a_line_over_tcp_returns_in_capitals() {
    let run = run("do 0 client tcp hello, straße 한국 🙂\ndo 500 client finish");
    assert_eq!(
        run.answers().collect::<Vec<_>>(),
        ["HELLO, STRASSE 한국 🙂"]
    );
    println!("{}", engine::text(&run, 100));
    for (name, _) in &run.names {
        println!("{name}");
    }
    println!("{:?}", run.notes);
    println!("{:#?}", run.samples.len());
}
