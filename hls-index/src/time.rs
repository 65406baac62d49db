//! Exact time: ticks of one nanosecond, and the decimal numbers of a playlist.

use core::fmt;
use core::ops::{Add, AddAssign, Sub};
use core::str::FromStr;
use core::time::Duration;

use crate::digits::{Word, leading_digits};

/// A length of time, or a moment counted from the start of the playlist, in ticks of one
/// nanosecond.
///
/// A tick is fine enough for every decimal that playlists carry in earnest (three to six places)
/// and holds 584 years. Ticks are integers: sums of them do not drift, and equal moments are equal.
/// Arithmetic with `+` and `-` saturates at both ends, so a time that a stranger wrote cannot
/// overflow it.
///
/// ```
/// use hls_index::Ticks;
///
/// let start: Ticks = "9.966667".parse()?;
/// assert_eq!(start, Ticks::from_micros(9_966_667));
/// assert_eq!(start + Ticks::from_seconds(5), Ticks::from_micros(14_966_667));
/// assert_eq!(start.to_string(), "9.966667");
/// # Ok::<(), hls_index::ParseTicksError>(())
/// ```
#[derive(Clone, Copy, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Ticks(u64);

/// The moment or length of `seconds` seconds, to the nearest tick: for the edge of a program,
/// where a person or a player says `10.5`.
///
/// What a float cannot mean here saturates: a negative number and NaN give zero, a number past
/// 584 years (and infinity) gives [`Ticks::MAX`]. Where exactness matters, use
/// [`Ticks::from_millis`] and its like, or parse the decimal: `"10.1".parse::<Ticks>()`.
///
/// ```
/// use hls_index::{seconds, Ticks};
///
/// assert_eq!(seconds(10.5), Ticks::from_millis(10_500));
/// assert_eq!(seconds(-1.0), Ticks::ZERO);
/// ```
#[must_use]
pub fn seconds(seconds: f64) -> Ticks {
    let ticks = seconds * TICKS_PER_SECOND as f64;
    // `as` saturates, and takes NaN for zero.
    let floor = ticks as u64;
    let round_up = ticks - floor as f64 >= 0.5;
    Ticks(floor.saturating_add(u64::from(round_up)))
}

const TICKS_PER_SECOND: u64 = 1_000_000_000;

impl Ticks {
    /// No time; the start of the playlist.
    pub const ZERO: Self = Self(0);

    /// The longest time there is: 584 years and a half.
    pub const MAX: Self = Self(u64::MAX);

    /// `ticks` ticks of one nanosecond.
    #[must_use]
    pub const fn new(ticks: u64) -> Self {
        Self(ticks)
    }

    /// `micros` microseconds.
    #[must_use]
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros.saturating_mul(1_000))
    }

    /// `millis` milliseconds.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis.saturating_mul(1_000_000))
    }

    /// `seconds` seconds.
    #[must_use]
    pub const fn from_seconds(seconds: u64) -> Self {
        Self(seconds.saturating_mul(TICKS_PER_SECOND))
    }

    /// How many ticks: the nanoseconds.
    #[must_use]
    pub const fn count(self) -> u64 {
        self.0
    }

    /// The nearest float number of seconds, for showing.
    #[must_use]
    pub fn as_seconds_f64(self) -> f64 {
        self.0 as f64 / TICKS_PER_SECOND as f64
    }

    /// The sum, or `None` past [`Ticks::MAX`].
    #[must_use]
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        match self.0.checked_add(other.0) {
            Some(sum) => Some(Self(sum)),
            None => None,
        }
    }

    /// The difference, or `None` where `other` is the longer.
    #[must_use]
    pub const fn checked_sub(self, other: Self) -> Option<Self> {
        match self.0.checked_sub(other.0) {
            Some(difference) => Some(Self(difference)),
            None => None,
        }
    }
}

impl Add for Ticks {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Ticks {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for Ticks {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl From<Ticks> for Duration {
    fn from(ticks: Ticks) -> Self {
        Self::from_nanos(ticks.0)
    }
}

impl From<Duration> for Ticks {
    /// Exact up to [`Ticks::MAX`], where it saturates.
    fn from(duration: Duration) -> Self {
        Self(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX))
    }
}

impl fmt::Display for Ticks {
    /// Seconds, with as many decimals as it takes: `13`, `9.966667`. Parses back to the same ticks.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, mut fraction) = (self.0 / TICKS_PER_SECOND, self.0 % TICKS_PER_SECOND);
        if fraction == 0 {
            return write!(f, "{whole}");
        }
        let mut places = 9;
        while fraction.is_multiple_of(10) {
            fraction /= 10;
            places -= 1;
        }
        write!(f, "{whole}.{fraction:0places$}")
    }
}

impl fmt::Debug for Ticks {
    /// As it prints, with its unit: `9.966667s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}s")
    }
}

impl FromStr for Ticks {
    type Err = ParseTicksError;

    /// A decimal number of seconds: `10`, `10.5`, `.5`. Beyond nine decimals it takes the nearest
    /// tick. No sign, no exponent, no blank.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (Decimal { ticks, rest }, after) = Decimal::read(text.as_bytes())?;
        if !after.is_empty() {
            return Err(ParseTicksError::NotADecimal);
        }
        let round_up = rest >= Decimal::REST_PER_TICK / 2;
        ticks.checked_add(u64::from(round_up)).map(Self).ok_or(ParseTicksError::TooLong)
    }
}

/// Why a text is no [`Ticks`].
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ParseTicksError {
    /// It isn't digits with at most one point among them.
    #[error("not a decimal number of seconds")]
    NotADecimal,
    /// It is more than 584 years.
    #[error("more than 584 years")]
    TooLong,
}

/// A decimal number of seconds as it is written, exact to 18 places: `ticks` and `rest / 10⁹` of a
/// tick. Further digits are dropped.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Decimal {
    ticks: u64,
    rest: u32,
}

impl Decimal {
    const REST_PER_TICK: u32 = 1_000_000_000;

    pub(crate) const ZERO: Self = Self { ticks: 0, rest: 0 };

    /// Reads the number that `text` starts with, and gives what follows it.
    #[inline(always)]
    pub(crate) fn read(text: &[u8]) -> Result<(Self, &[u8]), ParseTicksError> {
        match text.first_chunk().and_then(Self::read_plain) {
            Some((decimal, length)) => Ok((decimal, &text[length..])),
            None => Self::read_any(text),
        }
    }

    #[inline(never)]
    fn read_any(text: &[u8]) -> Result<(Self, &[u8]), ParseTicksError> {
        // Enough to be too long for ticks, and little enough to take one more digit.
        const TOO_LONG: u64 = 1_000_000_000_000;
        let mut whole: u64 = 0;
        let mut after = text;
        while let [digit @ b'0'..=b'9', tail @ ..] = after {
            whole = whole.min(TOO_LONG) * 10 + u64::from(digit - b'0');
            after = tail;
        }
        let has_whole = after.len() < text.len();
        let (mut ticks, mut rest) = (0, 0);
        match after {
            [b'.', decimals @ ..] => {
                (ticks, after) = nine_places(decimals);
                // A lone point is no number.
                if !has_whole && after.len() == decimals.len() {
                    return Err(ParseTicksError::NotADecimal);
                }
                if decimals.len() - after.len() == 9 {
                    (rest, after) = nine_places(after);
                    while let [b'0'..=b'9', tail @ ..] = after {
                        after = tail;
                    }
                }
            }
            _ if !has_whole => return Err(ParseTicksError::NotADecimal),
            _ => {}
        }
        let ticks = whole
            .checked_mul(TICKS_PER_SECOND)
            .and_then(|whole| whole.checked_add(u64::from(ticks)))
            .ok_or(ParseTicksError::TooLong)?;
        Ok((Self { ticks, rest }, after))
    }

    /// Reads the number that `text` starts with when it is one of up to seven digits with a point
    /// and up to seven decimals, or none: and how many bytes it has.
    #[inline(always)]
    pub(crate) fn read_plain(text: &[u8; 24]) -> Option<(Self, usize)> {
        let word = |at: usize| text[at..].first_chunk().copied();
        let start = Word::new(word(0)?);
        let point = start.digits();
        if point == 0 || point == 8 {
            return None;
        }
        if text[point] != b'.' {
            let ticks = u64::from(start.number(point)) * TICKS_PER_SECOND;
            return Some((Self { ticks, rest: 0 }, point));
        }
        if let Some((number, length)) = start.number_across(point) {
            let ticks = u64::from(number) * u64::from(SCALE[length - 1 - point]);
            return Some((Self { ticks, rest: 0 }, length));
        }
        let whole = u64::from(start.number(point)) * TICKS_PER_SECOND;
        let (decimals, places) = leading_digits(word(point + 1)?);
        if places == 8 {
            return None;
        }
        let ticks = whole + u64::from(decimals * SCALE[places]);
        Some((Self { ticks, rest: 0 }, point + 1 + places))
    }

    /// The exact sum, or `None` when it is past [`Ticks::MAX`].
    pub(crate) fn checked_add(self, other: Self) -> Option<Self> {
        // Both rests are below 10⁹, so their sum fits.
        let rest = self.rest + other.rest;
        let carry = u64::from(rest >= Self::REST_PER_TICK);
        let rest = if carry == 1 { rest - Self::REST_PER_TICK } else { rest };
        let ticks = self.ticks.checked_add(other.ticks)?.checked_add(carry)?;
        Some(Self { ticks, rest })
    }

    /// The first tick that is not before it; `None` past [`Ticks::MAX`].
    pub(crate) fn ceil(self) -> Option<Ticks> {
        self.ticks.checked_add(u64::from(self.rest > 0)).map(Ticks)
    }
}

impl fmt::Display for Decimal {
    /// As EXTINF has it, with all 18 places.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, fraction) = (self.ticks / TICKS_PER_SECOND, self.ticks % TICKS_PER_SECOND);
        write!(f, "{whole}.{fraction:09}{:09}", self.rest)
    }
}

impl From<Ticks> for Decimal {
    fn from(Ticks(ticks): Ticks) -> Self {
        Self { ticks, rest: 0 }
    }
}

/// What so many decimals are to be multiplied with to make nine of them.
const SCALE: [u32; 10] =
    [1_000_000_000, 100_000_000, 10_000_000, 1_000_000, 100_000, 10_000, 1_000, 100, 10, 1];

/// The decimals at the start of `text`, nine at most, as a number (`"5"` gives 500,000,000), and
/// what follows them.
#[inline(always)]
pub(crate) fn nine_places(text: &[u8]) -> (u32, &[u8]) {
    let (mut value, mut count) = text.first_chunk().map_or((0, 0), |&eight| leading_digits(eight));
    // The ninth, or all of them where the text has fewer than eight bytes.
    while count < 9
        && let Some(digit @ b'0'..=b'9') = text.get(count)
    {
        value = value * 10 + u32::from(digit - b'0');
        count += 1;
    }
    (value * SCALE[count], &text[count..])
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString as _;

    use super::*;

    #[test]
    fn decimals_are_exact() {
        for (text, ticks) in [
            ("0", 0),
            ("5", 5_000_000_000),
            ("5.", 5_000_000_000),
            (".360", 360_000_000),
            ("0005.0050", 5_005_000_000),
            ("6.006", 6_006_000_000),
            ("9.96666667", 9_966_666_670),
            ("1.000000001", 1_000_000_001),
            ("18446744073.709551615", u64::MAX),
        ] {
            assert_eq!(text.parse(), Ok(Ticks::new(ticks)), "{text}");
        }
    }

    #[test]
    fn beyond_nine_decimals_the_nearest_tick() {
        assert_eq!("1.7083333333333333".parse(), Ok(Ticks::new(1_708_333_333)));
        assert_eq!("0.0000000005".parse(), Ok(Ticks::new(1)));
        assert_eq!("0.00000000049999999999999".parse(), Ok(Ticks::ZERO));
    }

    #[test]
    fn what_is_no_decimal_is_refused() {
        for text in
            ["", ".", "-1", "+1", "NaN", "inf", "1e400", "0x10", " 1", "1 ", "1.0.0", "1,5", "１"]
        {
            assert_eq!(text.parse::<Ticks>(), Err(ParseTicksError::NotADecimal), "{text}");
        }
        for text in ["18446744073.709551616", "18446744074", "99999999999999999999999999"] {
            assert_eq!(text.parse::<Ticks>(), Err(ParseTicksError::TooLong), "{text}");
        }
    }

    #[test]
    fn sums_carry_what_is_below_a_tick() {
        // A third of a second, thirty times, to sixteen places: 10 s less 30 · ⅓ · 10⁻¹⁶.
        let (third, _) = Decimal::read(b"0.3333333333333333").unwrap();
        let sum = (0..30).try_fold(Decimal::default(), |sum, _| sum.checked_add(third)).unwrap();
        assert_eq!(sum, Decimal::read(b"9.999999999999999").unwrap().0);
        assert_eq!(sum.ceil(), Some(Ticks::from_seconds(10)));
    }

    #[test]
    fn floats_take_the_nearest_tick_and_saturate() {
        assert_eq!(seconds(10.1), Ticks::from_millis(10_100));
        assert_eq!(seconds(0.000_000_000_4), Ticks::ZERO);
        assert_eq!(seconds(0.000_000_000_6), Ticks::new(1));
        assert_eq!(seconds(4_503_599.627_370_497), Ticks::new(4_503_599_627_370_497));
        for nothing in [-0.0, -1.0, f64::NAN, f64::NEG_INFINITY] {
            assert_eq!(seconds(nothing), Ticks::ZERO);
        }
        for much in [1e11, f64::MAX, f64::INFINITY] {
            assert_eq!(seconds(much), Ticks::MAX);
        }
    }

    #[test]
    fn prints_what_parses_back() {
        for ticks in [0, 1, 10, 999_999_999, 1_000_000_000, 10_500_000_000, u64::MAX] {
            let ticks = Ticks::new(ticks);
            assert_eq!(ticks.to_string().parse(), Ok(ticks));
        }
        assert_eq!(Ticks::new(u64::MAX).to_string(), "18446744073.709551615");
    }

    #[test]
    fn arithmetic_saturates() {
        assert_eq!(Ticks::MAX + Ticks::new(1), Ticks::MAX);
        assert_eq!(Ticks::ZERO - Ticks::new(1), Ticks::ZERO);
        assert_eq!(Ticks::from(Duration::MAX), Ticks::MAX);
        assert_eq!(Ticks::from_seconds(u64::MAX), Ticks::MAX);
        assert_eq!(Duration::from(Ticks::from_millis(1500)), Duration::from_millis(1500));
    }
}
