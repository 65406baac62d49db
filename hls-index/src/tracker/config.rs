use alloc::string::String;
use core::time::Duration;

use crate::date::DateTime;
use crate::limits::Limits;
use crate::placement::Placement;
use crate::time::Ticks;
use crate::window::Ahead;

/// What a [`Tracker`](super::Tracker) needs to know, and how much it may do.
#[derive(Clone, Debug)]
pub struct Config {
    /// The URI of the playlist, multivariant or media.
    pub uri: String,
    /// Where to begin to play.
    pub start: StartAt,
    /// How far ahead of the play position to fetch. 30 s by default.
    pub ahead: Ahead,
    /// The highest BANDWIDTH of a variant to choose, in bits a second. `None`, the default, takes the
    /// variant that is listed first, as its author would have it.
    pub max_bandwidth: Option<u64>,
    /// Which servers have which segments. `None`, the default: those of the variant and of all that
    /// are redundant to it.
    pub placement: Option<Placement>,
    /// How many segments, parts, initialization sections and hints may be under way at once. 4 by
    /// default, 1 at least.
    pub in_flight: usize,
    /// How long a request may take; one that the server may hold back has three target durations more.
    /// 10 s by default.
    pub timeout: Duration,
    /// The least time between two reloads of a playlist that polls. 500 ms by default.
    pub reload_floor: Duration,
    /// The least time between two blocking reloads. 50 ms by default.
    pub blocking_floor: Duration,
    /// The longest wait before something is tried again. 30 s by default.
    pub max_backoff: Duration,
    /// How often in a row a playlist may fail before the tracker gives up. 8 by default, which takes
    /// about a minute; 1 at least.
    pub attempts: u32,
    /// How often a segment is tried on all its servers before it is let go. 4 by default, which takes
    /// about four seconds; 1 at least.
    pub media_attempts: u32,
    /// How long a live playlist may bring nothing new before the tracker gives up; three target
    /// durations at least. 60 s by default.
    pub patience: Duration,
    /// How long a server that failed is asked only when no other is left. 2 minutes by default
    /// (RFC 8216bis §7.5).
    pub penalty: Duration,
    /// How many multivariant playlists may lead to one another. 2 by default.
    pub max_depth: u32,
    /// How many redirects to follow for one request. 10 by default.
    pub max_redirects: u32,
    /// The longest body of a playlist or a steering manifest, in bytes. 64 MiB by default.
    pub max_body: usize,
    /// Whether to fetch parts of the segment that is not complete yet, and what is hinted. Yes by
    /// default.
    pub low_latency: bool,
    /// Whether to fetch keys: those with KEYFORMAT `identity`, which are bytes behind a URI. Yes by
    /// default; a caller that must show credentials for them, or comes by them otherwise, says no.
    pub keys: bool,
    /// Whether to ask for delta updates where the server has them. Yes by default.
    pub delta_updates: bool,
    /// How much of a playlist to accept.
    pub limits: Limits,
}

/// Where to begin to play.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum StartAt {
    /// Where the playlist says (EXT-X-START); else at the start of one that has ended or is of a type,
    /// and of a live one as near to its end as HOLD-BACK allows.
    #[default]
    Playlist,
    /// At this moment after the first segment's start.
    Moment(Ticks),
    /// At this date, where the playlist has dates, else as `Playlist`.
    Date(DateTime),
}

impl Config {
    /// The defaults, for the playlist at `uri`.
    #[must_use]
    pub fn new(uri: impl Into<String>) -> Self {
        Self {
            uri: uri.into(),
            start: StartAt::Playlist,
            ahead: Ahead::seconds(30),
            max_bandwidth: None,
            placement: None,
            in_flight: 4,
            timeout: Duration::from_secs(10),
            reload_floor: Duration::from_millis(500),
            blocking_floor: Duration::from_millis(50),
            max_backoff: Duration::from_secs(30),
            attempts: 8,
            media_attempts: 4,
            patience: Duration::from_secs(60),
            penalty: Duration::from_secs(120),
            max_depth: 2,
            max_redirects: 10,
            max_body: 64 << 20,
            low_latency: true,
            keys: true,
            delta_updates: true,
            limits: Limits::default(),
        }
    }
}
