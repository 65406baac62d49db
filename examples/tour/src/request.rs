//! What travels on a QUIC stream: a request of one or two lines, and an answer of one line with
//! bytes behind it.
//!
//! ```text
//! PLAYLIST                     GET Segment_3.mp4            GET Segment_3.mp4
//!                                                           RANGE 1000@0
//! OK 426 <sha-256 in hex>      OK 47514 <sha-256 in hex>    NO it isn't there
//! …426 bytes                   …47514 bytes
//! ```

use std::fmt;

use hls_index::ByteRange;

/// The longest request, in bytes.
pub(crate) const MAX_REQUEST: usize = 4096;

/// The longest first line of an answer, in bytes, with its line end.
pub(crate) const MAX_HEAD: usize = 1024;

/// What the viewer asks the sharer for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Request {
    /// The playlist.
    Playlist,
    /// A file that the playlist names, or a part of it.
    File {
        /// As the playlist writes it.
        uri: String,
        /// All of it when `None`.
        range: Option<ByteRange>,
    },
}

/// The first line of an answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Head {
    /// So many bytes follow, and this is their SHA-256 at the source.
    Found { length: u64, digest: [u8; 32] },
    /// Nothing follows, and this is why.
    Refused(String),
}

/// Why bytes are no request, or no answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("it makes no sense")]
pub(crate) struct Malformed;

impl Request {
    /// Reads a whole request.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let text = std::str::from_utf8(bytes).map_err(|_| Malformed)?;
        let text = text.strip_suffix('\n').ok_or(Malformed)?;
        if text == "PLAYLIST" {
            return Ok(Self::Playlist);
        }
        let (file, range) = match text.split_once('\n') {
            None => (text, None),
            Some((file, range)) => (file, Some(parse_range(range).ok_or(Malformed)?)),
        };
        let uri = file.strip_prefix("GET ").filter(|uri| !uri.is_empty()).ok_or(Malformed)?;
        Ok(Self::File { uri: uri.to_owned(), range })
    }
}

fn parse_range(line: &str) -> Option<ByteRange> {
    let (length, offset) = line.strip_prefix("RANGE ")?.split_once('@')?;
    ByteRange::new(parse_number(offset)?, parse_number(length)?)
}

/// Digits and nothing else: `parse` alone would let a sign pass.
fn parse_number(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Playlist => writeln!(f, "PLAYLIST"),
            Self::File { uri, range: None } => writeln!(f, "GET {uri}"),
            Self::File { uri, range: Some(range) } => writeln!(f, "GET {uri}\nRANGE {range}"),
        }
    }
}

impl Head {
    /// Reads the line, with its line end.
    pub(crate) fn parse(line: &[u8]) -> Result<Self, Malformed> {
        let text = std::str::from_utf8(line).map_err(|_| Malformed)?;
        let text = text.strip_suffix('\n').ok_or(Malformed)?;
        if let Some(why) = text.strip_prefix("NO ") {
            return Ok(Self::Refused(why.to_owned()));
        }
        let (length, digest) =
            text.strip_prefix("OK ").and_then(|rest| rest.split_once(' ')).ok_or(Malformed)?;
        let length = parse_number(length).ok_or(Malformed)?;
        Ok(Self::Found { length, digest: parse_digest(digest).ok_or(Malformed)? })
    }
}

fn parse_digest(hex: &str) -> Option<[u8; 32]> {
    if hex.len() != 64 || !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut digest = [0; 32];
    for (byte, digits) in digest.iter_mut().zip(hex.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    Some(digest)
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Found { length, digest } => {
                write!(f, "OK {length} ")?;
                digest.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
                writeln!(f)
            }
            Self::Refused(why) => writeln!(f, "NO {why}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_go_both_ways() {
        let file = |uri: &str, range| Request::File { uri: uri.to_owned(), range };
        for request in [
            Request::Playlist,
            file("Segment_3.mp4", None),
            file("a name with spaces.mp4", None),
            file("a.mp4", ByteRange::new(1326, 46_188)),
        ] {
            assert_eq!(Request::parse(request.to_string().as_bytes()), Ok(request));
        }
    }

    #[test]
    fn what_is_no_request_is_refused() {
        for text in [
            "",
            "\n",
            "GET",
            "GET \n",
            "GET a",
            "PUT a\n",
            "playlist\n",
            "GET a\n\n",
            "GET a\nRANGE 1\n",
            "GET a\nRANGE 1@-1\n",
            "GET a\nRANGE +1@1\n",
            "GET a\nRANGE 1@18446744073709551615\n",
            "GET a\nRANGE 1@1\nRANGE 1@1\n",
        ] {
            assert_eq!(Request::parse(text.as_bytes()), Err(Malformed), "{text:?}");
        }
        assert_eq!(Request::parse(b"GET \xFF\n"), Err(Malformed));
    }

    #[test]
    fn heads_go_both_ways() {
        let found = Head::Found { length: 47_514, digest: [0xAB; 32] };
        for head in [found, Head::Refused("it isn't there".to_owned())] {
            assert_eq!(Head::parse(head.to_string().as_bytes()), Ok(head));
        }
    }

    #[test]
    fn what_is_no_head_is_refused() {
        let digest = "ab".repeat(32);
        for text in [
            String::new(),
            "OK\n".to_owned(),
            format!("OK {digest}\n"),
            format!("OK -1 {digest}\n"),
            format!("OK 1 {digest}"),
            format!("OK 1 {digest}0\n"),
            format!("OK 1 +{}\n", &digest[1..]),
            format!("OK 18446744073709551616 {digest}\n"),
        ] {
            assert_eq!(Head::parse(text.as_bytes()), Err(Malformed), "{text:?}");
        }
    }
}
