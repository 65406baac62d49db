//! Holds a conformance page to its word: each requirement that it calls done names a file that is
//! there, and tests that are there.
//!
//! A page is Markdown with one or more tables. A table has at least the columns `section` (or `§`),
//! `requirement`, `where` and `test`, in any order. In `where` and `test` only what stands between
//! backticks counts: paths, from the root or the `src` of one of the crates, or from a folder above
//! the page; and names of functions marked `#[test]`, of which only what follows the last `::` is
//! looked at.
//!
//! What is not done has a row whose `test` begins with `not done`, and says why in the row; or it
//! stands below a heading that begins with "Not done", where a table needs no more than `section`
//! and `requirement`.
//!
//! ```no_run
//! use std::path::Path;
//!
//! let root = Path::new(env!("CARGO_MANIFEST_DIR"));
//! let page = root.join("../docs/conformance/rfc8489.md");
//! let report = testkit::conformance::check(&page, &[root])?;
//! println!("{} requirements done, {} not", report.done, report.not_done);
//! # Ok::<(), testkit::conformance::Nonconformity>(())
//! ```

mod page;
mod sources;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{fmt, io};

use page::Row;

/// What a page that keeps its word says.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Report {
    /// How many requirements are done.
    pub done: usize,
    /// How many are not.
    pub not_done: usize,
    /// How many tests are named, each as often as it is.
    pub tests: usize,
}

/// Everything that is wrong with a page; at least one problem.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub struct Nonconformity {
    /// The page.
    pub page: PathBuf,
    /// What is wrong, in the order of its lines.
    pub problems: Vec<(usize, Problem)>,
}

impl fmt::Display for Nonconformity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (line, problem)) in self.problems.iter().enumerate() {
            let separator = if at == 0 { "" } else { "\n" };
            write!(f, "{separator}{}:{line}: {problem}", self.page.display())?;
        }
        Ok(())
    }
}

/// One thing that is wrong with a page.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The page, a source or a folder of sources cannot be read.
    #[error("cannot read {}", .0.display())]
    Unreadable(PathBuf),
    /// No table has a row.
    #[error("the page has no requirements")]
    Empty,
    /// A table lacks a column.
    #[error("the table has no column `{0}`")]
    MissingColumn(&'static str),
    /// A row has another number of cells than its table has columns.
    #[error("{cells} cells in a table of {columns} columns")]
    CellCount {
        /// How many cells the row has.
        cells: usize,
        /// How many columns the table has.
        columns: usize,
    },
    /// A row does not say what is required, and where.
    #[error("no section, or no requirement")]
    NoRequirement,
    /// A row that is done names no file.
    #[error("no file is named")]
    NoFile,
    /// A row names a file that is not there.
    #[error("there is no file `{0}`")]
    MissingFile(String),
    /// A row that is done names no test.
    #[error("no test is named, and `not done` is not said")]
    NoTest,
    /// A row names a test that is not there, or is marked `#[ignore]`.
    #[error("there is no test `{0}`")]
    MissingTest(String),
}

/// Checks `page` against the sources in `src` and `tests` of `crates`, each named by its folder.
///
/// Where the page's folder is not there, as in a packaged crate, there is nothing to check: it
/// says so on stderr and returns a report of zeros.
///
/// # Errors
/// When the page does not keep its word, with all that is wrong.
pub fn check(page: &Path, crates: &[&Path]) -> Result<Report, Nonconformity> {
    let folder = page.parent().unwrap_or(page);
    if !folder.is_dir() {
        // Past the capture of a test's output, so that it is seen. Where stderr is closed nobody reads.
        let _ = writeln!(io::stderr(), "LEFT OUT: {} is not there to be checked", folder.display());
        return Ok(Report::default());
    }
    let fail = |problems| Nonconformity { page: page.to_owned(), problems };
    let unreadable = |path| fail(vec![(0, Problem::Unreadable(path))]);
    let text = std::fs::read_to_string(page).map_err(|_| unreadable(page.to_owned()))?;
    let tests = sources::tests(crates).map_err(unreadable)?;

    let mut problems = Vec::new();
    let mut report = Report::default();
    for (line, row) in page::rows(&text) {
        let row = match row {
            Ok(row) => row,
            Err(problem) => {
                problems.push((line, problem));
                continue;
            }
        };
        let mut found = Vec::new();
        check_row(&row, &mut found);
        for path in row.files.iter().filter(|path| !is_there(path, page, crates)) {
            found.push(Problem::MissingFile((*path).to_owned()));
        }
        for name in row.tests.iter().filter(|name| !tests.contains(**name)) {
            found.push(Problem::MissingTest((*name).to_owned()));
        }
        problems.extend(found.into_iter().map(|problem| (line, problem)));
        *if row.is_done { &mut report.done } else { &mut report.not_done } += 1;
        report.tests += row.tests.len();
    }
    if report.done + report.not_done == 0 && problems.is_empty() {
        problems.push((1, Problem::Empty));
    }
    if problems.is_empty() { Ok(report) } else { Err(fail(problems)) }
}

fn check_row(row: &Row<'_>, found: &mut Vec<Problem>) {
    if row.section.is_empty() || row.requirement.is_empty() {
        found.push(Problem::NoRequirement);
    }
    if row.is_done && row.files.is_empty() {
        found.push(Problem::NoFile);
    }
    if row.is_done && row.tests.is_empty() {
        found.push(Problem::NoTest);
    }
}

fn is_there(path: &str, page: &Path, crates: &[&Path]) -> bool {
    crates.iter().any(|root| root.join(path).is_file() || root.join("src").join(path).is_file())
        || page.ancestors().skip(1).any(|folder| folder.join(path).is_file())
}

#[cfg(test)]
mod tests;
