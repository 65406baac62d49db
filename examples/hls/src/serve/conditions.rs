//! `If-None-Match`, `If-Modified-Since`, `If-Range`: whether the client has it already (RFC 9110 §13).

use std::time::{Duration, SystemTime};

use hyper::header::{HeaderMap, HeaderName, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, RANGE};

/// What tells one state of a resource from another.
#[derive(Clone, Debug)]
pub(super) struct Validators {
    /// With its quotes.
    pub(super) etag: String,
    /// To the second, as it is sent.
    pub(super) modified: Option<SystemTime>,
}

impl Validators {
    pub(super) fn new(etag: String, modified: Option<SystemTime>) -> Self {
        let whole = |time: SystemTime| {
            let since = time.duration_since(SystemTime::UNIX_EPOCH).ok()?;
            SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(since.as_secs()))
        };
        Self { etag, modified: modified.and_then(whole) }
    }

    /// Whether the client has this state, so that 304 is the answer.
    pub(super) fn are_known_to(&self, headers: &HeaderMap) -> bool {
        if let Some(known) = text(headers, IF_NONE_MATCH) {
            let strip = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
            let mut known = known.split(',').map(strip);
            return known.any(|tag| tag == self.etag || tag == "*");
        }
        let since = text(headers, IF_MODIFIED_SINCE).and_then(|date| date.parse().ok());
        let since = since.map(|date: httpdate::HttpDate| SystemTime::from(date));
        matches!((self.modified, since), (Some(modified), Some(since)) if modified <= since)
    }

    /// The `Range` header, unless the client wants the rest of another state than this one.
    pub(super) fn range<'h>(&self, headers: &'h HeaderMap) -> Option<&'h str> {
        let range = text(headers, RANGE)?;
        let Some(condition) = text(headers, IF_RANGE) else { return Some(range) };
        let condition = condition.trim();
        let is_same = match condition.starts_with(['"', 'W']) {
            true if condition.ends_with('"') => condition == self.etag,
            _ => {
                let date = condition.parse::<httpdate::HttpDate>().ok().map(SystemTime::from);
                date.is_some() && date == self.modified
            }
        };
        is_same.then_some(range)
    }
}

pub(super) fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::header::HeaderValue;

    const SECOND: Duration = Duration::from_secs(1);

    fn validators() -> Validators {
        // Sunday, 6 November 1994, 08:49:37 and a half.
        let modified = SystemTime::UNIX_EPOCH + SECOND * 784_111_777 + SECOND / 2;
        Validators::new("\"a1\"".to_owned(), Some(modified))
    }

    fn headers(pairs: &[(HeaderName, &'static str)]) -> HeaderMap {
        let pair = |(name, value): &(HeaderName, &'static str)| {
            (name.clone(), HeaderValue::from_static(value))
        };
        pairs.iter().map(pair).collect()
    }

    #[test]
    fn a_client_that_has_it_is_told_so() {
        for (name, value, expected) in [
            (IF_NONE_MATCH, "\"a1\"", true),
            (IF_NONE_MATCH, "W/\"a1\"", true),
            (IF_NONE_MATCH, "\"x\", \"a1\"", true),
            (IF_NONE_MATCH, "*", true),
            (IF_NONE_MATCH, "\"a\"", false),
            (IF_MODIFIED_SINCE, "Sun, 06 Nov 1994 08:49:37 GMT", true),
            (IF_MODIFIED_SINCE, "Sun, 06 Nov 1994 08:49:38 GMT", true),
            (IF_MODIFIED_SINCE, "Sun, 06 Nov 1994 08:49:36 GMT", false),
            (IF_MODIFIED_SINCE, "yesterday", false),
        ] {
            let known = validators().are_known_to(&headers(&[(name, value)]));
            assert_eq!(known, expected, "{value}");
        }
        let both = [(IF_NONE_MATCH, "\"x\""), (IF_MODIFIED_SINCE, "Sun, 06 Nov 1994 08:49:38 GMT")];
        assert!(!validators().are_known_to(&headers(&both)), "a date counts only without ETag");
    }

    #[test]
    fn a_range_of_another_state_is_not_given() {
        for (value, expected) in [
            ("\"a1\"", true),
            ("W/\"a1\"", false),
            ("\"a2\"", false),
            ("Sun, 06 Nov 1994 08:49:37 GMT", true),
            ("Sun, 06 Nov 1994 08:49:38 GMT", false),
            ("Wed", false),
        ] {
            let headers = headers(&[(RANGE, "bytes=0-1"), (IF_RANGE, value)]);
            assert_eq!(validators().range(&headers).is_some(), expected, "{value}");
        }
        assert!(validators().range(&headers(&[(RANGE, "bytes=0-1")])).is_some());
        assert!(validators().range(&HeaderMap::new()).is_none());
    }
}
