//! The rows of a page's tables.

use super::Problem;

/// What one row says.
#[derive(Debug)]
pub(super) struct Row<'a> {
    pub(super) section: &'a str,
    pub(super) requirement: &'a str,
    pub(super) files: Vec<&'a str>,
    pub(super) tests: Vec<&'a str>,
    pub(super) is_done: bool,
}

/// Where the columns of a table are; `files` and `tests` may be missing in a table of what is
/// not done.
#[derive(Clone, Copy)]
struct Columns {
    count: usize,
    section: usize,
    requirement: usize,
    files: Option<usize>,
    tests: Option<usize>,
}

/// What the last line was part of.
enum Place {
    Text,
    /// A table that lacks columns: its rows mean nothing.
    BrokenTable,
    Table(Columns),
}

/// The rows of all tables, with the number of their line; a table or a row that cannot be read is
/// told once.
pub(super) fn rows(text: &str) -> Vec<(usize, Result<Row<'_>, Problem>)> {
    let mut rows = Vec::new();
    let mut place = Place::Text;
    let mut not_done = false;
    for (line, number) in text.lines().zip(1..) {
        let Some(cells) = cells(line) else {
            if line.starts_with('#') {
                let heading = line.trim_start_matches('#').trim();
                not_done = begins_with_not_done(heading);
            }
            place = Place::Text;
            continue;
        };
        match place {
            Place::BrokenTable => {}
            Place::Text => match Columns::find(&cells, not_done) {
                Ok(columns) => place = Place::Table(columns),
                Err(missing) => {
                    place = Place::BrokenTable;
                    rows.extend(missing.map(|name| (number, Err(Problem::MissingColumn(name)))));
                }
            },
            Place::Table(_) if cells.iter().all(|cell| is_rule(cell)) => {}
            Place::Table(columns) => rows.push((number, columns.read(&cells, not_done))),
        }
    }
    rows
}

impl Columns {
    fn find(
        cells: &[&str],
        not_done: bool,
    ) -> Result<Self, impl Iterator<Item = &'static str> + use<>> {
        let position =
            |names: &[&str]| cells.iter().position(|cell| names.iter().any(|name| cell == name));
        let section = position(&["section", "§"]);
        let requirement = position(&["requirement"]);
        let (files, tests) = (position(&["where"]), position(&["test", "tests"]));
        match (section, requirement) {
            (Some(section), Some(requirement)) if not_done || files.and(tests).is_some() => {
                Ok(Self { count: cells.len(), section, requirement, files, tests })
            }
            _ => {
                let needed = [
                    ("section", section.is_none()),
                    ("requirement", requirement.is_none()),
                    ("where", files.is_none() && !not_done),
                    ("test", tests.is_none() && !not_done),
                ];
                Err(needed.into_iter().filter(|(_, missing)| *missing).map(|(name, _)| name))
            }
        }
    }

    fn read<'a>(&self, cells: &[&'a str], not_done: bool) -> Result<Row<'a>, Problem> {
        if cells.len() != self.count {
            return Err(Problem::CellCount { cells: cells.len(), columns: self.count });
        }
        let cell = |column: Option<usize>| column.map_or("", |column| cells[column]);
        let tests = cell(self.tests);
        Ok(Row {
            section: cells[self.section],
            requirement: cells[self.requirement],
            files: code(cell(self.files)).collect(),
            tests: code(tests).map(|name| name.rsplit("::").next().unwrap_or(name)).collect(),
            is_done: !(not_done || begins_with_not_done(tests)),
        })
    }
}

/// The cells of a line of a table; `\|` does not end one.
fn cells(line: &str) -> Option<Vec<&str>> {
    let line = line.trim().strip_prefix('|')?.strip_suffix('|')?;
    let mut cells = Vec::new();
    let mut start = 0;
    for (at, _) in line.match_indices('|') {
        if !line[..at].ends_with('\\') {
            cells.push(line[start..at].trim());
            start = at + 1;
        }
    }
    cells.push(line[start..].trim());
    Some(cells)
}

/// Whether this is a cell of the line between a table's head and its rows.
fn is_rule(cell: &str) -> bool {
    cell.contains('-') && cell.chars().all(|c| matches!(c, '-' | ':'))
}

/// What stands between backticks.
fn code(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

fn begins_with_not_done(text: &str) -> bool {
    text.get(..8).is_some_and(|start| start.eq_ignore_ascii_case("not done"))
}
