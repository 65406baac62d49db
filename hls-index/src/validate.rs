//! Validation: every rule that a playlist breaks, with its place.

mod attributes;
mod date_ranges;
mod dates;
mod keys;
mod lines;
mod media;
mod multivariant;
mod problem;
mod schema;
mod version;

use alloc::vec::Vec;
use core::fmt;

use self::lines::Text;
pub use self::problem::{Problem, Severity};
use crate::define::Source;
use crate::error::{Fault, ParseErrorKind};
use crate::media::MediaPlaylist;
use crate::multivariant::MultivariantPlaylist;
use crate::playlist::{Playlist, is_media};

/// What is wrong with a playlist: [`Severity::MustFix`] where it breaks a MUST of RFC 8216bis,
/// [`Severity::ShouldFix`] where it breaks a SHOULD.
///
/// ```
/// use hls_index::{Problem, validate};
///
/// let report = validate("#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:5.5,\na.ts\n");
/// let found: Vec<String> = report.must_fix().map(|finding| finding.to_string()).collect();
/// assert_eq!(found, [
///     "line 1, column 1: EXT-X-VERSION must be at least 3 (RFC 8216bis §8)",
///     "line 3, column 9: the segment is longer than the target duration (RFC 8216bis §4.4.3.1)",
/// ]);
/// ```
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Report {
    findings: Vec<Finding>,
}

/// One thing that is wrong.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Finding {
    /// The line, counted from 1.
    pub line: u32,
    /// The character within the line, counted from 1.
    pub column: u32,
    /// What it is.
    pub problem: Problem,
}

impl Finding {
    /// The section of RFC 8216bis (revision 22) that has the rule, as `4.4.3.1`.
    #[must_use]
    pub const fn rule(&self) -> &'static str {
        self.problem.rule()
    }

    /// Whether the rule is a MUST or a SHOULD.
    #[must_use]
    pub const fn severity(&self) -> Severity {
        self.problem.severity()
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, column, problem } = self;
        write!(f, "line {line}, column {column}: {problem} (RFC 8216bis §{})", self.rule())
    }
}

impl Report {
    /// Everything, in the order of the text.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The broken MUSTs.
    pub fn must_fix(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.severity() == Severity::MustFix)
    }

    /// The broken SHOULDs.
    pub fn should_fix(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.severity() == Severity::ShouldFix)
    }

    /// Whether no MUST is broken.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.must_fix().next().is_none()
    }
}

impl fmt::Display for Report {
    /// A line for each finding, with `must fix` or `should fix` before it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in &self.findings {
            let severity = match finding.severity() {
                Severity::MustFix => "must fix",
                Severity::ShouldFix => "should fix",
            };
            writeln!(f, "{severity}: {finding}")?;
        }
        Ok(())
    }
}

impl core::error::Error for Report {}

/// Holds `text` against the rules of RFC 8216bis for playlists, media or multivariant.
#[must_use]
pub fn validate(text: &str) -> Report {
    validate_from(text, &Source::new())
}

/// Holds `text`, which comes from `source`, against the rules: with its URI and the variables of
/// its multivariant playlist, for EXT-X-DEFINE.
#[must_use]
pub fn validate_from(text: &str, source: &Source<'_>) -> Report {
    let mut findings = Findings::default();
    if u32::try_from(text.len()).is_err() {
        findings.add(0, Problem::Refused(ParseErrorKind::TextTooLong));
        return findings.locate(text);
    }
    lines::check(text, source, &mut findings);
    let lines = Text::new(text, source, &mut findings);
    let refused = if is_media(text) {
        media::check(&lines, &mut findings);
        MediaPlaylist::fault(text, source)
    } else {
        multivariant::check(&lines, &mut findings);
        MultivariantPlaylist::fault(text, source)
    };
    if let Some(Fault { offset, kind }) = refused {
        findings.add_refused(offset, kind);
    }
    findings.locate(text)
}

impl<'a> Playlist<'a> {
    /// Parses `text`, which must break no rule.
    ///
    /// # Errors
    /// Everything that is wrong, when a MUST is broken.
    pub fn parse_strict(text: &'a str) -> Result<Self, Report> {
        strict(text, || Self::parse(text))
    }
}

impl<'a> MediaPlaylist<'a> {
    /// Parses `text`, which must break no rule.
    ///
    /// # Errors
    /// Everything that is wrong, when a MUST is broken.
    pub fn parse_strict(text: &'a str) -> Result<Self, Report> {
        strict(text, || Self::parse(text))
    }
}

impl<'a> MultivariantPlaylist<'a> {
    /// Parses `text`, which must break no rule.
    ///
    /// # Errors
    /// Everything that is wrong, when a MUST is broken.
    pub fn parse_strict(text: &'a str) -> Result<Self, Report> {
        strict(text, || Self::parse(text))
    }
}

fn strict<T>(
    text: &str,
    parse: impl FnOnce() -> Result<T, crate::ParseError>,
) -> Result<T, Report> {
    let mut report = validate(text);
    if !report.is_valid() {
        return Err(report);
    }
    parse().map_err(|error| {
        let problem = Problem::Refused(error.kind);
        report.findings.push(Finding { line: error.line, column: error.column, problem });
        report
    })
}

/// What was found so far, by its place in the text.
#[derive(Debug, Default)]
struct Findings {
    found: Vec<(usize, Problem)>,
}

impl Findings {
    fn add(&mut self, offset: usize, problem: Problem) {
        self.found.push((offset, problem));
    }

    fn add_if(&mut self, is_broken: bool, offset: usize, problem: Problem) {
        if is_broken {
            self.add(offset, problem);
        }
    }

    /// What the lenient parser says, unless there is something at its place already.
    fn add_refused(&mut self, offset: usize, kind: ParseErrorKind) {
        let is_known = |&(other, problem): &(usize, Problem)| {
            other == offset && problem.severity() == Severity::MustFix
        };
        if !self.found.iter().any(is_known) {
            self.add(offset, Problem::Refused(kind));
        }
    }

    /// The findings in order, with lines and columns: one walk over the text.
    fn locate(mut self, text: &str) -> Report {
        self.found.sort_by_key(|&(offset, _)| offset);
        self.found.dedup();
        let mut findings = Vec::with_capacity(self.found.len());
        let (mut line, mut line_start, mut seen) = (1, 0, 0);
        let mark = crate::error::BYTE_ORDER_MARK;
        let first = if text.starts_with(mark) { mark.len() } else { 0 };
        let mut column = (0, 0);
        for (offset, problem) in self.found {
            let offset = offset.clamp(first, text.len().max(first));
            for newline in memchr::memchr_iter(b'\n', &text.as_bytes()[seen..offset]) {
                line += 1;
                line_start = seen + newline + 1;
            }
            seen = offset;
            // Counted on from the last finding on the line.
            let counted = if column.0 > line_start { column } else { (line_start.max(first), 0) };
            let between = &text.as_bytes()[counted.0..offset];
            column = (offset, counted.1 + between.iter().filter(|&&b| b & 0xC0 != 0x80).count());
            let column = u32::try_from(column.1).unwrap_or(u32::MAX).saturating_add(1);
            findings.push(Finding { line, column, problem });
        }
        Report { findings }
    }
}
