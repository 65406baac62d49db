//! What a playlist says of itself.

use super::{MediaPlaylist, MediaSequence};
use crate::server_control::ServerControl;
use crate::skip::Skip;
use crate::start::Start;
use crate::text::TextSpan;
use crate::time::Ticks;

/// What is said of the whole playlist.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Head {
    pub(super) version: Option<u64>,
    pub(super) target_duration: Option<Ticks>,
    pub(super) media_sequence: u64,
    pub(super) discontinuity_sequence: u64,
    pub(super) playlist_type: Option<PlaylistType>,
    pub(super) is_ended: bool,
    pub(super) is_i_frames_only: bool,
    pub(super) has_independent_segments: bool,
    pub(super) start: Option<Start>,
    pub(super) part_target: Option<Ticks>,
    pub(super) server_control: Option<ServerControl>,
    pub(super) skipped_segments: Option<u64>,
    pub(super) skip: Option<TextSpan>,
}

impl MediaPlaylist<'_> {
    /// EXT-X-VERSION: which version of the protocol it takes, any number accepted.
    #[must_use]
    pub const fn version(&self) -> Option<u64> {
        self.head.version
    }

    /// EXT-X-TARGETDURATION: how long a segment is at most, rounded to seconds. The tag is
    /// required; a playlist without it is read all the same.
    #[must_use]
    pub const fn target_duration(&self) -> Option<Ticks> {
        self.head.target_duration
    }

    /// EXT-X-PLAYLIST-TYPE, when it is one of the two that there are.
    #[must_use]
    pub const fn playlist_type(&self) -> Option<PlaylistType> {
        self.head.playlist_type
    }

    /// EXT-X-ENDLIST: whether no segment will be added any more.
    #[must_use]
    pub const fn is_ended(&self) -> bool {
        self.head.is_ended
    }

    /// EXT-X-I-FRAMES-ONLY: whether every segment is one I-frame.
    #[must_use]
    pub const fn is_i_frames_only(&self) -> bool {
        self.head.is_i_frames_only
    }

    /// EXT-X-INDEPENDENT-SEGMENTS: whether each segment decodes without any other.
    #[must_use]
    pub const fn has_independent_segments(&self) -> bool {
        self.head.has_independent_segments
    }

    /// SKIPPED-SEGMENTS of EXT-X-SKIP: `Some` when the text is a delta update, which leaves out so
    /// many segments at its start. Sequence numbers take account of them; times and discontinuity
    /// numbers cannot, they count from the first segment that is there.
    #[must_use]
    pub const fn skipped_segments(&self) -> Option<u64> {
        self.head.skipped_segments
    }

    /// The number of the first segment, or of the one to come when there is none:
    /// EXT-X-MEDIA-SEQUENCE (0 without it) and what a delta update skipped.
    #[must_use]
    pub const fn first_sequence(&self) -> MediaSequence {
        // The parser has checked the sum.
        MediaSequence(self.head.media_sequence + skipped(self.head.skipped_segments))
    }

    /// EXT-X-START: where to begin to play.
    #[must_use]
    pub const fn start(&self) -> Option<Start> {
        self.head.start
    }

    /// PART-TARGET of EXT-X-PART-INF: how long a part is at most.
    #[must_use]
    pub const fn part_target(&self) -> Option<Ticks> {
        self.head.part_target
    }

    /// EXT-X-SERVER-CONTROL: what the server can do.
    #[must_use]
    pub const fn server_control(&self) -> Option<ServerControl> {
        self.head.server_control
    }

    /// EXT-X-SKIP: what a delta update leaves out.
    #[must_use]
    pub fn skip(&self) -> Option<Skip<'_>> {
        // Here and below: the parser has read it before.
        Skip::read(self.text.value("EXT-X-SKIP", self.head.skip?), usize::MAX).ok()
    }
}

/// How a playlist may change (RFC 8216 §4.3.3.5).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum PlaylistType {
    /// Segments are only ever added, at the end.
    Event,
    /// Not at all.
    Vod,
}

pub(super) const fn skipped(segments: Option<u64>) -> u64 {
    match segments {
        Some(segments) => segments,
        None => 0,
    }
}
