//! URIs: from what a playlist writes to what can be fetched.
//!
//! The library opens no URI and judges none: a playlist may name `file:`, `data:` or an address
//! inside the caller's network, and all of them come through as text. Before fetching, resolve the
//! reference and hold its [`scheme`] (and host) against what you allow.
//!
//! ```
//! use hls_index::uri;
//!
//! let playlist = "https://cdn.example.com/live/eu/index.m3u8?token=1";
//! let segment = uri::resolve(playlist, "../seg/7.m4s");
//! assert_eq!(segment, "https://cdn.example.com/live/seg/7.m4s");
//! assert!(matches!(uri::scheme(&segment), Some("http" | "https")));
//! assert_eq!(uri::scheme(&uri::resolve(playlist, "file:///etc/passwd")), Some("file"));
//! ```

use alloc::string::String;

/// Resolves `reference`, as a playlist writes it, against `base`, the URI that the playlist was
/// loaded from (RFC 3986 §5.2). An absolute reference comes back with its dot segments removed.
///
/// A base without a scheme works as well: with the path of a local file, `../media/index.m3u8`, the
/// reference `a.mp4` gives `../media/a.mp4`. There, `..` may lead out of where the base starts; it
/// never leads out of the root of an absolute URI or path. Nothing is percent-decoded or checked.
#[must_use]
pub fn resolve(base: &str, reference: &str) -> String {
    let reference = Parts::of(reference);
    let base = Parts::of(base);

    let is_whole = reference.scheme.is_some() || reference.authority.is_some();
    let scheme = reference.scheme.or(base.scheme);
    let authority = if is_whole { reference.authority } else { base.authority };
    let says_nothing = !is_whole && reference.path.is_empty() && reference.query.is_none();
    let query = if says_nothing { base.query } else { reference.query };

    let mut path = String::with_capacity(base.path.len() + reference.path.len() + 1);
    let may_climb = scheme.is_none() && authority.is_none();
    if is_whole || reference.path.starts_with('/') {
        remove_dot_segments(reference.path.split('/'), may_climb, &mut path);
    } else if reference.path.is_empty() {
        path.push_str(base.path);
    } else {
        let directory = match base.path.rfind('/') {
            Some(slash) => Some(&base.path[..slash]),
            // An authority with nothing after it stands before the root.
            None => base.authority.map(|_| ""),
        };
        let segments = directory.into_iter().flat_map(|path| path.split('/'));
        remove_dot_segments(segments.chain(reference.path.split('/')), may_climb, &mut path);
    }
    Parts { scheme, authority, path: &path, query, fragment: reference.fragment }.join()
}

/// The scheme of an absolute URI, as it is written: `Some("https")`; `None` for a relative one.
#[must_use]
pub fn scheme(uri: &str) -> Option<&str> {
    let end = uri.find([':', '/', '?', '#'])?;
    let scheme = &uri[..end];
    let is_scheme = uri[end..].starts_with(':')
        && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'));
    is_scheme.then_some(scheme)
}

/// The five components of RFC 3986 §3, each without its separator.
struct Parts<'a> {
    scheme: Option<&'a str>,
    authority: Option<&'a str>,
    path: &'a str,
    query: Option<&'a str>,
    fragment: Option<&'a str>,
}

impl<'a> Parts<'a> {
    fn of(uri: &'a str) -> Self {
        let scheme = scheme(uri);
        let rest = scheme.map_or(uri, |scheme| &uri[scheme.len() + 1..]);
        let (rest, fragment) = split(rest, '#');
        let (rest, query) = split(rest, '?');
        let (authority, path) = match rest.strip_prefix("//") {
            Some(rest) => {
                let end = rest.find('/').unwrap_or(rest.len());
                (Some(&rest[..end]), &rest[end..])
            }
            None => (None, rest),
        };
        Self { scheme, authority, path, query, fragment }
    }

    fn join(&self) -> String {
        let mut uri = String::new();
        if let Some(scheme) = self.scheme {
            uri.extend([scheme, ":"]);
        }
        if let Some(authority) = self.authority {
            uri.extend(["//", authority]);
        }
        // Lest the path be taken for an authority or a scheme.
        if self.authority.is_none() && self.path.starts_with("//") {
            uri.push_str("/.");
        } else if self.scheme.is_none() && self.authority.is_none() && scheme(self.path).is_some() {
            uri.push_str("./");
        }
        uri.push_str(self.path);
        if let Some(query) = self.query {
            uri.extend(["?", query]);
        }
        if let Some(fragment) = self.fragment {
            uri.extend(["#", fragment]);
        }
        uri
    }
}

/// What stands before the first `separator`, and after it where there is one.
fn split(text: &str, separator: char) -> (&str, Option<&str>) {
    match text.split_once(separator) {
        Some((before, after)) => (before, Some(after)),
        None => (text, None),
    }
}

/// Writes the path of these segments to the empty `out`, without its `.` and `..` segments
/// (RFC 3986 §5.2.4), in linear time. An absolute path has an empty first segment. A relative path
/// that `may_climb` keeps the `..` for which there is nothing to take back.
fn remove_dot_segments<'a>(
    segments: impl Iterator<Item = &'a str>,
    may_climb: bool,
    out: &mut String,
) {
    let mut segments = segments.peekable();
    if segments.next_if_eq(&"").is_some() && segments.peek().is_some() {
        out.push('/');
    }
    // What stands before this is not taken back: the root, or the `..` that were kept.
    let mut floor = out.len();
    let may_climb = may_climb && floor == 0;
    while let Some(segment) = segments.next() {
        match segment {
            "." => {}
            ".." if out.len() > floor => {
                let parent = out[floor..].trim_end_matches(|c| c != '/');
                let parent = parent.strip_suffix('/').unwrap_or(parent);
                let end = parent.rfind('/').map_or(0, |slash| slash + 1);
                out.truncate(floor + end);
            }
            ".." if may_climb => {
                out.push_str("../");
                floor = out.len();
            }
            ".." => {}
            _ => {
                out.push_str(segment);
                if segments.peek().is_some() {
                    out.push('/');
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "http://a/b/c/d;p?q";

    #[test]
    fn resolves_the_normal_examples_of_rfc_3986() {
        for (reference, expected) in [
            ("g:h", "g:h"),
            ("g", "http://a/b/c/g"),
            ("./g", "http://a/b/c/g"),
            ("g/", "http://a/b/c/g/"),
            ("/g", "http://a/g"),
            ("//g", "http://g"),
            ("?y", "http://a/b/c/d;p?y"),
            ("g?y", "http://a/b/c/g?y"),
            ("#s", "http://a/b/c/d;p?q#s"),
            ("g#s", "http://a/b/c/g#s"),
            ("g?y#s", "http://a/b/c/g?y#s"),
            (";x", "http://a/b/c/;x"),
            ("g;x", "http://a/b/c/g;x"),
            ("g;x?y#s", "http://a/b/c/g;x?y#s"),
            ("", "http://a/b/c/d;p?q"),
            (".", "http://a/b/c/"),
            ("./", "http://a/b/c/"),
            ("..", "http://a/b/"),
            ("../", "http://a/b/"),
            ("../g", "http://a/b/g"),
            ("../..", "http://a/"),
            ("../../", "http://a/"),
            ("../../g", "http://a/g"),
        ] {
            assert_eq!(resolve(BASE, reference), expected, "{reference}");
        }
    }

    #[test]
    fn resolves_the_abnormal_examples_of_rfc_3986() {
        for (reference, expected) in [
            ("../../../g", "http://a/g"),
            ("../../../../g", "http://a/g"),
            ("/./g", "http://a/g"),
            ("/../g", "http://a/g"),
            ("g.", "http://a/b/c/g."),
            (".g", "http://a/b/c/.g"),
            ("g..", "http://a/b/c/g.."),
            ("..g", "http://a/b/c/..g"),
            ("./../g", "http://a/b/g"),
            ("./g/.", "http://a/b/c/g/"),
            ("g/./h", "http://a/b/c/g/h"),
            ("g/../h", "http://a/b/c/h"),
            ("g;x=1/./y", "http://a/b/c/g;x=1/y"),
            ("g;x=1/../y", "http://a/b/c/y"),
            ("g?y/./x", "http://a/b/c/g?y/./x"),
            ("g?y/../x", "http://a/b/c/g?y/../x"),
            ("g#s/./x", "http://a/b/c/g#s/./x"),
            ("g#s/../x", "http://a/b/c/g#s/../x"),
            ("http:g", "http:g"),
        ] {
            assert_eq!(resolve(BASE, reference), expected, "{reference}");
        }
    }

    #[test]
    fn empty_segments_stay() {
        assert_eq!(resolve("http://a/b//c", "../d"), "http://a/b/d");
        assert_eq!(resolve("http://a//b/c", "d//e/../f"), "http://a//b/d//f");
        assert_eq!(resolve("http://a", "g"), "http://a/g");
        assert_eq!(resolve("http://a?q", "g"), "http://a/g");
        assert_eq!(resolve("http://a", "?y"), "http://a?y");
    }

    #[test]
    fn a_local_path_is_a_base_as_well() {
        for (base, reference, expected) in [
            ("index.m3u8", "a.mp4", "a.mp4"),
            ("index.m3u8", "../a.mp4", "../a.mp4"),
            ("../media/index.m3u8", "a.mp4", "../media/a.mp4"),
            ("../media/index.m3u8", "../../a.mp4", "../../a.mp4"),
            ("./media/index.m3u8", "x/../a.mp4", "media/a.mp4"),
            ("/srv/media/index.m3u8", "../../../a.mp4", "/a.mp4"),
            ("/srv/index.m3u8", "https://b/a.mp4", "https://b/a.mp4"),
            ("", "a.mp4", "a.mp4"),
            ("index.m3u8", "", "index.m3u8"),
        ] {
            assert_eq!(resolve(base, reference), expected, "{base} {reference}");
        }
    }

    #[test]
    fn a_path_is_never_taken_for_an_authority_or_a_scheme() {
        assert_eq!(resolve("x:/a", "/.//b"), "x:/.//b");
        assert_eq!(resolve("index.m3u8", "./a:b.mp4"), "./a:b.mp4");
        assert_eq!(scheme(&resolve("index.m3u8", "./a:b.mp4")), None);
    }

    #[test]
    fn h10_foreign_schemes_come_through_as_text() {
        for reference in ["file:///etc/passwd", "concat:a|b", "data:text/plain,x", "skd://key"] {
            assert_eq!(resolve(BASE, reference), reference);
            assert!(!matches!(scheme(reference), Some("http" | "https")));
        }
        assert_eq!(resolve(BASE, "//host/share"), "http://host/share");
        assert_eq!(resolve(BASE, "\\\\host\\share"), "http://a/b/c/\\\\host\\share");
    }

    #[test]
    fn a_scheme_is_letters_before_a_colon() {
        assert_eq!(scheme("HTTPS://a"), Some("HTTPS"));
        assert_eq!(scheme("svn+ssh:x"), Some("svn+ssh"));
        for relative in ["a/b:c", "?a:b", "#a:b", "1a:b", ":a", "a b:c", "", "a"] {
            assert_eq!(scheme(relative), None, "{relative}");
        }
    }
}
