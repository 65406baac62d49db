use crate::byte_range::ByteRange;
use crate::error::Fault;
use crate::key::Keys;
use crate::value::{Named, Value};

/// An initialization section (EXT-X-MAP, RFC 8216 §4.3.2.5): what a decoder needs before the
/// segment.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Map<'p> {
    /// The resource, as it is written.
    pub uri: &'p str,
    /// The part of the resource; all of it when `None`. A range without offset begins at 0.
    pub byte_range: Option<ByteRange>,
    /// The keys that it is encrypted with: those in force where its tag stands.
    pub keys: Keys<'p>,
}

/// URI of an EXT-X-MAP.
pub(super) fn map_uri(value: Value<'_>, limit: usize) -> Result<&str, Fault> {
    let mut uri = None;
    for attribute in value.attributes(limit) {
        let Named { name, value, .. } = attribute?;
        if name == "URI" {
            uri = Some(value.text);
        }
    }
    uri.ok_or_else(|| value.missing("URI"))
}
