//! Writing a media playlist, as the peers do it.

/// broadcast-hls writes what it has read.
pub(crate) fn write_broadcast_hls(playlist: &broadcast_hls::MediaPlaylist) -> Option<String> {
    playlist.to_m3u8().ok()
}

/// m3u8-parser writes its tags one after the other.
pub(crate) fn write_m3u8_parser(
    playlist: &m3u8_parser::m3u8::playlist::Playlist,
) -> Option<String> {
    let mut text = Vec::new();
    playlist.write_to(&mut text).ok()?;
    String::from_utf8(text).ok()
}

/// m3u8-rs writes its model to anything that takes bytes.
pub(crate) fn write_m3u8_rs(playlist: &m3u8_rs::MediaPlaylist) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    playlist.write_to(&mut text).ok()?;
    Some(text)
}

/// hls_m3u8 writes by `Display`.
pub(crate) fn write_hls_m3u8(playlist: &hls_m3u8::MediaPlaylist<'_>) -> Option<String> {
    Some(playlist.to_string())
}
