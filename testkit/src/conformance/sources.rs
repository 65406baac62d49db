//! The tests that a crate's sources hold.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The names of all tests in `src` and `tests` of these crates, or what could not be read.
pub(super) fn tests(crates: &[&Path]) -> Result<BTreeSet<String>, PathBuf> {
    let mut names = BTreeSet::new();
    for root in crates {
        for folder in ["src", "tests"].map(|folder| root.join(folder)) {
            if folder.is_dir() {
                collect(&folder, &mut names)?;
            }
        }
    }
    Ok(names)
}

fn collect(folder: &Path, names: &mut BTreeSet<String>) -> Result<(), PathBuf> {
    for entry in fs::read_dir(folder).map_err(|_| folder.to_owned())? {
        let path = entry.map_err(|_| folder.to_owned())?.path();
        if path.is_dir() {
            collect(&path, names)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let source = fs::read_to_string(&path).map_err(|_| path.clone())?;
            names.extend(tests_in(&source).map(str::to_owned));
        }
    }
    Ok(())
}

/// The functions marked `#[test]` (or `#[tokio::test]`) that are run: not those in comments, nor
/// those marked `#[ignore]`. It reads the source line by line, as rustfmt lays it out; that those
/// of `proptest!` stand one level deeper makes no difference.
pub(super) fn tests_in(source: &str) -> impl Iterator<Item = &str> {
    let mut is_test = false;
    let mut is_ignored = false;
    let mut in_comment = false;
    source.lines().map(str::trim).filter_map(move |line| {
        if in_comment || line.starts_with("/*") {
            in_comment = !line.contains("*/");
        } else if line == "#[test]" || line.starts_with("#[tokio::test") {
            is_test = true;
        } else if line.starts_with("#[ignore") {
            is_ignored = true;
        } else if let Some(name) = function(line) {
            let counts = is_test && !is_ignored;
            (is_test, is_ignored) = (false, false);
            return counts.then_some(name);
        }
        None
    })
}

/// The name of the function that begins on this line.
fn function(line: &str) -> Option<&str> {
    let line = line.strip_prefix("pub ").unwrap_or(line);
    let line = line.strip_prefix("async ").unwrap_or(line);
    let name = line.strip_prefix("fn ")?;
    name.split(|c: char| !c.is_alphanumeric() && c != '_').next()
}
