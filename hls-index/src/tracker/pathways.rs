//! The servers that have a variant or a rendition: its own, those of redundant ones, and clones.

use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use super::steering::SteeringManifest;
use crate::media::MediaSequence;
use crate::multivariant::{MultivariantPlaylist, Rendition, RenditionType, Variant};
use crate::placement::Placement;
use crate::uri;

/// A rendition, by what is the same in the groups of all variants.
#[derive(Clone, Debug)]
pub(super) struct Followed {
    pub(super) rendition_type: RenditionType,
    pub(super) name: String,
}

impl Followed {
    /// The rendition in the group that the variant names, and where its playlist is.
    pub(super) fn of<'p>(
        &self,
        multivariant: &'p MultivariantPlaylist<'_>,
        variant: &Variant<'p>,
    ) -> Option<(Rendition<'p>, &'p str)> {
        let group = match self.rendition_type {
            RenditionType::Audio => variant.audio,
            RenditionType::Video => variant.video,
            RenditionType::Subtitles => variant.subtitles,
            RenditionType::ClosedCaptions => None,
        }?;
        let mut group = multivariant.group(self.rendition_type, group);
        let rendition = group.find(|rendition| rendition.name == self.name)?;
        Some((rendition, rendition.uri?))
    }
}

/// The servers that have a variant, or a rendition of its, in the order of content steering
/// (RFC 8216bis §7). Each server's base is the URI of the playlist there.
pub(super) fn placement(
    base: &str,
    multivariant: &MultivariantPlaylist<'_>,
    variant: &Variant<'_>,
    followed: Option<&Followed>,
    manifest: Option<&SteeringManifest>,
) -> Option<Placement> {
    let mut placement = Placement::of_variant(base, multivariant, variant).ok()?;
    let mut stable_rendition_id = None;
    if let Some(followed) = followed {
        stable_rendition_id = followed.of(multivariant, variant)?.0.stable_rendition_id;
        placement = of_rendition(base, multivariant, &placement, followed);
    }
    for clone in manifest.into_iter().flat_map(|manifest| &manifest.pathway_clones) {
        // A clone of what is not there, or the second of a name, is passed over.
        let original = placement.servers().iter().find(|server| server.id() == clone.base_id);
        let Some(original) = original else { continue };
        let (uris, id) = match followed {
            None => (&clone.per_variant_uris, variant.stable_variant_id),
            Some(_) => (&clone.per_rendition_uris, stable_rendition_id),
        };
        let given = uris.iter().find(|(stable, _)| id == Some(stable.as_str()));
        let uri = match given {
            Some((_, uri)) => uri.clone(),
            None => clone.replacement.apply(original.base()),
        };
        let _ = placement.add_server(&clone.id, &uri);
    }
    let ids: Vec<String> = placement.servers().iter().map(|it| it.id().to_string()).collect();
    let servers: Vec<_> = ids.iter().filter_map(|id| placement.server_with_id(id)).collect();
    placement.place(MediaSequence(0), &servers).ok()?;
    let first = multivariant.content_steering().and_then(|steering| steering.pathway_id);
    match manifest.filter(|manifest| !manifest.pathway_priority.is_empty()) {
        Some(manifest) => placement.steer(manifest.pathway_priority.iter().map(String::as_str)),
        None => placement.steer(first),
    }
    Some(placement)
}

/// Where the variants are that these servers have, the rendition that goes with each.
fn of_rendition(
    base: &str,
    multivariant: &MultivariantPlaylist<'_>,
    variants: &Placement,
    followed: &Followed,
) -> Placement {
    let mut placement = Placement::new();
    for server in variants.servers() {
        let is_there = |variant: &Variant<'_>| uri::resolve(base, variant.uri) == server.base();
        let mut variants = multivariant.variants().filter(is_there);
        let Some((_, uri)) = variants.find_map(|variant| followed.of(multivariant, &variant))
        else {
            continue;
        };
        let uri = uri::resolve(base, uri);
        let id = if server.id() == server.base() { &uri } else { server.id() };
        // Without a name of its own, one is as good as the other.
        let _ = placement.add_server(id, &uri);
    }
    placement
}
