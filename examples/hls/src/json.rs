//! How facts are written for programs: times as exact decimals, byte ranges as pairs.

use hls_index::{ByteRange, Ticks};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::media::{Place, RowKey, RowMap};

/// Seconds with at least one decimal and as many as it takes: `10.0`, `9.966667`. No float on the
/// way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seconds(pub(crate) Ticks);

impl Serialize for Seconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = self.0.to_string();
        if !text.contains('.') {
            text.push_str(".0");
        }
        let number = RawValue::from_string(text).map_err(serde::ser::Error::custom)?;
        number.serialize(serializer)
    }
}

/// `[offset, length]`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Range(pub(crate) ByteRange);

impl Serialize for Range {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.0.offset(), self.0.length()).serialize(serializer)
    }
}

/// Where an initialization section is.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct MapFacts<'m> {
    uri: &'m str,
    byte_range: Option<Range>,
}

impl<'m> From<RowMap<'m>> for MapFacts<'m> {
    fn from(map: RowMap<'m>) -> Self {
        Self { uri: map.uri, byte_range: map.byte_range.map(Range) }
    }
}

/// How to come by a key.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct KeyFacts<'m> {
    method: &'m str,
    uri: &'m str,
    key_format: &'m str,
}

impl<'m> From<RowKey<'m>> for KeyFacts<'m> {
    fn from(key: RowKey<'m>) -> Self {
        Self { method: key.method, uri: key.uri, key_format: key.key_format }
    }
}

/// A server that has a segment, and the absolute URI there.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct PlaceFacts<'m> {
    name: &'m str,
    uri: &'m str,
}

impl<'m> From<&'m Place> for PlaceFacts<'m> {
    fn from(place: &'m Place) -> Self {
        Self { name: &place.server, uri: &place.uri }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_exact_decimals() {
        for (ticks, expected) in [
            (0, "0.0"),
            (10_500_000_000, "10.5"),
            (10_000_000_000, "10.0"),
            (9_966_666_667, "9.966666667"),
            (86_400_006_000_001, "86400.006000001"),
            (u64::MAX, "18446744073.709551615"),
        ] {
            assert_eq!(serde_json::to_string(&Seconds(Ticks::new(ticks))).unwrap(), expected);
        }
    }
}
