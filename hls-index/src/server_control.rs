use crate::error::Fault;
use crate::time::Ticks;
use crate::value::{Named, Value};

/// EXT-X-SERVER-CONTROL: what the server can do for clients that load a live playlist again and
/// again (RFC 8216bis §4.4.3.8).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default))]
pub struct ServerControl {
    /// CAN-SKIP-UNTIL, the Skip Boundary: delta updates may leave out what is further from the end.
    /// Without it there are none.
    pub can_skip_until: Option<Ticks>,
    /// CAN-SKIP-DATERANGES: whether delta updates may leave out EXT-X-DATERANGE as well.
    pub can_skip_date_ranges: bool,
    /// HOLD-BACK: how far from the end to play at least; three target durations without it.
    pub hold_back: Option<Ticks>,
    /// PART-HOLD-BACK: the same with low latency.
    pub part_hold_back: Option<Ticks>,
    /// CAN-BLOCK-RELOAD: whether the server answers when the segment asked for is there.
    pub can_block_reload: bool,
}

impl ServerControl {
    pub(crate) fn read(value: Value<'_>, limit: usize) -> Result<Self, Fault> {
        let mut control = Self::default();
        for attribute in value.attributes(limit) {
            let Named { name, value, .. } = attribute?;
            match name {
                "CAN-SKIP-UNTIL" => control.can_skip_until = Some(value.duration()?),
                "CAN-SKIP-DATERANGES" => control.can_skip_date_ranges = value.is_yes(),
                "HOLD-BACK" => control.hold_back = Some(value.duration()?),
                "PART-HOLD-BACK" => control.part_hold_back = Some(value.duration()?),
                "CAN-BLOCK-RELOAD" => control.can_block_reload = value.is_yes(),
                _ => {}
            }
        }
        Ok(control)
    }
}
