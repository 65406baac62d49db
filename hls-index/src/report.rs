use crate::error::Fault;
use crate::media::MediaSequence;
use crate::value::{Named, Value};

/// EXT-X-RENDITION-REPORT: how far another rendition is (RFC 8216bis §4.4.5.4).
///
/// A server leaves out what is the same as in the playlist itself.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct RenditionReport<'p> {
    /// The URI of its media playlist.
    pub uri: &'p str,
    /// LAST-MSN: the media sequence number of its last segment, or of its last part.
    pub last_sequence: Option<MediaSequence>,
    /// LAST-PART: the Part Index of its last part.
    pub last_part: Option<u64>,
}

impl<'p> RenditionReport<'p> {
    pub(crate) fn read(value: Value<'p>, limit: usize) -> Result<Self, Fault> {
        let (mut uri, mut last_sequence, mut last_part) = (None, None, None);
        for attribute in value.attributes(limit) {
            let Named { name, value, .. } = attribute?;
            match name {
                "URI" => uri = Some(value.text),
                "LAST-MSN" => last_sequence = Some(MediaSequence(value.integer()?)),
                "LAST-PART" => last_part = Some(value.integer()?),
                _ => {}
            }
        }
        let uri = uri.ok_or_else(|| value.missing("URI"))?;
        Ok(Self { uri, last_sequence, last_part })
    }
}
