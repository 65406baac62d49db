//! Reading a media playlist, as the peers do it.

use std::hint::black_box;

/// quick-m3u8 builds no model: it hands out line after line, all 32 tags read.
pub(crate) fn quick_m3u8(text: &str) -> Option<usize> {
    use quick_m3u8::{HlsLine, Reader, config::ParsingOptionsBuilder};

    let options = ParsingOptionsBuilder::new().with_parsing_for_all_tags().build();
    let mut reader = Reader::from_str(text, options);
    let mut segments = 0;
    while let Some(line) = reader.read_line().ok()? {
        segments += usize::from(matches!(line, HlsLine::Uri(_)));
        black_box(line);
    }
    Some(segments)
}

/// broadcast-hls: a full model of owned values.
pub(crate) fn broadcast_hls(text: &str) -> Option<broadcast_hls::MediaPlaylist> {
    broadcast_hls::MediaPlaylist::parse(text).ok()
}

/// m3u8-parser: a vector of owned tags; segments are another step, on demand.
pub(crate) fn m3u8_parser(text: &str) -> Option<m3u8_parser::m3u8::playlist::Playlist> {
    m3u8_parser::m3u8::playlist::Playlist::from_reader(text.as_bytes()).ok()
}

/// m3u8-rs: a model of owned values, durations as `f32`; it has no types for parts.
pub(crate) fn m3u8_rs(text: &str) -> Option<m3u8_rs::MediaPlaylist> {
    Some(m3u8_rs::parse_media_playlist(text.as_bytes()).ok()?.1)
}

/// hls_m3u8: a model that borrows the text where it can. It refuses every EXT-X-VERSION above 7,
/// and keeps tags of later versions as text.
pub(crate) fn hls_m3u8(text: &str) -> Option<hls_m3u8::MediaPlaylist<'_>> {
    hls_m3u8::MediaPlaylist::try_from(text).ok()
}
