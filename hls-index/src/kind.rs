//! The two sorts of playlist, told apart by their tags (RFC 8216bis §4.1).

/// Whether the tag stands in multivariant playlists only (RFC 8216bis §4.4.6).
pub(crate) fn is_multivariant_tag(name: &str) -> bool {
    matches!(
        name,
        "EXT-X-MEDIA"
            | "EXT-X-STREAM-INF"
            | "EXT-X-I-FRAME-STREAM-INF"
            | "EXT-X-SESSION-DATA"
            | "EXT-X-SESSION-KEY"
            | "EXT-X-CONTENT-STEERING"
    )
}

/// Whether the tag stands in media playlists only (RFC 8216bis §4.4.3 to §4.4.5).
pub(crate) fn is_media_tag(name: &str) -> bool {
    matches!(
        name,
        "EXTINF"
            | "EXT-X-TARGETDURATION"
            | "EXT-X-MEDIA-SEQUENCE"
            | "EXT-X-DISCONTINUITY-SEQUENCE"
            | "EXT-X-ENDLIST"
            | "EXT-X-PLAYLIST-TYPE"
            | "EXT-X-I-FRAMES-ONLY"
            | "EXT-X-PART-INF"
            | "EXT-X-SERVER-CONTROL"
            | "EXT-X-BYTERANGE"
            | "EXT-X-DISCONTINUITY"
            | "EXT-X-KEY"
            | "EXT-X-MAP"
            | "EXT-X-PROGRAM-DATE-TIME"
            | "EXT-X-GAP"
            | "EXT-X-BITRATE"
            | "EXT-X-PART"
            | "EXT-X-DATERANGE"
            | "EXT-X-SKIP"
            | "EXT-X-PRELOAD-HINT"
            | "EXT-X-RENDITION-REPORT"
    )
}
