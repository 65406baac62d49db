use core::fmt;
use core::str::FromStr;

use crate::time::{ParseTicksError, Ticks};

/// A time with a sign: so much after something, or before it.
///
/// ```
/// use hls_index::{Ticks, TimeOffset};
///
/// let offset: TimeOffset = "-7.5".parse()?;
/// assert_eq!(offset, TimeOffset { is_negative: true, length: Ticks::from_millis(7_500) });
/// assert_eq!(offset.after(Ticks::from_seconds(10)), Ticks::from_millis(2_500));
/// # Ok::<(), hls_index::ParseTicksError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct TimeOffset {
    /// Whether it lies before.
    pub is_negative: bool,
    /// How much.
    pub length: Ticks,
}

impl TimeOffset {
    /// The moment that lies so much after `moment`; saturates at both ends.
    #[must_use]
    pub fn after(self, moment: Ticks) -> Ticks {
        if self.is_negative { moment - self.length } else { moment + self.length }
    }
}

impl From<Ticks> for TimeOffset {
    fn from(length: Ticks) -> Self {
        Self { is_negative: false, length }
    }
}

impl FromStr for TimeOffset {
    type Err = ParseTicksError;

    /// A decimal number of seconds, with `-` before it or not.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (is_negative, length) = match text.strip_prefix('-') {
            Some(length) => (true, length),
            None => (false, text),
        };
        Ok(Self { is_negative, length: length.parse()? })
    }
}

impl fmt::Display for TimeOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_negative {
            f.write_str("-")?;
        }
        fmt::Display::fmt(&self.length, f)
    }
}
