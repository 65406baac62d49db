use alloc::string::String;
use alloc::vec::Vec;

use super::media::{write_start, write_tags};
use super::output::Output;
use super::{NewTag, WriteError};
use crate::start::Start;

/// A multivariant playlist that can be changed, and written.
///
/// ```
/// use hls_index::write::{MultivariantBuilder, NewTag};
///
/// let mut playlist = MultivariantBuilder::default();
/// let tag = NewTag::new("EXT-X-STREAM-INF")?.integer("BANDWIDTH", 1_280_000)?;
/// playlist.push_variant(tag, "low.m3u8");
/// assert_eq!(
///     playlist.to_text()?,
///     "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1280000\nlow.m3u8\n"
/// );
/// # Ok::<(), hls_index::write::WriteError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct MultivariantBuilder {
    /// EXT-X-INDEPENDENT-SEGMENTS.
    pub has_independent_segments: bool,
    /// EXT-X-START.
    pub start: Option<Start>,
    /// Everything else, in order.
    pub entries: Vec<MultivariantEntry>,
}

/// An entry of a [`MultivariantBuilder`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum MultivariantEntry {
    /// A tag that stands alone: EXT-X-MEDIA, EXT-X-SESSION-KEY and the like; or a comment.
    Tag(NewTag),
    /// EXT-X-STREAM-INF and its URI.
    Variant(NewTag, String),
}

impl MultivariantBuilder {
    /// Appends a tag that stands alone.
    pub fn push(&mut self, tag: NewTag) {
        self.entries.push(MultivariantEntry::Tag(tag));
    }

    /// Appends a variant: its EXT-X-STREAM-INF and its URI.
    pub fn push_variant(&mut self, tag: NewTag, uri: impl Into<String>) {
        self.entries.push(MultivariantEntry::Variant(tag, uri.into()));
    }

    /// The playlist as text.
    ///
    /// # Errors
    /// When something in it cannot be written.
    pub fn to_text(&self) -> Result<String, WriteError> {
        let mut text = String::new();
        self.write(&mut text)?;
        Ok(text)
    }

    /// Appends the playlist to `text`, with the EXT-X-VERSION that it takes.
    ///
    /// # Errors
    /// When something in it cannot be written; `text` is then as it was.
    pub fn write(&self, text: &mut String) -> Result<(), WriteError> {
        Output::playlist(text, |output| {
            if self.has_independent_segments {
                output.line("#EXT-X-INDEPENDENT-SEGMENTS");
            }
            if let Some(start) = self.start {
                write_start(output, start);
            }
            for entry in &self.entries {
                let (MultivariantEntry::Tag(tag) | MultivariantEntry::Variant(tag, _)) = entry;
                write_tags(output, core::slice::from_ref(tag));
                if let MultivariantEntry::Variant(_, uri) = entry {
                    output.uri(uri)?;
                }
            }
            Ok(())
        })
    }
}
