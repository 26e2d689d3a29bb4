//! How large and how fast it is. Only sizes are held to a limit.

use std::fs;

use crate::driver::Browser;

/// What the page may take, in bytes.
const MOST: u64 = 400_000;

/// About 100 frames.
const HUNDRED: &str = "do 0 client bulk 50000\\ndo 4000 client finish";

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
    let loaded = browser
        .run("return performance.getEntriesByType('navigation')[0].domContentLoadedEventStart");
    let drawn = browser.run("return Number(document.body.dataset.drawn)");
    let first = drawn
        .as_f64()
        .zip(loaded.as_f64())
        .map(|(drawn, loaded)| drawn - loaded);
    println!("from DOMContentLoaded to the first ladder: {first:.1?} ms");
    let code = format!(
        "const script = '{HUNDRED}', times = []; let frames;
         for (let i = 0; i < 50; i++) {{ const from = performance.now(); frames = lab.run(script).frames.length; times.push(performance.now() - from) }}
         return [frames, times.sort((a, b) => a - b)[25]]"
    );
    let replay = browser.run(&code);
    println!("a replay of {} frames: {} ms", replay[0], replay[1]);
}
