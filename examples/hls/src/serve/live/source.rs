//! What a playlist of the folder says that grows.

use hls_index::write::MediaBuilder;
use hls_index::{ByteRange, MediaPlaylist, PlaylistType, Ticks};

use super::date_ranges::is_date_range;
use super::limits::times;
use super::name;

/// Segments that are cut into parts, at the most: nobody has as many within three target durations.
const MAX_RECENT: usize = 1000;

/// A playlist that grows, as it lies in the folder.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) builder: MediaBuilder,
    /// The media sequence number of the last segment.
    pub(super) last: u64,
    /// Those whose parts are listed, in order, then the one to come, when its name is known.
    recent: Vec<Recent>,
}

/// One of the last segments.
#[derive(Clone, Debug)]
pub(super) struct Recent {
    pub(super) sequence: u64,
    pub(super) uri: String,
    pub(super) init: Init,
}

/// An initialization section.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Init {
    pub(super) uri: String,
    pub(super) byte_range: Option<ByteRange>,
}

impl Source {
    /// `None` when it is no playlist that grows, or one that has parts of its own.
    pub(super) fn of(playlist: &MediaPlaylist<'_>) -> Option<Self> {
        let is_vod = playlist.playlist_type() == Some(PlaylistType::Vod);
        if is_vod || playlist.is_empty() || playlist.part_target().is_some() {
            return None;
        }
        let mut builder = playlist.to_builder().ok()?;
        // They hold for the playlist, and must stay when a delta update leaves segments out.
        for segment in &mut builder.segments {
            builder.tail.extend(segment.tags.extract_if(.., |tag| is_date_range(tag)));
        }
        let count = u64::try_from(playlist.len()).ok()?;
        let last = playlist.first_sequence().0.checked_add(count - 1)?;
        let mut recent = recent(playlist, builder.target_duration);
        if let Some(before) = recent.last().filter(|before| before.sequence == last)
            && let (Some(uri), Some(sequence)) = (name::next(&before.uri), last.checked_add(1))
        {
            recent.push(Recent { sequence, uri, init: before.init.clone() });
        }
        Some(Self { builder, last, recent })
    }

    /// The segments that are cut into parts, in order.
    pub(super) fn recent(&self) -> &[Recent] {
        match self.recent.split_last() {
            // There will be no other.
            Some((to_come, whole)) if self.builder.is_ended && to_come.sequence > self.last => {
                whole
            }
            _ => &self.recent,
        }
    }

    /// The segment after the last one, when its name is known.
    pub(super) fn to_come(&self) -> Option<&Recent> {
        self.recent.last().filter(|recent| recent.sequence > self.last)
    }
}

/// The segments of the last three target durations that have parts.
fn recent(playlist: &MediaPlaylist<'_>, target_duration: u64) -> Vec<Recent> {
    let listed = times(Ticks::from_seconds(target_duration), 3);
    let from = playlist.duration().checked_sub(listed).unwrap_or_default();
    let mut recent: Vec<Recent> = Vec::new();
    for segment in playlist.segments().filter(|segment| segment.end() > from) {
        // Parts are pieces of whole files.
        let Some(map) = segment.map().filter(|_| segment.byte_range().is_none()) else {
            continue;
        };
        recent.push(Recent {
            sequence: segment.sequence().0,
            uri: segment.uri().to_owned(),
            init: Init { uri: map.uri.to_owned(), byte_range: map.byte_range },
        });
    }
    recent.split_off(recent.len().saturating_sub(MAX_RECENT))
}
