//! The source files do not import each other in circles, and a type's methods are in its own file.

mod module;
mod tokens;
mod tree;

use std::fs;
use std::path::Path;

use tree::{Tree, circles, explain};

/// The library and the command.
const ROOTS: [&str; 2] = ["lib.rs", "main.rs"];

fn source(file: &str) -> Option<String> {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(file)).ok()
}

#[test]
fn files_do_not_import_each_other_in_circles() {
    for root in ROOTS {
        let tree = Tree::read(root, source);
        assert!(tree.len() > 10, "{} files", tree.len());
        let needs = tree.needs();
        let circles = circles(&needs);
        let explained = circles.iter().map(|circle| explain(&needs, circle));
        assert!(
            circles.is_empty(),
            "move what these share to a file of its own:\n{}",
            explained.collect::<Vec<_>>().join("\n")
        );
    }
}

#[test]
fn no_file_has_only_methods_of_another_files_type() {
    for root in ROOTS {
        let tree = Tree::read(root, source);
        assert_eq!(tree.only_methods(), [""; 0], "move them to the type");
    }
}

/// A tree of modules that exists here only.
fn planted(files: &[(&str, &str)]) -> Tree {
    let source = |wanted: &str| {
        let mut files = files.iter();
        files
            .find(|(file, _)| *file == wanted)
            .map(|(_, text)| (*text).to_owned())
    };
    Tree::read("lib.rs", source)
}

fn circle_among(files: &[(&str, &str)]) -> Option<String> {
    let needs = planted(files).needs();
    circles(&needs)
        .first()
        .map(|circle| explain(&needs, circle))
}

const ROOT: (&str, &str) = ("lib.rs", "mod a;\nmod b;\npub use a::A;");
const B: (&str, &str) = ("b.rs", "use crate::A;\npub struct B(A);\npub fn new() {}");

#[test]
fn circle_is_found_whichever_way_it_is_imported() {
    for uses_b in [
        "use crate::b::B;",
        "use super::b::B as Other;",
        "use crate::{b::{new, B}, A as Me};",
        "use { super :: { b :: * } }; fn f(_: B) {}",
        "#[cfg(feature = \"none\")]\nuse crate::b::B;",
        "#[cfg(not(test))] use super::{b::{self}}; fn f() { b::new() }",
        "use crate::b; type T = b::B;",
        "fn f() { crate::b::new() }",
        "fn f() { use super::b::new; new() }",
        "const Q: char = '\"'; const N: char = '\\''; use crate::b::B;",
        "fn f<'a>(x: &'a str) {} use crate::b::B;",
        "impl From<crate::b::B> for A { }",
        "mod inner { pub use super::super::b::B; }",
    ] {
        let a = format!("{uses_b}\npub struct A;");
        let circle = circle_among(&[ROOT, ("a.rs", &a), B]).unwrap_or_else(|| panic!("{a}"));
        assert!(circle.contains("a.rs imports"), "{a}: {circle}");
        assert!(circle.contains("b.rs imports A of a.rs"), "{a}: {circle}");
    }
}

#[test]
fn circle_of_several_files_in_folders_is_found() {
    let files = [
        ("lib.rs", "mod one;\nmod two;"),
        ("one.rs", "mod inner;\npub use inner::Inner;"),
        (
            "one/inner.rs",
            "use crate::two::deep::Deep;\npub struct Inner(Deep);",
        ),
        ("two.rs", "pub mod deep;\npub(crate) mod other;"),
        (
            "two/deep.rs",
            "use super::other;\npub struct Deep(other::Other);",
        ),
        ("two/other.rs", "pub struct Other(crate::one::Inner);"),
    ];
    let expected = "  one/inner.rs imports Deep of two/deep.rs\n  \
                    two/deep.rs imports Other of two/other.rs\n  \
                    two/other.rs imports Inner of one/inner.rs\n";
    assert_eq!(circle_among(&files).as_deref(), Some(expected));
}

#[test]
fn names_that_are_not_imported_are_no_circle() {
    for harmless in [
        "// use crate::b::B;",
        "/* /* nested */ use crate::b::B; */",
        "/// See [`B`](crate::b::B).",
        "const TEXT: &str = \"\\\"; use crate::b::B;\";",
        "const TEXT: &str = r#\"\"; use crate::b::B;\"#;",
        "#[cfg(test)]\nmod tests { use crate::b::B; }",
        "#[cfg(test)]\nmod tests;",
        "use std::b::B;",
        "use crate::b;",
        "mod own { pub struct B; }\nuse own::B;",
    ] {
        let a = format!("{harmless}\npub struct A;");
        assert_eq!(circle_among(&[ROOT, ("a.rs", &a), B]), None, "{a}");
    }
}

#[test]
fn file_with_only_methods_of_another_files_type_is_found() {
    let with = |c: &str| {
        let root = "mod a;\nmod c;\npub use a::A;";
        let tree = planted(&[
            ("lib.rs", root),
            ("a.rs", "pub struct A<T>(T);"),
            ("c.rs", c),
        ]);
        tree.only_methods().contains(&"c.rs")
    };
    assert!(with(
        "use crate::a::A;\nimpl<T: Fn() -> u8> A<T> { pub fn more(&self) {} }"
    ));
    assert!(with(
        "use super::A;\nfn help() {}\nimpl<'a, T> Iterator for &'a mut A<T> where T: Copy {}"
    ));
    assert!(with("impl core::fmt::Debug for crate::A<()> {}"));
    assert!(!with(
        "use super::A;\npub trait More {}\nimpl<T> More for A<T> {}"
    ));
    assert!(!with(
        "use super::A;\npub struct C;\nimpl From<A<u8>> for C {}"
    ));
    assert!(!with(
        "use super::A;\npub(super) fn new() {}\nimpl<T> Drop for A<T> {}"
    ));
    assert!(!with("impl core::fmt::Debug for std::io::Error {}"));
    assert!(!with("use super::A;\nfn f(_: A<u8>) {}"));
}
