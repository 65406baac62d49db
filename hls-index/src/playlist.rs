use crate::define::Source;
use crate::error::ParseError;
use crate::kind::{is_media_tag, is_multivariant_tag};
use crate::media::MediaPlaylist;
use crate::multivariant::MultivariantPlaylist;
use crate::scan::{self, Line, Lines};

/// A playlist of either sort.
///
/// ```
/// use hls_index::Playlist;
///
/// match Playlist::parse("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1280000\nlow.m3u8\n")? {
///     Playlist::Media(playlist) => println!("{} segments", playlist.len()),
///     Playlist::Multivariant(playlist) => assert_eq!(playlist.variants().count(), 1),
/// }
/// # Ok::<(), hls_index::ParseError>(())
/// ```
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "nobody keeps many of them")]
pub enum Playlist<'a> {
    /// It lists segments.
    Media(MediaPlaylist<'a>),
    /// It lists media playlists.
    Multivariant(MultivariantPlaylist<'a>),
}

impl<'a> Playlist<'a> {
    /// Parses `text` as what it is: the first tag that only one sort has decides. A playlist with
    /// no such tag is a multivariant one without variants (RFC 8216bis §4.1).
    ///
    /// # Errors
    /// The first thing that is wrong, with its line and column.
    pub fn parse(text: &'a str) -> Result<Self, ParseError> {
        Self::parse_from(text, &Source::new())
    }

    /// Parses `text`, which comes from `source`, as what it is.
    ///
    /// # Errors
    /// The first thing that is wrong, with its line and column.
    pub fn parse_from(text: &'a str, source: &Source<'_>) -> Result<Self, ParseError> {
        if is_media(text) {
            MediaPlaylist::parse_from(text, source).map(Self::Media)
        } else {
            MultivariantPlaylist::parse_from(text, source).map(Self::Multivariant)
        }
    }

    /// Parses `bytes`, which must be UTF-8, as what it is.
    ///
    /// # Errors
    /// The first thing that is wrong, with its line and column.
    pub fn parse_bytes(bytes: &'a [u8]) -> Result<Self, ParseError> {
        Self::parse(scan::utf8(bytes)?)
    }

    /// All lines of the text, each in its place.
    #[must_use]
    pub fn lines(&self) -> Lines<'_> {
        Lines::new(self.text())
    }

    /// The text that was parsed.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Media(playlist) => playlist.text(),
            Self::Multivariant(playlist) => playlist.text(),
        }
    }
}

/// Whether the first tag that tells is one of media playlists.
pub(crate) fn is_media(text: &str) -> bool {
    let deciding = Lines::new(text).find_map(|line| match line {
        Line::Tag(tag) if is_media_tag(tag.name) => Some(true),
        Line::Tag(tag) if is_multivariant_tag(tag.name) => Some(false),
        _ => None,
    });
    deciding.unwrap_or(false)
}
