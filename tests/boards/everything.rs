//! In a checkout, the tests are built with all that they need: `tests/everything` asks for the features of
//! the program. Where the package was unpacked, it is not there.

use std::fs;
use std::path::Path;

use libtest_mimic::Trial;
use toml::Table;

use crate::shared::missing::{self, Failure, Missing};

/// The features of the program, as in `tests/parts/features.rs`.
const ALL: [&str; 2] = ["uppercase/command", "uppercase/tuntap"];

pub fn trials() -> [Trial; 1] {
    [Trial::ignorable_test(
        "everything::a_checkout_is_built_with_the_features_of_the_program",
        || missing::completion(is_built_with_all_features()),
    )]
}

fn is_built_with_all_features() -> Result<(), Failure> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/everything/Cargo.toml");
    let Ok(manifest) = fs::read_to_string(path) else {
        return Err(Failure::Missing(Missing {
            what: "tests/everything".into(),
            command: "take the repository, as the package is without it",
            arguments: String::new(),
            details: String::new(),
        }));
    };
    let manifest: Table = manifest.parse().expect("cargo can read it, too");
    let asked = manifest["features"]["default"].as_array();
    let asked = asked.expect("a list").iter().map(toml::Value::as_str);
    assert!(asked.eq(ALL.map(Some)), "{manifest}");
    Ok(())
}
