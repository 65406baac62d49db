/// How much of a playlist to accept: a guard against texts that were made to cost time or memory.
///
/// ```
/// use hls_index::{Limits, MediaPlaylist, ParseErrorKind};
///
/// let text = "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\na.mp4\n#EXTINF:5,\nb.mp4\n";
/// let limits = Limits { segments: 1, ..Limits::default() };
/// let error = MediaPlaylist::parse_with(text, &limits).unwrap_err();
/// assert_eq!(error.kind, ParseErrorKind::TooManySegments { limit: 1 });
/// assert_eq!(error.line, 6);
/// ```
///
/// Whatever the limits, a text may be at most `u32::MAX` bytes (4 GiB) long, parsing takes time
/// linear in its length, and the parsed playlist takes memory linear in it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default))]
pub struct Limits {
    /// The longest line, in bytes without its line feed (a CR before it counts). Default: 1 MiB.
    pub line_bytes: usize,
    /// The most segments. Default: 20,000,000.
    pub segments: usize,
    /// The most attributes in one attribute list. Default: 256.
    pub attributes: usize,
    /// The most KEYFORMATs whose keys may be in force at once. Default: 16.
    pub key_formats: usize,
    /// The most variables that EXT-X-DEFINE may define. Default: 1,000.
    pub variables: usize,
    /// The most bytes that the values of variables, and what has references to them, may take
    /// altogether; in a live playlist, all segments that are held. Default: 64 MiB.
    pub expanded_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            line_bytes: 1 << 20,
            segments: 20_000_000,
            attributes: 256,
            key_formats: 16,
            variables: 1_000,
            expanded_bytes: 64 << 20,
        }
    }
}
