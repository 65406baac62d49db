//! What playlists refer to, as paths of the folder, and back.

use hls_index::uri;

use crate::serve::root::{clean, escaped};

/// The path of what the playlist at a path refers to, when that is in the folder.
pub(super) fn path(playlist: &str, reference: &str) -> Option<String> {
    const HERE: &str = "http://here";
    let resolved = uri::resolve(&format!("{HERE}{playlist}"), reference);
    clean(resolved.strip_prefix(HERE)?.split(['?', '#']).next()?)
}

/// The path `to`, as the playlist at the path `from` refers to it.
pub(super) fn relative(from: &str, to: &str) -> String {
    let folder = from.rfind('/').map_or("", |slash| &from[..=slash]);
    escaped(to.strip_prefix(folder).unwrap_or(to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_the_folder_has_a_path_and_nothing_else() {
        for (reference, expected) in [
            ("a.m4s?t=1#2", Some("/news/a.m4s")),
            ("../film/a%20b.m4s", Some("/film/a b.m4s")),
            ("/a.m4s", Some("/a.m4s")),
            ("../../../a.m4s", Some("/a.m4s")),
            ("http://here.example.com/a.m4s", None),
            ("//example.com/a.m4s", None),
            ("file:///etc/passwd", None),
            (".hidden", None),
            ("%2e%2e/a.m4s", None),
            ("%2e%2e%2fa.m4s", None),
            ("", Some("/news/live.m3u8")),
        ] {
            assert_eq!(path("/news/live.m3u8", reference).as_deref(), expected, "{reference}");
        }
    }

    #[test]
    fn a_path_and_its_reference_lead_to_each_other() {
        for to in ["/news/sound track#1.m3u8", "/news/hd/a.m3u8", "/a.m3u8", "/other/a:b.m3u8"] {
            let from = "/news/live.m3u8";
            assert_eq!(path(from, &relative(from, to)).as_deref(), Some(to));
        }
        assert_eq!(relative("/news/live.m3u8", "/news/hd/a.m3u8"), "hd/a.m3u8");
    }
}
