//! Query parameters of playlist and steering requests.

use alloc::string::String;
use alloc::vec::Vec;

/// `uri` with these parameters in its query, all in the order of their bytes, as RFC 8216bis §6.3.2
/// demands. What the query had by the same name gives way.
pub(super) fn with_parameters(uri: &str, parameters: &[(&str, String)]) -> String {
    if parameters.is_empty() {
        return uri.into();
    }
    let (uri, fragment) = uri.split_at(uri.find('#').unwrap_or(uri.len()));
    let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
    let is_new = |part: &&str| {
        let name = part.split('=').next().unwrap_or_default();
        !part.is_empty() && parameters.iter().all(|&(new, _)| new != name)
    };
    let mut all: Vec<String> = query.split('&').filter(is_new).map(String::from).collect();
    all.extend(parameters.iter().map(|(name, value)| alloc::format!("{name}={value}")));
    all.sort();
    alloc::format!("{path}?{}{fragment}", all.join("&"))
}

/// `uri` without the parameters that are reserved for directives.
pub(super) fn without_directives(uri: &str) -> String {
    let (uri, fragment) = uri.split_at(uri.find('#').unwrap_or(uri.len()));
    let Some((path, query)) = uri.split_once('?') else { return alloc::format!("{uri}{fragment}") };
    let kept: Vec<&str> = query.split('&').filter(|part| !part.starts_with("_HLS_")).collect();
    let mark = if kept.is_empty() { "" } else { "?" };
    alloc::format!("{path}{mark}{}{fragment}", kept.join("&"))
}

/// `text` with everything percent-encoded that may not stand in the value of a parameter.
#[cfg(feature = "steering")]
pub(super) fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(byte as char);
            }
            _ => encoded.push_str(&alloc::format!("%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString as _;

    use super::*;

    #[test]
    fn parameters_stand_in_the_order_of_their_bytes() {
        let directives = [
            ("_HLS_msn", 7.to_string()),
            ("_HLS_part", 2.to_string()),
            ("_HLS_skip", "YES".into()),
        ];
        for (uri, expected) in [
            ("https://a/b.m3u8", "https://a/b.m3u8?_HLS_msn=7&_HLS_part=2&_HLS_skip=YES"),
            ("b?z=1&A=2#f", "b?A=2&_HLS_msn=7&_HLS_part=2&_HLS_skip=YES&z=1#f"),
            ("b?_HLS_msn=1&_HLS_skip", "b?_HLS_msn=7&_HLS_part=2&_HLS_skip=YES"),
        ] {
            assert_eq!(with_parameters(uri, &directives), expected);
        }
        assert_eq!(with_parameters("b?z&a", &[]), "b?z&a", "nobody asked for it");
    }

    #[test]
    fn directives_are_taken_out_again() {
        for (uri, expected) in [
            ("b", "b"),
            ("b#_HLS_a", "b#_HLS_a"),
            ("b?_HLS_msn=7&_HLS_skip=YES", "b"),
            ("b?a=1&_HLS_msn=7&z#f", "b?a=1&z#f"),
            ("b?x_HLS_msn=7", "b?x_HLS_msn=7"),
        ] {
            assert_eq!(without_directives(uri), expected);
        }
    }

    #[cfg(feature = "steering")]
    #[test]
    fn names_of_pathways_are_encoded() {
        assert_eq!(percent_encoded("\"CDN-A é\""), "%22CDN-A%20%C3%A9%22");
    }
}
