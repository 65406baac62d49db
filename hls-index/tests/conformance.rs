//! Each test that `docs/conformance/hls.md` names is there.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;
use std::{env, fs, io};

#[test]
fn every_test_that_the_conformance_table_names_exists() {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let table = package.join("../docs/conformance/hls.md");
    let Ok(table) = fs::read_to_string(&table) else {
        // Past the capture of the test's output, so that it is seen.
        let table = table.display();
        let reason = "a packaged crate has no docs beside it";
        writeln!(io::stderr(), "LEFT OUT: {table} is not there ({reason})").unwrap();
        return;
    };
    let mut tests = BTreeSet::new();
    for folder in ["src", "tests"] {
        collect_tests(&package.join(folder), &mut tests);
    }
    let rows = rows(&table);
    assert!(rows.len() > 40, "only {} rows were found", rows.len());
    let problems: Vec<String> = rows.iter().flat_map(|row| problems(row, &tests)).collect();
    assert!(problems.is_empty(), "{problems:#?}");
}

#[test]
fn a_wrong_name_and_a_row_without_test_are_found() {
    let table = "\
| § | requirement | what | where | test |
|---|---|---|---|---|
| 4.1 | one | done | `a` | `there` |
| 4.2 | two | done | `a` | `there`, `not_there` |
| 4.3 | three | done | `a` | |

| § | requirement |
|---|---|
| 4.4 | not done |
";
    let tests = BTreeSet::from(["there".to_owned()]);
    let problems: Vec<String> = rows(table).iter().flat_map(|row| problems(row, &tests)).collect();
    assert_eq!(problems, ["4.2: there is no test `not_there`", "4.3: no test is named"]);
}

/// A row of the table of what is done.
struct Row<'a> {
    section: &'a str,
    tests: Vec<&'a str>,
}

/// The rows of all tables whose last column is `test`.
fn rows(text: &str) -> Vec<Row<'_>> {
    let mut rows = Vec::new();
    let mut has_tests = false;
    for line in text.lines() {
        let Some(cells) = line.strip_prefix('|').and_then(|line| line.strip_suffix('|')) else {
            has_tests = false;
            continue;
        };
        let cells: Vec<&str> = cells.split('|').map(str::trim).collect();
        let (section, last) = (cells[0], cells[cells.len() - 1]);
        if last == "test" {
            has_tests = true;
        } else if has_tests && !section.starts_with("---") {
            // Every second piece stands between backticks.
            rows.push(Row { section, tests: last.split('`').skip(1).step_by(2).collect() });
        }
    }
    rows
}

fn problems(row: &Row<'_>, tests: &BTreeSet<String>) -> Vec<String> {
    let section = row.section;
    if row.tests.is_empty() {
        return vec![format!("{section}: no test is named")];
    }
    let missing = row.tests.iter().filter(|name| !tests.contains(**name));
    missing.map(|name| format!("{section}: there is no test `{name}`")).collect()
}

/// Adds the names of all functions marked `#[test]` in the Rust files of `folder` and below.
fn collect_tests(folder: &Path, tests: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect_tests(&path, tests);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let source = fs::read_to_string(&path).unwrap();
            let mut lines = source.lines().map(str::trim);
            while lines.any(|line| line == "#[test]") {
                let name = lines.next().and_then(|line| line.strip_prefix("fn "));
                tests.extend(name.and_then(|line| line.split('(').next()).map(str::to_owned));
            }
        }
    }
}
