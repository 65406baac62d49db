//! `If-Match`, `If-None-Match` and the like: whether the client has it already, and whether it is still
//! what the client takes it for (RFC 9110 §13).

use std::time::{Duration, SystemTime};

use hyper::header::{
    HeaderMap, HeaderName, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE,
    IF_UNMODIFIED_SINCE, RANGE,
};

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
        if headers.contains_key(IF_NONE_MATCH) {
            let is_this = |tag: &str| tag.strip_prefix("W/").unwrap_or(tag) == self.etag;
            return tags(headers, IF_NONE_MATCH).any(|tag| tag == "*" || is_this(tag));
        }
        let since = date(headers, IF_MODIFIED_SINCE);
        matches!((self.modified, since), (Some(modified), Some(since)) if modified <= since)
    }

    /// Whether the client wants another state only, so that 412 is the answer.
    pub(super) fn are_unwanted(&self, headers: &HeaderMap) -> bool {
        if headers.contains_key(IF_MATCH) {
            return !tags(headers, IF_MATCH).any(|tag| tag == "*" || tag == self.etag);
        }
        let since = date(headers, IF_UNMODIFIED_SINCE);
        matches!((self.modified, since), (Some(modified), Some(since)) if modified > since)
    }

    /// The `Range` header, unless the client wants the rest of another state than this one.
    pub(super) fn range<'h>(&self, headers: &'h HeaderMap) -> Option<&'h str> {
        let range = text(headers, RANGE)?;
        let Some(condition) = text(headers, IF_RANGE) else { return Some(range) };
        let condition = condition.trim();
        let is_same = match condition.starts_with(['"', 'W']) {
            true if condition.ends_with('"') => condition == self.etag,
            _ => {
                let date = date(headers, IF_RANGE);
                date.is_some() && date == self.modified
            }
        };
        is_same.then_some(range)
    }
}

/// The entity tags of all headers of that name.
fn tags(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|tags| tags.split(',')).map(str::trim)
}

fn date(headers: &HeaderMap, name: HeaderName) -> Option<SystemTime> {
    let date: httpdate::HttpDate = text(headers, name)?.trim().parse().ok()?;
    Some(date.into())
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
        let two = [(IF_NONE_MATCH, "\"x\""), (IF_NONE_MATCH, "\"a1\"")];
        let mut lines = HeaderMap::new();
        for (name, value) in two {
            lines.append(name, HeaderValue::from_static(value));
        }
        assert!(validators().are_known_to(&lines), "one list on two lines");
        // A tag that is not ours, in letters that nobody can read.
        let mut unreadable = headers(&both[1..]);
        unreadable.insert(IF_NONE_MATCH, HeaderValue::from_bytes(b"\"\xff\"").unwrap());
        assert!(!validators().are_known_to(&unreadable));
    }

    #[test]
    fn a_client_that_wants_another_state_is_not_given_this_one() {
        for (name, value, expected) in [
            (IF_MATCH, "\"a1\"", false),
            (IF_MATCH, "\"x\", \"a1\"", false),
            (IF_MATCH, "*", false),
            (IF_MATCH, "W/\"a1\"", true),
            (IF_MATCH, "\"x\"", true),
            (IF_UNMODIFIED_SINCE, "Sun, 06 Nov 1994 08:49:37 GMT", false),
            (IF_UNMODIFIED_SINCE, "Sun, 06 Nov 1994 08:49:36 GMT", true),
            (IF_UNMODIFIED_SINCE, "yesterday", false),
        ] {
            let unwanted = validators().are_unwanted(&headers(&[(name, value)]));
            assert_eq!(unwanted, expected, "{value}");
        }
        let both = [(IF_MATCH, "\"a1\""), (IF_UNMODIFIED_SINCE, "Sun, 06 Nov 1994 08:49:36 GMT")];
        assert!(!validators().are_unwanted(&headers(&both)), "a date counts only without ETag");
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
