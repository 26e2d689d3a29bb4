//! How large and how fast it is. Only sizes are held to a limit.

use std::fs;

use crate::driver::Browser;

/// What the page may take, in bytes.
const MOST: u64 = 400_000;

/// 100 frames, more or less.
const HUNDRED: &str = "do 0 client bulk 60000\\ndo 4000 client finish";
/// How often each figure is taken: of these, the least and the one in the middle are printed, as
/// something else may run on this machine.
const TIMES: usize = 25;

pub fn memory(browser: &Browser) {
    browser.open("");
    let code = format!(
        "const script = '{HUNDRED}', once = 'do 0 client tcp hello, world';
         for (let i = 0; i < 100; i++) lab.run(script);
         const before = lab.memory();
         for (let i = 0; i < 10000; i++) lab.run(i % 100 ? once : script);
         return [before, lab.memory()]"
    );
    let sizes = browser.run_async(&format!("arguments[0]((() => {{ {code} }})())"));
    println!("memory of the engine after 100 and 10 100 runs: {sizes} bytes");
    assert_eq!(sizes[0], sizes[1]);
}

pub fn print(browser: &Browser) {
    browser.open("");
    let size = fs::metadata(crate::page().as_path()).map_or(0, |metadata| metadata.len());
    println!("the page: {size} bytes");
    assert!(size <= MOST, "the page has more than {MOST} bytes");
    let first = taken(|| {
        browser.open("");
        let code = "const [load] = performance.getEntriesByType('navigation');
             return Number(document.body.dataset.drawn) - load.domContentLoadedEventStart";
        browser.run(code)
    });
    println!("from DOMContentLoaded to the first ladder: {first}");
    let replay = taken(|| {
        browser.run(&format!(
            "const from = performance.now(); lab.run('{HUNDRED}'); return performance.now() - from"
        ))
    });
    let frames = browser.run(&format!("return lab.run('{HUNDRED}').frames.length"));
    println!("a replay of {frames} frames: {replay}");
    let address = HUNDRED.replace("do ", "do=").replace("\\n", "&");
    browser.open(&address.replace(' ', "+"));
    let shown =
        taken(|| browser.run("lab.show(); return Number(document.body.dataset.milliseconds)"));
    println!("the same, with the drawing: {shown}");
}

/// The least and the middle of what is taken several times, in milliseconds.
fn taken(mut take: impl FnMut() -> serde_json::Value) -> String {
    let mut all: Vec<f64> = (0..TIMES).filter_map(|_| take().as_f64()).collect();
    all.sort_by(f64::total_cmp);
    assert_eq!(all.len(), TIMES);
    format!(
        "{:.1} ms at least, {:.1} ms in the middle",
        all[0],
        all[TIMES / 2]
    )
}
