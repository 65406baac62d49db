//! `hls validate`: what must be fixed, and what should be.

use std::fmt::Write as _;

use command_line::{
    BAD, CAUTION, FAINT, Failure, GOOD, HIGHLIGHT, Painted, Visible, print, print_json,
};
use hls_index::{Finding, ParseErrorKind, Playlist, Problem, Severity, validate_from};
use serde::Serialize;

use crate::args::ValidateArgs;
use crate::document::Document;

/// What the sections are of.
const SPECIFICATION: &str = "RFC 8216bis";

/// Does what the arguments say, and tells whether something must be fixed.
pub(crate) fn run(args: &ValidateArgs) -> Result<bool, Failure> {
    let document = Document::load(&args.input, &args.loading)?;
    let findings = match std::str::from_utf8(&document.bytes) {
        Ok(text) => {
            let report = document.with_source(|source| validate_from(text, source))?;
            report.findings().to_vec()
        }
        Err(_) => vec![not_utf8(&document.bytes)],
    };
    let must_fix = count(&findings, Severity::MustFix);
    if args.json {
        print_json(&ReportFacts::new(&document.name, &findings))?;
    } else {
        print(&words(&document, &findings))?;
    }
    Ok(must_fix > 0)
}

/// Where the text stops to be one.
fn not_utf8(bytes: &[u8]) -> Finding {
    match Playlist::parse_bytes(bytes) {
        Err(error) => {
            let problem = Problem::Refused(error.kind);
            Finding { line: error.line, column: error.column, problem }
        }
        Ok(_) => Finding { line: 1, column: 1, problem: Problem::Refused(ParseErrorKind::NotUtf8) },
    }
}

fn count(findings: &[Finding], severity: Severity) -> usize {
    findings.iter().filter(|finding| finding.severity() == severity).count()
}

const fn name(severity: Severity) -> &'static str {
    match severity {
        Severity::MustFix => "must fix",
        Severity::ShouldFix => "should fix",
    }
}

/// What is printed with `--json`, in this order.
#[derive(Debug, Serialize)]
struct ReportFacts<'d> {
    file: &'d str,
    valid: bool,
    must_fix: usize,
    should_fix: usize,
    findings: Vec<FindingFacts>,
}

#[derive(Debug, Serialize)]
struct FindingFacts {
    severity: &'static str,
    line: u32,
    column: u32,
    message: String,
    specification: &'static str,
    section: &'static str,
}

impl<'d> ReportFacts<'d> {
    fn new(file: &'d str, findings: &[Finding]) -> Self {
        let must_fix = count(findings, Severity::MustFix);
        Self {
            file,
            valid: must_fix == 0,
            must_fix,
            should_fix: count(findings, Severity::ShouldFix),
            findings: findings.iter().map(FindingFacts::from).collect(),
        }
    }
}

impl From<&Finding> for FindingFacts {
    fn from(finding: &Finding) -> Self {
        Self {
            severity: name(finding.severity()),
            line: finding.line,
            column: finding.column,
            message: finding.problem.to_string(),
            specification: SPECIFICATION,
            section: finding.rule(),
        }
    }
}

/// The same for people, each finding with the line that it is about.
fn words(document: &Document, findings: &[Finding]) -> String {
    let mut out = String::new();
    let text = String::from_utf8_lossy(&document.bytes);
    let mut lines = (1_u32..).zip(text.lines()).peekable();
    for finding in findings {
        let severity = finding.severity();
        let style = match severity {
            Severity::MustFix => BAD,
            Severity::ShouldFix => CAUTION,
        };
        let Finding { line, column, problem } = *finding;
        let _ = writeln!(
            out,
            "{}: {problem} {FAINT}({SPECIFICATION} §{}){FAINT:#}",
            Painted(style, name(severity)),
            finding.rule()
        );
        let _ = writeln!(out, "  line {line}, column {column}");
        while lines.next_if(|&(number, _)| number < line).is_some() {}
        if let Some(&(_, text)) = lines.peek().filter(|&&(number, _)| number == line) {
            excerpt(&mut out, line, column, text);
        }
        out.push('\n');
    }
    let must_fix = count(findings, Severity::MustFix);
    let should_fix = count(findings, Severity::ShouldFix);
    let style = if must_fix > 0 { BAD } else { GOOD };
    let verdict = match (must_fix, should_fix) {
        (0, 0) => "nothing to fix".to_owned(),
        (0, should_fix) => format!("nothing must be fixed, {should_fix} should be"),
        (must_fix, 0) => format!("{must_fix} must be fixed"),
        (must_fix, should_fix) => format!("{must_fix} must be fixed, {should_fix} should be"),
    };
    let _ = writeln!(out, "{}: {}", Visible(&document.name), Painted(style, verdict));
    out
}

/// How many characters of a line are shown.
const SHOWN: usize = 76;

/// The line, or what is around the column of a long one, and a mark below it.
fn excerpt(out: &mut String, line: u32, column: u32, text: &str) {
    let text = text.strip_prefix('\u{feff}').filter(|_| line == 1).unwrap_or(text);
    let at = column.saturating_sub(1) as usize;
    let first = if at < SHOWN { 0 } else { at - SHOWN / 2 };
    let mut shown: String = text.chars().skip(first).take(SHOWN).collect();
    // What is before the mark may become longer than it was.
    let before: String = shown.chars().take(at - first).collect();
    let before = Visible(&before).to_string().chars().count();
    shown = Visible(&shown).to_string();
    if text.chars().nth(first + SHOWN).is_some() {
        shown.push('…');
    }
    let cut = if first > 0 { "…" } else { "" };
    let number = line.to_string();
    let margin = " ".repeat(number.len());
    let blanks = " ".repeat(before + cut.chars().count());
    let _ = writeln!(out, "  {FAINT}{number} |{FAINT:#} {cut}{shown}");
    let _ = writeln!(out, "  {FAINT}{margin} |{FAINT:#} {blanks}{}", Painted(HIGHLIGHT, "^"));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(line: u32, column: u32, text: &str) -> String {
        let mut out = String::new();
        excerpt(&mut out, line, column, text);
        anstream::adapter::strip_str(&out).to_string()
    }

    #[test]
    fn the_mark_stands_below_the_column() {
        assert_eq!(plain(7, 9, "#EXTINF:-1,"), "  7 | #EXTINF:-1,\n    |         ^\n");
        assert_eq!(plain(1, 1, "\u{feff}x"), "  1 | x\n    | ^\n");
        assert_eq!(plain(10, 3, "a\x1bb"), "  10 | a\\u{1b}b\n     |        ^\n");
    }

    #[test]
    fn a_long_line_is_shown_around_the_column() {
        let text = format!("{}!{}", "a".repeat(1000), "b".repeat(1000));
        let shown = plain(3, 1001, &text);
        let lines: Vec<&str> = shown.lines().collect();
        let mark = lines[1].chars().position(|c| c == '^').unwrap();
        assert_eq!(lines[0].chars().nth(mark), Some('!'), "{shown}");
        assert!(lines[0].chars().count() < 90, "{shown}");
    }
}
