use alloc::string::String;
use core::time::Duration;

use super::request::{RequestId, Resource};
use crate::error::ParseError;
use crate::live::Update;
use crate::media::MediaSequence;
use crate::time::Ticks;

/// Something that happened: see [`Tracker::poll_event`](super::Tracker::poll_event).
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// The multivariant playlist is there, and a variant of it was chosen:
    /// [`Tracker::select`](super::Tracker::select) chooses another.
    Multivariant {
        /// The variant, counted from 0.
        variant: usize,
    },
    /// Another variant is played from now on, as by [`Tracker::select`](super::Tracker::select): the pathway
    /// that content steering wants, or the first that has not failed, does not have the one before.
    Switched {
        /// The variant, counted from 0.
        variant: usize,
    },
    /// The media playlist was loaded for the first time, or again with something new in it.
    Updated(Update),
    /// A segment that was there before is another one now, which no server may do: playback should
    /// halt (RFC 8216bis §6.3.4).
    SegmentChanged {
        /// The first of them.
        sequence: MediaSequence,
    },
    /// The playlist went back: an older copy of it, which is not used.
    WentBack {
        /// The number of the next segment to come by what is held.
        held: MediaSequence,
        /// The same by the text.
        found: MediaSequence,
    },
    /// The playlist went back and stays there: the stream begins anew, and so do times and numbers.
    /// Nothing of it is held.
    Restarted,
    /// The play position was before the first segment that is still there, and is now at its start.
    FellBehind {
        /// The start.
        to: Ticks,
    },
    /// The hinted part that this request asks for is this one.
    HintedPart {
        /// The request.
        id: RequestId,
        /// The number of its segment.
        sequence: MediaSequence,
        /// Its Part Index.
        index: usize,
    },
    /// Nobody waits for the answer to this request any more: abort it. What still comes is
    /// ignored.
    Cancelled {
        /// The request.
        id: RequestId,
    },
    /// No server has it, or none that answers; it will not be asked for again. Playback goes on
    /// after it.
    Lost {
        /// What it is.
        resource: Resource,
    },
    /// The playlist comes from another server from now on.
    Server {
        /// Its name: the PATHWAY-ID, where it is a pathway.
        id: String,
    },
    /// A steering manifest was loaded and holds now: [`Tracker::manifest`](super::Tracker::manifest).
    Steered,
    /// A playlist or a manifest cannot be read.
    Unreadable {
        /// Why; `None` for what is no playlist.
        error: Option<ParseError>,
    },
    /// The live playlist has brought nothing new for 1.5 target durations.
    Stalled {
        /// For how long.
        since: Duration,
    },
    /// The playlist has ended (EXT-X-ENDLIST), or is whole from the start (of type VOD): it will not
    /// be loaded again.
    Ended,
    /// The tracker has stopped: it asks for nothing any more, until
    /// [`Tracker::resume`](super::Tracker::resume).
    GaveUp(GiveUp),
}

/// Why a tracker stopped.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum GiveUp {
    /// The playlist could not be had, however often it was asked for.
    #[error("the playlist cannot be loaded")]
    Unavailable,
    /// The playlist brings nothing new.
    #[error("the playlist brings nothing new")]
    NoProgress,
    /// Multivariant playlists that lead to one another.
    #[error("multivariant playlists lead to one another")]
    TooDeep,
    /// The multivariant playlist has no variant that can be played.
    #[error("the multivariant playlist has no variant")]
    NoVariant,
}
