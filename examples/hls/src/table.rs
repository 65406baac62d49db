//! Tables of text: columns as wide as their longest cell.

use std::fmt::Write as _;

use command_line::{FAINT, Visible};

/// A table that comes about row by row.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    columns: Vec<Column>,
    rows: Vec<Row>,
}

#[derive(Clone, Debug)]
struct Column {
    title: &'static str,
    is_number: bool,
}

#[derive(Clone, Debug)]
enum Row {
    Cells(Vec<String>),
    /// A line across all columns.
    Note(String),
}

impl Table {
    pub(crate) const fn new() -> Self {
        Self { columns: Vec::new(), rows: Vec::new() }
    }

    /// One more column, with texts, which begin below each other.
    pub(crate) fn texts(mut self, title: &'static str) -> Self {
        self.columns.push(Column { title, is_number: false });
        self
    }

    /// One more column, with numbers, which end below each other.
    pub(crate) fn numbers(mut self, title: &'static str) -> Self {
        self.columns.push(Column { title, is_number: true });
        self
    }

    /// One more row; a cell for each column, in their order.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows
            .push(Row::Cells(cells.into_iter().map(|cell| Visible(&cell).to_string()).collect()));
    }

    /// A line between the rows.
    pub(crate) fn note(&mut self, text: impl Into<String>) {
        self.rows.push(Row::Note(text.into()));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The lines, each after two blanks. Columns in which no row says anything are left out.
    pub(crate) fn write(&self, out: &mut String) {
        let cells = || {
            self.rows.iter().filter_map(|row| match row {
                Row::Cells(cells) => Some(cells),
                Row::Note(_) => None,
            })
        };
        let width = |number: usize| {
            let longest =
                cells().filter_map(|cells| cells.get(number)).map(|cell| width(cell)).max();
            longest.filter(|&longest| longest > 0)
        };
        let widths: Vec<(usize, &Column, usize)> = self
            .columns
            .iter()
            .enumerate()
            .filter_map(|(number, column)| {
                Some((number, column, width(number)?.max(column.title.len())))
            })
            .collect();
        let mut line = String::new();
        for (_, column, width) in &widths {
            pad(&mut line, column.title, *width, column.is_number);
        }
        let _ = writeln!(out, "  {FAINT}{}{FAINT:#}", line.trim_end());
        for row in &self.rows {
            line.clear();
            match row {
                Row::Note(text) => {
                    let _ = writeln!(out, "  {FAINT}{text}{FAINT:#}");
                    continue;
                }
                Row::Cells(cells) => {
                    for (number, column, width) in &widths {
                        let cell = cells.get(*number).map_or("", String::as_str);
                        pad(&mut line, cell, *width, column.is_number);
                    }
                }
            }
            let _ = writeln!(out, "  {}", line.trim_end());
        }
    }
}

fn width(text: &str) -> usize {
    text.chars().count()
}

fn pad(line: &mut String, cell: &str, width: usize, is_number: bool) {
    let blanks = " ".repeat(width.saturating_sub(self::width(cell)));
    if is_number {
        line.extend([&blanks, cell, "  "]);
    } else {
        line.extend([cell, &blanks, "  "]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_empty_ones_are_left_out() {
        let mut table = Table::new().numbers("#").texts("nothing").texts("uri").numbers("bytes");
        table.row(["0", "", "é.ts", "7"].map(String::from));
        table.note("…");
        table.row(["10", "", "b\x1b.ts", "1000"].map(String::from));
        let mut out = String::new();
        table.write(&mut out);
        let plain = anstream::adapter::strip_str(&out).to_string();
        let expected =
            "   #  uri         bytes\n   0  é.ts            7\n  …\n  10  b\\u{1b}.ts   1000\n";
        assert_eq!(plain, expected);
    }
}
