//! Which state of a resource the bytes are of that a server sent, and whether the rest that is asked
//! for later is of the same (RFC 9110 §13.1.5, §14.4).

use std::time::{Duration, SystemTime};

use ureq::http::HeaderMap;

/// A date says which state it is only when it was over by that much when it was told: a file may change
/// twice in a second, and clocks differ.
const CERTAIN: Duration = Duration::from_secs(60);

/// A state of a resource, as its server tells it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Version {
    /// Where it was asked for.
    uri: String,
    /// Strong, with its quotes.
    etag: Option<String>,
    /// Last-Modified, when that is certain.
    modified: Option<String>,
    /// How many bytes the whole resource has.
    pub(super) length: Option<u64>,
}

impl Version {
    /// What the head of an answer from `uri` tells; `None` when the rest cannot be asked for.
    pub(super) fn of(uri: &str, headers: &HeaderMap, length: Option<u64>) -> Option<Self> {
        let takes_no_ranges = text(headers, "accept-ranges") == Some("none");
        if takes_no_ranges || text(headers, "content-encoding").is_some() {
            return None;
        }
        let etag = text(headers, "etag").filter(|etag| is_strong(etag)).map(str::to_owned);
        let modified = text(headers, "last-modified").filter(|modified| {
            let now = text(headers, "date").and_then(date);
            let age = now.zip(date(modified)).and_then(|(now, then)| now.duration_since(then).ok());
            age.is_some_and(|age| age >= CERTAIN)
        });
        let modified = modified.map(str::to_owned);
        Some(Self { uri: uri.to_owned(), etag, modified, length })
    }

    /// What `If-Range` says when the rest is asked for at `uri`: `None` when what comes from there cannot
    /// be known to be of the same state.
    pub(super) fn condition(&self, uri: &str) -> Option<&str> {
        let etag = self.etag.as_deref();
        if uri == self.uri {
            return etag.or(self.modified.as_deref());
        }
        // Another server's date says nothing; its tag does, with the length.
        etag.filter(|_| self.length.is_some())
    }

    /// Whether a rest that came from `uri`, and is of a resource of `length` bytes, is of this state.
    pub(super) fn has_rest(&self, uri: &str, headers: &HeaderMap, length: Option<u64>) -> bool {
        let etag = text(headers, "etag");
        let is_same_length = match (self.length, length) {
            (Some(before), Some(now)) => before == now,
            _ => uri == self.uri,
        };
        // The server has compared them, or else it would not have sent the rest; if it tells its tag
        // as well, that must be the same.
        let is_same_tag = match (&self.etag, etag) {
            (Some(before), Some(now)) => before == now,
            _ => uri == self.uri,
        };
        is_same_length && is_same_tag
    }
}

/// `Content-Range`: `bytes 700-1699/5000`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct ContentRange {
    pub(super) first: u64,
    /// The byte after the last one.
    pub(super) end: u64,
    /// Of the whole resource.
    pub(super) length: Option<u64>,
}

impl ContentRange {
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let (range, length) =
            text(headers, "content-range")?.strip_prefix("bytes ")?.split_once('/')?;
        let (first, last) = range.split_once('-')?;
        let (first, last) = (first.trim().parse().ok()?, last.trim().parse::<u64>().ok()?);
        let end = last.checked_add(1).filter(|&end| end > first)?;
        let length = length.trim().parse().ok();
        Some(Self { first, end, length }).filter(|_| length.is_none_or(|length| end <= length))
    }
}

pub(super) fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

fn is_strong(etag: &str) -> bool {
    etag.len() > 1 && etag.starts_with('"') && etag.ends_with('"')
}

fn date(text: &str) -> Option<SystemTime> {
    httpdate::parse_http_date(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ureq::http::HeaderValue;

    const HERE: &str = "http://a/1.ts";
    const THERE: &str = "http://b/1.ts";

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, HeaderValue::from_static(value));
        }
        headers
    }

    fn version(pairs: &[(&'static str, &'static str)]) -> Option<Version> {
        Version::of(HERE, &headers(pairs), Some(5000))
    }

    #[test]
    fn only_what_is_certain_is_a_condition() {
        let modified = ("last-modified", "Sun, 06 Nov 1994 08:49:37 GMT");
        let later = ("date", "Sun, 06 Nov 1994 08:50:37 GMT");
        let soon = ("date", "Sun, 06 Nov 1994 08:50:36 GMT");
        for (pairs, here, there) in [
            (&[("etag", "\"a\"")][..], Some("\"a\""), Some("\"a\"")),
            (&[("etag", "\"a\""), modified, later], Some("\"a\""), Some("\"a\"")),
            (&[("etag", "W/\"a\"")], None, None),
            (&[("etag", "a")], None, None),
            (&[modified, later], Some("Sun, 06 Nov 1994 08:49:37 GMT"), None),
            (&[modified, soon], None, None),
            (&[modified], None, None),
            (&[], None, None),
        ] {
            let version = version(pairs).unwrap();
            assert_eq!(version.condition(HERE), here, "{pairs:?}");
            assert_eq!(version.condition(THERE), there, "{pairs:?}");
        }
        assert_eq!(version(&[("accept-ranges", "none"), ("etag", "\"a\"")]), None);
        assert_eq!(version(&[("content-encoding", "gzip"), ("etag", "\"a\"")]), None);
        let endless = Version::of(HERE, &headers(&[("etag", "\"a\"")]), None).unwrap();
        assert_eq!((endless.condition(HERE), endless.condition(THERE)), (Some("\"a\""), None));
    }

    #[test]
    fn a_rest_is_of_the_same_tag_and_length() {
        let version = version(&[("etag", "\"a\"")]).unwrap();
        for (uri, tag, length, expected) in [
            (HERE, Some("\"a\""), Some(5000), true),
            (HERE, None, None, true),
            (HERE, Some("\"b\""), Some(5000), false),
            (HERE, Some("\"a\""), Some(5001), false),
            (THERE, Some("\"a\""), Some(5000), true),
            (THERE, Some("\"a\""), None, false),
            (THERE, None, Some(5000), false),
            (THERE, Some("W/\"a\""), Some(5000), false),
        ] {
            let headers = headers(tag.map(|tag| ("etag", tag)).as_slice());
            assert_eq!(
                version.has_rest(uri, &headers, length),
                expected,
                "{uri} {tag:?} {length:?}"
            );
        }
    }

    #[test]
    fn content_ranges_are_read() {
        let range = |first, end, length| Some(ContentRange { first, end, length });
        for (told, expected) in [
            ("bytes 700-1699/5000", range(700, 1700, Some(5000))),
            ("bytes 700-1699/*", range(700, 1700, None)),
            ("bytes 0-0/1", range(0, 1, Some(1))),
            ("bytes 700-1699/1699", None),
            ("bytes 700-699/5000", None),
            ("bytes 700-18446744073709551615/*", None),
            ("bytes */5000", None),
            ("bytes 700-1699", None),
            ("700-1699/5000", None),
            ("", None),
        ] {
            assert_eq!(ContentRange::of(&headers(&[("content-range", told)])), expected, "{told}");
        }
    }
}
