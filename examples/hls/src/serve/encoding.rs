//! gzip for playlists, which makes them some ten times smaller.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use hyper::body::Bytes;
use hyper::header::{ACCEPT_ENCODING, CONTENT_ENCODING, HeaderMap, HeaderValue, RANGE, VARY};

use super::answer::Answer;
use super::conditions::{Validators, text};

/// Less than this goes into one packet anyway.
const WORTH_IT: u64 = 1000;

/// Whether a playlist of this length is packed for the client.
pub(super) fn is_packed(length: u64, headers: &HeaderMap) -> bool {
    length >= WORTH_IT && accepts_gzip(headers)
}

/// A playlist, packed when the client takes that; 304 when it has it.
pub(super) fn playlist(text: Bytes, mut validators: Validators, headers: &HeaderMap) -> Answer {
    let packed = is_packed(text.len() as u64, headers).then(|| pack(&text)).flatten();
    let answer = match packed {
        Some(packed) => {
            // Other bytes, another tag.
            validators.etag.insert_str(validators.etag.len() - 1, "-gzip");
            let gzip = HeaderValue::from_static("gzip");
            Answer::bytes(super::files::PLAYLIST, packed).header(CONTENT_ENCODING, gzip)
        }
        None => Answer::bytes(super::files::PLAYLIST, text),
    };
    varied(answer).validators(validators).matching(headers)
}

/// What others are given packed.
pub(super) fn varied(answer: Answer) -> Answer {
    answer.header(VARY, HeaderValue::from_static("Accept-Encoding"))
}

/// Whether the client takes gzip. (A range is one of the plain text.)
fn accepts_gzip(headers: &HeaderMap) -> bool {
    let Some(accepted) = text(headers, ACCEPT_ENCODING) else { return false };
    !headers.contains_key(RANGE)
        && accepted.split(',').any(|coding| {
            let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
            let weight = weight.trim().strip_prefix("q=").unwrap_or("1").trim();
            let is_refused = weight.parse::<f32>().is_ok_and(|weight| weight <= 0.0);
            matches!(name.trim(), "gzip" | "x-gzip") && !is_refused
        })
}

fn pack(text: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).ok()?;
    encoder.finish().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_for_those_who_ask_for_it() {
        for (header, expected) in [
            ("gzip", true),
            ("gzip, deflate, br", true),
            ("br;q=1.0, gzip;q=0.8", true),
            ("gzip;q=0", false),
            ("gzip; q=0.0", false),
            ("deflate", false),
            ("gzipped", false),
            ("", false),
        ] {
            let headers = [(ACCEPT_ENCODING, HeaderValue::from_static(header))];
            assert_eq!(accepts_gzip(&headers.into_iter().collect()), expected, "{header}");
        }
        assert!(!accepts_gzip(&HeaderMap::new()));
    }
}
