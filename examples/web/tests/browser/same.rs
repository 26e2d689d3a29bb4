//! The same run natively and in the browser.

use engine::{Run, Script, capture};
use serde_json::json;

use crate::driver::Browser;

/// Scripts that between them use all parts of the stacks.
const SCRIPTS: [&str; 5] = [
    "do 0 client tcp hello, world\ndo 400 client finish",
    "loss 20\ndo 0 client tcp one\ndo 100 client udp two\ndo 3000 client tcp three",
    "ip 6\nloss 10\ndo 0 client tcp one\ndo 0 client udp two\ndo 2000 server crash\ndo 2500 server boot\ndo 3000 client tcp three",
    "clients 3\nloss 5\ndo 0 client tcp one\ndo 0 client2 tcp two\ndo 0 client3 tcp three\ndo 500 client finish",
    "server plain\nrate 256\nqueue 4\nloss 2\ndo 0 client bulk 20000\ndo 0 client udp two",
];

pub fn hundred_seeds(browser: &Browser) {
    browser.open("");
    let scripts: Vec<_> = (0..100)
        .map(|seed| format!("seed {seed}\n{}", SCRIPTS[seed % SCRIPTS.len()]))
        .collect();
    let code = format!(
        "return {}.map(script => {{ lab.run(script); return [...lab.capture()] }})",
        json!(scripts)
    );
    let captures = browser.run(&code);
    let captures = captures.as_array().expect("there is one for each script");
    let mut frames = 0;
    for (script, in_browser) in scripts.iter().zip(captures) {
        let run = Run::new(&Script::parse(script));
        frames += run.records.len();
        let in_browser = in_browser.as_array().expect("a file is bytes");
        let in_browser: Vec<_> = in_browser.iter().filter_map(|byte| byte.as_u64()).collect();
        let natively: Vec<_> = capture(&run).into_iter().map(u64::from).collect();
        assert!(in_browser == natively, "the frames differ: {script}");
    }
    assert!(frames > 1000, "{frames} frames are few");
    println!("{frames} frames of 100 runs are the same, byte for byte");
}
