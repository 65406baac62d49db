//! What the next segment will be called: as the last one, with its number one higher.

/// The name after `uri`, when there is a number in its file name: the last one there, before the
/// extension. It keeps its zeros in front.
pub(super) fn next(uri: &str) -> Option<String> {
    let path_end = uri.find(['?', '#']).unwrap_or(uri.len());
    let name_at = uri[..path_end].rfind('/').map_or(0, |slash| slash + 1);
    let stem_end = uri[name_at..path_end].rfind('.').map_or(path_end, |dot| name_at + dot);
    let stem = &uri[name_at..stem_end];
    let digits_end = stem.rfind(|c: char| c.is_ascii_digit())? + 1;
    let before = stem[..digits_end].trim_end_matches(|c: char| c.is_ascii_digit());
    let digits = &stem[before.len()..digits_end];
    let number = digits.parse::<u64>().ok()?.checked_add(1)?;
    let (head, tail) = (&uri[..name_at + before.len()], &uri[name_at + digits_end..]);
    Some(format!("{head}{number:0width$}{tail}", width = digits.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_goes_up() {
        for (uri, expected) in [
            ("chunk-stream0-00009.m4s", Some("chunk-stream0-00010.m4s")),
            ("live9.ts", Some("live10.ts")),
            ("99.m4s", Some("100.m4s")),
            ("a/b7/live3.mp4?t=1", Some("a/b7/live4.mp4?t=1")),
            ("seg_7_hd.m4s", Some("seg_8_hd.m4s")),
            ("film.mp4", None),
            ("7/film.mp4", None),
            ("film.mp4?7", None),
            ("99999999999999999999.ts", None),
            ("18446744073709551615.ts", None),
            ("", None),
        ] {
            assert_eq!(next(uri).as_deref(), expected, "{uri}");
        }
    }
}
