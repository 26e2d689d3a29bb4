//! The commit that a release names: the build script is given folders as users have them.

#[allow(dead_code)] // It is the whole part of the build script.
#[path = "../../src/command/build.rs"]
mod build;

use std::fs;
use std::path::Path;

use crate::command::{own_directory, run};
use crate::namespace::{Test, tests, tool};

pub const TESTS: &[Test] = tests![
    commit_is_the_last_one_that_has_changed_what_is_built,
    package_has_the_commit_that_it_was_made_of,
    folder_of_no_repository_has_no_commit,
];

/// Runs git in this folder, and returns what it prints.
#[track_caller]
fn git(folder: &Path, arguments: &[&str]) -> String {
    let mut git = tool("git");
    git.arg("-C").arg(folder).args(arguments);
    for variable in ["GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"] {
        git.env(variable, "nobody");
    }
    for variable in ["GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"] {
        git.env(variable, "nobody@example.org");
    }
    run(&mut git, "").text().trim().to_owned()
}

/// Writes a file and commits all; returns the commit.
fn commit(folder: &Path, file: &str) -> String {
    let file = folder.join(file);
    fs::create_dir_all(file.parent().expect("a folder")).unwrap();
    fs::write(file, "text").unwrap();
    git(folder, &["add", "."]);
    git(folder, &["commit", "--quiet", "-m", "change"]);
    git(folder, &["rev-parse", "--short=12", "HEAD"])
}

fn commit_is_the_last_one_that_has_changed_what_is_built() {
    let folder = own_directory();
    git(folder, &["init", "--quiet"]);
    commit(folder, "Cargo.toml");
    commit(folder, "Cargo.lock");
    let source = commit(folder, "src/main.rs");
    assert_eq!(build::commit(folder).as_ref(), Some(&source));
    let other = commit(folder, "docs/page.md");
    assert_ne!(other, source);
    assert_eq!(build::commit(folder).as_ref(), Some(&source));
    // Others than those may be changed.
    fs::write(folder.join("docs/page.md"), "changed").unwrap();
    assert_eq!(build::commit(folder), Some(source.clone()));
    fs::write(folder.join("src/main.rs"), "changed").unwrap();
    assert_eq!(build::commit(folder), Some(format!("{source}, modified")));
}

fn package_has_the_commit_that_it_was_made_of() {
    let folder = own_directory();
    let sha = "0123456789abcdef0123456789abcdef01234567";
    for (more, said) in [("", ""), (", \"dirty\": true", ", modified")] {
        let info = format!(
            "{{\n  \"git\": {{\n    \"sha1\": \"{sha}\"{more}\n  }},\n  \"path_in_vcs\": \"\"\n}}"
        );
        fs::write(folder.join(".cargo_vcs_info.json"), info).unwrap();
        assert_eq!(build::commit(folder), Some(format!("0123456789ab{said}")));
    }
    fs::write(folder.join(".cargo_vcs_info.json"), "{}").unwrap();
    assert_eq!(build::commit(folder), None);
}

/// The repository around it is that of another project.
fn folder_of_no_repository_has_no_commit() {
    let around = own_directory();
    git(around, &["init", "--quiet"]);
    commit(around, "unpacked/src/main.rs");
    assert_eq!(build::commit(&around.join("unpacked")), None);
}
