//! No test, benchmark or example is left out for want of a feature, with those of the program. That a
//! checkout is built with them is in `tests/boards/everything.rs`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use toml::{Table, Value};

/// The features of the program, with which everything is built.
const ALL: [&str; 2] = ["command", "tuntap"];

fn manifest(path: &str) -> Table {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let text = fs::read_to_string(path).expect("the package has its manifest");
    text.parse().expect("cargo can read it, too")
}

fn strings(value: Option<&Value>) -> impl Iterator<Item = &str> {
    let values = value.and_then(Value::as_array).into_iter().flatten();
    values.filter_map(Value::as_str)
}

/// These features, and all that they enable.
fn closure<'t>(manifest: &'t Table, features: &[&'t str]) -> BTreeSet<&'t str> {
    let mut all = BTreeSet::new();
    let mut left = features.to_vec();
    while let Some(feature) = left.pop() {
        if all.insert(feature) {
            left.extend(strings(manifest["features"].get(feature)));
        }
    }
    all
}

#[test]
#[cfg_attr(
    not(all(feature = "command", feature = "tuntap")),
    ignore = "most tests are left out without: cargo test --features command,tuntap"
)]
fn every_target_is_built_with_the_features_of_the_program() {
    let manifest = manifest("Cargo.toml");
    let enabled = closure(&manifest, &ALL);
    let mut count = 0;
    for kind in ["bin", "test", "bench", "example"] {
        for target in manifest[kind].as_array().expect("there are some") {
            for feature in strings(target.get("required-features")) {
                assert!(enabled.contains(feature), "{target} is not built");
                count += 1;
            }
        }
    }
    assert!(count > 10, "only {count} features are asked for");
}
