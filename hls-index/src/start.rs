use crate::error::Fault;
use crate::offset::TimeOffset;
use crate::time::Ticks;
use crate::value::{Named, Value};

/// EXT-X-START: where to begin to play (RFC 8216bis §4.4.2.2).
///
/// ```
/// use hls_index::{seconds, MediaPlaylist};
///
/// let playlist = MediaPlaylist::parse(
///     "#EXTM3U\n#EXT-X-START:TIME-OFFSET=-7.5\n#EXTINF:5,\na\n#EXTINF:5,\nb\n",
/// )?;
/// let start = playlist.start().unwrap();
/// assert_eq!(start.moment(playlist.duration()), seconds(2.5));
/// assert!(!start.is_precise);
/// # Ok::<(), hls_index::ParseError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Start {
    /// TIME-OFFSET: from the start of the playlist, or from its end when it is negative.
    pub time_offset: TimeOffset,
    /// PRECISE: whether to leave out what the segment shows before that moment.
    pub is_precise: bool,
}

impl Start {
    pub(crate) fn read(value: Value<'_>, limit: usize) -> Result<Self, Fault> {
        let (mut time_offset, mut is_precise) = (None, false);
        for attribute in value.attributes(limit) {
            let Named { name, value, .. } = attribute?;
            match name {
                "TIME-OFFSET" => time_offset = Some(value.time_offset()?),
                "PRECISE" => is_precise = value.is_yes(),
                _ => {}
            }
        }
        let time_offset = time_offset.ok_or_else(|| value.missing("TIME-OFFSET"))?;
        Ok(Self { time_offset, is_precise })
    }

    /// The moment in a playlist that is `duration` long: its start or its end where the offset
    /// leads out of it.
    #[must_use]
    pub fn moment(&self, duration: Ticks) -> Ticks {
        let from = if self.time_offset.is_negative { duration } else { Ticks::ZERO };
        self.time_offset.after(from).min(duration)
    }
}
