//! Delivery directives: what a client asks of a live playlist (RFC 8216bis §6.2.5).

/// The `_HLS_` parameters of a request.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Directives {
    /// `_HLS_msn`: wait for this segment.
    pub(super) segment: Option<u64>,
    /// `_HLS_part`: wait for this part of it.
    pub(super) part: Option<u64>,
    /// `_HLS_skip`: a delta update is well.
    pub(super) skip: Skip,
}

/// What a delta update may leave out.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum Skip {
    #[default]
    Nothing,
    /// `YES`
    Segments,
    /// `v2`
    SegmentsAndDateRanges,
}

impl Directives {
    /// Reads a query; what is wrong with it, when it is a bad request.
    pub(super) fn read(query: &str) -> Result<Self, &'static str> {
        let mut directives = Self::default();
        for parameter in query.split('&') {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            match name {
                "_HLS_msn" if directives.segment.is_none() => {
                    directives.segment = Some(number(value).ok_or("_HLS_msn is no number")?);
                }
                "_HLS_part" if directives.part.is_none() => {
                    directives.part = Some(number(value).ok_or("_HLS_part is no number")?);
                }
                "_HLS_msn" | "_HLS_part" => return Err("a directive is there twice"),
                "_HLS_skip" => {
                    directives.skip = match value {
                        "YES" => Skip::Segments,
                        "v2" => Skip::SegmentsAndDateRanges,
                        _ => Skip::Nothing,
                    };
                }
                _ => {}
            }
        }
        if directives.part.is_some() && directives.segment.is_none() {
            return Err("_HLS_part without _HLS_msn");
        }
        Ok(directives)
    }
}

/// A decimal integer that fits.
fn number(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

/// How far a playlist has come.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Progress {
    /// The media sequence number of the last whole segment.
    pub(super) last: u64,
    /// How many parts that one has; `None` when segments have no parts.
    pub(super) parts_of_last: Option<u64>,
    /// How many parts of the segment after it are there.
    pub(super) parts_of_next: u64,
    /// How many parts ahead one may ask (the Advance Part Limit).
    pub(super) advance_limit: u64,
}

/// What becomes of a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Readiness {
    Ready,
    Wait,
    /// It is too far ahead: 400.
    TooFar,
}

impl Progress {
    /// Whether what is asked for is there.
    pub(super) fn readiness(&self, directives: &Directives) -> Readiness {
        let Some(wanted) = directives.segment else { return Readiness::Ready };
        if wanted > self.last.saturating_add(2) {
            return Readiness::TooFar;
        }
        let is_ready = match (directives.part, self.parts_of_last) {
            (None, _) | (_, None) => wanted <= self.last,
            (Some(_), _) if wanted < self.last => true,
            // More than the segment has had: that is the first part of the next one.
            (Some(part), Some(count)) if wanted == self.last => {
                part < count || self.parts_of_next > 0
            }
            (Some(part), Some(_)) => {
                let there = if wanted == self.last + 1 { self.parts_of_next } else { 0 };
                if part >= there.saturating_add(self.advance_limit) {
                    return Readiness::TooFar;
                }
                part < there
            }
        };
        if is_ready { Readiness::Ready } else { Readiness::Wait }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_read() {
        for (query, segment, part, skip) in [
            ("", None, None, Skip::Nothing),
            ("token=a&_HLS_msn=7", Some(7), None, Skip::Nothing),
            ("_HLS_msn=7&_HLS_part=0&_HLS_skip=YES", Some(7), Some(0), Skip::Segments),
            ("_HLS_skip=v2", None, None, Skip::SegmentsAndDateRanges),
            ("_HLS_skip=NO", None, None, Skip::Nothing),
        ] {
            assert_eq!(Directives::read(query), Ok(Directives { segment, part, skip }), "{query}");
        }
    }

    #[test]
    fn h15_bad_queries_are_told() {
        for query in [
            "_HLS_part=1",
            "_HLS_msn=",
            "_HLS_msn=-1",
            "_HLS_msn=1.5",
            "_HLS_msn=99999999999999999999",
            "_HLS_msn=1&_HLS_part=x",
            "_HLS_msn=1&_HLS_msn=2",
        ] {
            assert!(Directives::read(query).is_err(), "{query}");
        }
    }

    #[test]
    fn h15_a_request_waits_for_what_is_near_and_is_refused_what_is_far() {
        use Readiness::{Ready, TooFar, Wait};
        // Segment 10 has four parts, and two of 11 are there.
        let parts =
            Progress { last: 10, parts_of_last: Some(4), parts_of_next: 2, advance_limit: 6 };
        let begun = Progress { parts_of_next: 0, ..parts };
        let whole = Progress { last: 10, parts_of_last: None, parts_of_next: 0, advance_limit: 3 };
        for (progress, segment, part, expected) in [
            (parts, 9, None, Ready),
            (parts, 10, None, Ready),
            (parts, 11, None, Wait),
            (parts, 12, None, Wait),
            (parts, 13, None, TooFar),
            (parts, u64::MAX, None, TooFar),
            (parts, 9, Some(99), Ready),
            (parts, 10, Some(3), Ready),
            (parts, 10, Some(4), Ready),
            (begun, 10, Some(4), Wait),
            (parts, 11, Some(1), Ready),
            (parts, 11, Some(2), Wait),
            (parts, 11, Some(7), Wait),
            (parts, 11, Some(8), TooFar),
            (parts, 11, Some(u64::MAX), TooFar),
            (parts, 12, Some(0), Wait),
            (parts, 12, Some(6), TooFar),
            (parts, 13, Some(0), TooFar),
            (whole, 10, Some(7), Ready),
            (whole, 11, Some(0), Wait),
        ] {
            let asked = Directives { segment: Some(segment), part, skip: Skip::Nothing };
            assert_eq!(progress.readiness(&asked), expected, "{segment} {part:?}");
        }
        let at_the_end = Progress { last: u64::MAX, ..whole };
        let asked = Directives { segment: Some(u64::MAX), ..Directives::default() };
        assert_eq!(at_the_end.readiness(&asked), Ready);
    }
}
