use crate::error::Fault;
use crate::value::{Named, Value};

/// EXT-X-SKIP: what a delta update leaves out (RFC 8216bis §4.4.5.2).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Skip<'p> {
    /// SKIPPED-SEGMENTS: how many segments.
    pub skipped_segments: u64,
    /// RECENTLY-REMOVED-DATERANGES as it is written, `None` when the tag has none; see
    /// [`Skip::removed_date_ranges`].
    pub recently_removed: Option<&'p str>,
}

impl<'p> Skip<'p> {
    pub(crate) fn read(value: Value<'p>, limit: usize) -> Result<Self, Fault> {
        let (mut skipped, mut recently_removed) = (None, None);
        for attribute in value.attributes(limit) {
            let Named { name, value, .. } = attribute?;
            match name {
                "SKIPPED-SEGMENTS" => skipped = Some(value.integer()?),
                "RECENTLY-REMOVED-DATERANGES" => recently_removed = Some(value.text),
                _ => {}
            }
        }
        let skipped_segments = skipped.ok_or_else(|| value.missing("SKIPPED-SEGMENTS"))?;
        Ok(Self { skipped_segments, recently_removed })
    }

    /// The IDs of the date ranges that were removed from the playlist of late.
    pub fn removed_date_ranges(&self) -> impl Iterator<Item = &'p str> + use<'p> {
        self.recently_removed
            .into_iter()
            .flat_map(|ids| ids.split('\t'))
            .filter(|id| !id.is_empty())
    }
}
