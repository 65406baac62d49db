use crate::error::Fault;
use crate::value::{Named, Value};

/// EXT-X-PRELOAD-HINT: something that will soon be there, and may be asked for already
/// (RFC 8216bis §4.4.5.3).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct PreloadHint<'p> {
    /// TYPE: what it is.
    pub hint_type: HintType,
    /// Its URI.
    pub uri: &'p str,
    /// BYTERANGE-START: its first byte in the resource; 0 without it.
    pub byte_range_start: u64,
    /// BYTERANGE-LENGTH: how many bytes it is; to the end of the resource when `None`.
    pub byte_range_length: Option<u64>,
}

/// What a [`PreloadHint`] is about.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum HintType {
    /// A partial segment.
    Part,
    /// An initialization section.
    Map,
}

impl<'p> PreloadHint<'p> {
    /// Reads the tag's value; `None` when its TYPE is not known (RFC 8216bis §6.3.8).
    pub(crate) fn read(value: Value<'p>, limit: usize) -> Result<Option<Self>, Fault> {
        let (mut hint_type, mut uri) = (None, None);
        let (mut byte_range_start, mut byte_range_length) = (0, None);
        for attribute in value.attributes(limit) {
            let Named { name, value, .. } = attribute?;
            match name {
                "TYPE" => hint_type = Some(value.text),
                "URI" => uri = Some(value.text),
                "BYTERANGE-START" => byte_range_start = value.integer()?,
                "BYTERANGE-LENGTH" => byte_range_length = Some(value.integer()?),
                _ => {}
            }
        }
        let hint_type = match hint_type.ok_or_else(|| value.missing("TYPE"))? {
            "PART" => HintType::Part,
            "MAP" => HintType::Map,
            _ => return Ok(None),
        };
        let uri = uri.ok_or_else(|| value.missing("URI"))?;
        Ok(Some(Self { hint_type, uri, byte_range_start, byte_range_length }))
    }
}
