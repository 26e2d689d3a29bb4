//! What axe, a checker of accessibility, finds.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use crate::driver::Browser;

/// The checker, which is fetched into the target folder.
fn axe_source() -> String {
    let folder = crate::folder("axe");
    let status = Command::new("npm")
        .args([
            "install",
            "--no-audit",
            "--no-fund",
            "--silent",
            "axe-core@4",
        ])
        .current_dir(&folder)
        .status();
    assert!(
        status.is_ok_and(|status| status.success()),
        "axe-core cannot be had by npm"
    );
    let source = fs::read_to_string(folder.join("node_modules/axe-core/axe.min.js"));
    source.expect("the package has this file")
}

fn check(browser: &Browser, source: &str, what: &str) {
    let code = format!(
        "const done = arguments[0];\n{source};\naxe.run().then(found => done(found.violations), error => done(String(error)))"
    );
    let found = browser.run_async(&code);
    let found = found
        .as_array()
        .unwrap_or_else(|| panic!("{what}: {found}"))
        .clone();
    let shorter = |violation: &Value| {
        let nodes = violation["nodes"].as_array().cloned().unwrap_or_default();
        let nodes: Vec<_> = nodes
            .iter()
            .map(|node| node["html"].clone())
            .take(3)
            .collect();
        format!("{} {}\n  {:?}", violation["id"], violation["help"], nodes)
    };
    let found: Vec<_> = found.iter().map(shorter).collect();
    assert!(found.is_empty(), "{what}:\n{}", found.join("\n"));
}

pub fn axe(browser: &Browser) {
    let source = axe_source();
    for scheme in ["light", "dark"] {
        let features = [
            json!({ "name": "prefers-color-scheme", "value": scheme }),
            json!({ "name": "prefers-reduced-motion", "value": "reduce" }),
        ];
        browser.command(
            "Emulation.setEmulatedMedia",
            json!({ "features": features }),
        );
        for width in [360, 1400] {
            browser.resize(width);
            browser.open("scenario=lost-syn&do=0+client+tcp+hello&fate=client.t1.syn.1+lose");
            check(browser, &source, &format!("{scheme}, {width} pixels"));
            browser.click("text[data-frame=\"2\"]");
            browser.run("document.querySelectorAll('details').forEach(one => one.open = true)");
            check(
                browser,
                &source,
                &format!("{scheme}, {width} pixels, all open"),
            );
        }
    }
}
