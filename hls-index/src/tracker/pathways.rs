//! The pathways that there are, and the servers that have a variant or a rendition: its own, those of
//! redundant ones, and clones.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use sansio::Timestamp;

use super::Tracker;
use super::event::Event;
use super::steering::SteeringManifest;
use crate::media::MediaSequence;
use crate::multivariant::{MultivariantPlaylist, Rendition, RenditionType, Variant};
use crate::placement::Placement;
use crate::uri;

/// The pathways that there are (RFC 8216bis §7), the first to take first. There are none where nobody steers.
#[derive(Clone, Debug, Default)]
pub(super) struct Pathways {
    pub(super) in_order: Vec<Pathway>,
    /// The ID of the one that is applied.
    pub(super) applied: Option<String>,
}

#[derive(Clone, Debug)]
pub(super) struct Pathway {
    pub(super) id: String,
    /// The PATHWAY-ID that its variants bear: that of another, where it is a clone.
    pub(super) base: String,
    /// Whether nobody asked for it: it is for when all others fail.
    pub(super) is_last_resort: bool,
}

impl Pathways {
    pub(super) fn new(
        multivariant: &MultivariantPlaylist<'_>,
        manifest: Option<&SteeringManifest>,
    ) -> Self {
        let steering = multivariant.content_steering();
        if steering.is_none() && manifest.is_none() {
            return Self::default();
        }
        let mut all: Vec<(&str, &str)> = Vec::new();
        let mut bases: BTreeMap<&str, &str> = BTreeMap::new();
        let of_variants = multivariant.variants().map(|variant| (variant.pathway_id, None));
        let clones = manifest.into_iter().flat_map(|manifest| &manifest.pathway_clones);
        let clones = clones.map(|clone| (clone.id.as_str(), Some(clone.base_id.as_str())));
        for (id, base) in of_variants.chain(clones) {
            // A clone of what is not there, or the second of a name, is passed over.
            let base = base.map_or(Some(id), |base| bases.get(base).copied());
            if let Some(base) = base.filter(|_| !bases.contains_key(id)) {
                bases.insert(id, base);
                all.push((id, base));
            }
        }
        let given = manifest.map(|manifest| &manifest.pathway_priority[..]).unwrap_or_default();
        let first = steering.and_then(|it| it.pathway_id).filter(|_| given.is_empty());
        let mut in_order = Vec::new();
        for id in given.iter().map(String::as_str).chain(first) {
            // Each is taken out, so that it is there once.
            in_order.extend(bases.remove(id).map(|base| Pathway::new(id, base, false)));
        }
        let others = all.into_iter().filter(|(id, _)| bases.contains_key(id));
        in_order.extend(others.map(|(id, base)| Pathway::new(id, base, true)));
        Self { in_order, applied: None }
    }

    fn base(&self, id: &str) -> Option<&str> {
        let pathway = self.in_order.iter().find(|pathway| pathway.id == id);
        pathway.map(|pathway| pathway.base.as_str())
    }
}

impl Pathway {
    fn new(id: &str, base: &str, is_last_resort: bool) -> Self {
        Self { id: id.to_string(), base: base.to_string(), is_last_resort }
    }
}

impl Tracker {
    /// Applies the first pathway that has not failed: where the variant is not on it, one that is takes its place
    /// (RFC 8216bis §7.5). Whether that is so.
    ///
    /// A variant that the caller chose stays until another pathway is to be taken or all its servers failed. A
    /// rendition goes where its caller takes it.
    pub(super) fn apply_pathway(&mut self, now: Timestamp) -> bool {
        if self.followed.is_some() || self.stopped.is_some() {
            return false;
        }
        let is_well = self.servers.has_any(now);
        let next = self.pathways.in_order.iter().find(|pathway| {
            let is_wanted = !pathway.is_last_resort || !is_well;
            is_wanted && !self.servers.is_penalized(&pathway.id, now)
        });
        let (Some(pathway), Some((_, multivariant))) = (next, &self.multivariant) else {
            return false;
        };
        let before = self.pathways.applied.replace(pathway.id.clone());
        let is_same = before.as_ref() == Some(&pathway.id);
        if self.servers.has(&pathway.id) || (is_same && is_well) {
            return false;
        }
        let played = multivariant.variants().nth(self.variant);
        let Some(variant) = played.and_then(|it| closest(multivariant, &it, &pathway.base)) else {
            return false;
        };
        let before = self.reload.clone();
        self.change_variant(now, variant);
        // Who moves on from what does not work has not got anywhere by that.
        self.reload.carry_on(&before);
        self.tell(Event::Switched { variant });
        true
    }

    /// Whether there is a pathway to go to on which the variant is not.
    pub(super) fn has_other_pathway(&self, now: Timestamp) -> bool {
        let is_other = |pathway: &Pathway| {
            !self.servers.has(&pathway.id) && !self.servers.is_penalized(&pathway.id, now)
        };
        self.followed.is_none() && self.pathways.in_order.iter().any(is_other)
    }
}

/// Of the variants with this PATHWAY-ID the one to play instead of `variant`: with the highest BANDWIDTH that is
/// not above, if possible of the same VIDEO-RANGE and the same formats; else the one with the lowest.
fn closest(
    multivariant: &MultivariantPlaylist<'_>,
    variant: &Variant<'_>,
    pathway: &str,
) -> Option<usize> {
    let rate = |variant: &Variant<'_>| variant.bandwidth.unwrap_or(u64::MAX);
    let (most, formats_before) = (rate(variant), formats(variant));
    let variants = multivariant.variants().enumerate();
    let members = variants.filter(|(_, other)| other.pathway_id == pathway);
    let closest = members.min_by_key(|(_, other)| {
        let has_other_range = other.video_range != variant.video_range;
        let differs = (has_other_range, formats(other) != formats_before);
        let is_above = rate(other) > most;
        let (first, distance) = match is_above {
            // What is too much for the network is no better for being alike.
            true => ((false, false), rate(other)),
            false => (differs, most - rate(other)),
        };
        (is_above, first, distance, differs, other.score != variant.score)
    });
    closest.map(|(number, _)| number)
}

/// The formats of CODECS without their profiles.
fn formats<'p>(variant: &Variant<'p>) -> Vec<&'p str> {
    let mut formats: Vec<&str> =
        variant.codec_list().map(|codec| codec.split('.').next().unwrap_or_default()).collect();
    formats.sort_unstable();
    formats.dedup();
    formats
}

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
    pathways: &Pathways,
) -> Option<Placement> {
    let mut placement = Placement::of_variant(base, multivariant, variant).ok()?;
    let mut stable_rendition_id = None;
    if let Some(followed) = followed {
        stable_rendition_id = followed.of(multivariant, variant)?.0.stable_rendition_id;
        placement = of_rendition(base, multivariant, &placement, followed);
    }
    for clone in manifest.into_iter().flat_map(|manifest| &manifest.pathway_clones) {
        // A clone of what is not there, or of the name of another, is passed over.
        if pathways.base(&clone.id) != pathways.base(&clone.base_id) {
            continue;
        }
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
