use alloc::vec::Vec;

use super::{Placement, PlacementError};
use crate::attributes::AttributeValue;
use crate::media::MediaSequence;
use crate::multivariant::{MultivariantPlaylist, Variant};
use crate::uri;

impl Placement {
    /// The placement of `variant` and of all that are redundant to it (RFC 8216bis §4.4.6.2): those
    /// with the same STABLE-VARIANT-ID; without one, those that differ in URI and PATHWAY-ID alone.
    /// `base` is the URI of the multivariant playlist. Segments are relative to each variant's
    /// own playlist; servers bear the PATHWAY-ID as their name, or the URI where that is taken.
    ///
    /// ```
    /// use hls_index::{MediaSequence, MultivariantPlaylist, Placement};
    ///
    /// let playlist = MultivariantPlaylist::parse(
    ///     "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1000000\nlow/i.m3u8\n\
    ///      #EXT-X-STREAM-INF:BANDWIDTH=9000000\nhigh/i.m3u8\n\
    ///      #EXT-X-STREAM-INF:BANDWIDTH=1000000\nhttps://b.example.com/low/i.m3u8\n",
    /// )?;
    /// let low = playlist.variants().next().unwrap();
    /// let placement = Placement::of_variant("https://a.example.com/all.m3u8", &playlist, &low)?;
    /// let uris: Vec<String> =
    ///     placement.candidates_of(MediaSequence(0), "0.ts").map(|place| place.uri).collect();
    /// assert_eq!(uris, ["https://a.example.com/low/0.ts", "https://b.example.com/low/0.ts"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// When there are too many of them.
    pub fn of_variant(
        base: &str,
        playlist: &MultivariantPlaylist<'_>,
        variant: &Variant<'_>,
    ) -> Result<Self, PlacementError> {
        let mut placement = Self::new();
        let mut servers = Vec::new();
        let others = playlist.variants().filter(|other| is_redundant(other, variant));
        for other in core::iter::once(*variant).chain(others) {
            let resolved = uri::resolve(base, other.uri);
            if placement.servers().iter().any(|server| server.base() == resolved) {
                continue;
            }
            let id = match placement.server_with_id(other.pathway_id) {
                None => other.pathway_id,
                Some(_) => &resolved,
            };
            servers.push(placement.add_server(id, &resolved)?);
        }
        placement.place(MediaSequence(0), &servers)?;
        Ok(placement)
    }
}

fn is_redundant(other: &Variant<'_>, variant: &Variant<'_>) -> bool {
    match (other.stable_variant_id, variant.stable_variant_id) {
        (Some(other), Some(id)) => other == id,
        // The order of attributes means nothing.
        (None, None) => facts(other) == facts(variant),
        _ => false,
    }
}

/// All attributes but PATHWAY-ID, in the order of their names.
fn facts<'p>(variant: &Variant<'p>) -> Vec<(&'p str, AttributeValue<'p>)> {
    let attributes = variant.attributes;
    let mut facts: Vec<_> = attributes
        .iter()
        .flatten()
        .filter(|attribute| attribute.name != "PATHWAY-ID")
        .map(|attribute| (attribute.name, attribute.value))
        .collect();
    facts.sort_unstable_by_key(|&(name, _)| name);
    facts
}
