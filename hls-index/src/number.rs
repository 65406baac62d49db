use core::fmt;
use core::str::FromStr;

use crate::time::{ParseTicksError, Ticks};

/// A decimal number that is no time, as FRAME-RATE or SCORE: exact to nine decimals, so that equal
/// numbers are equal and any two can be compared.
///
/// ```
/// use hls_index::Number;
///
/// let rate: Number = "29.970".parse()?;
/// assert_eq!(rate.to_string(), "29.97");
/// assert!(rate > "25".parse()? && (rate.as_f64() - 29.97).abs() < 1e-9);
/// # Ok::<(), hls_index::ParseTicksError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Number(Ticks);

impl Number {
    /// The number `billionths` · 10⁻⁹.
    #[must_use]
    pub const fn from_billionths(billionths: u64) -> Self {
        Self(Ticks::new(billionths))
    }

    /// It as a multiple of 10⁻⁹.
    #[must_use]
    pub const fn billionths(self) -> u64 {
        self.0.count()
    }

    /// The nearest float.
    #[must_use]
    pub fn as_f64(self) -> f64 {
        self.0.as_seconds_f64()
    }
}

impl FromStr for Number {
    type Err = ParseTicksError;

    /// Digits with at most one point among them; decimals past the ninth are rounded.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
