//! What a live playlist says of the server, which all playlists of a presentation say alike.

use hls_index::{ServerControl, Ticks};

/// What EXT-X-SERVER-CONTROL follows from. It must be the same in all playlists of a presentation (RFC
/// 8216bis §6.2.4).
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Limits {
    /// The longest target duration, in seconds.
    pub(super) target: u64,
    /// The longest part; none without parts.
    pub(super) part: Option<Ticks>,
    /// The longest HOLD-BACK that the folder's playlists have themselves.
    pub(super) hold_back: Option<Ticks>,
}

impl Limits {
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            target: self.target.max(other.target),
            part: self.part.max(other.part),
            hold_back: self.hold_back.max(other.hold_back),
        }
    }

    pub(super) fn control(self) -> ServerControl {
        ServerControl {
            can_block_reload: true,
            can_skip_until: Some(times(Ticks::from_seconds(self.target), 6)),
            can_skip_date_ranges: true,
            hold_back: self.hold_back,
            part_hold_back: self.part.map(|part| times(part, 3)),
        }
    }
}

pub(super) fn times(length: Ticks, factor: u64) -> Ticks {
    Ticks::new(length.count().saturating_mul(factor))
}
