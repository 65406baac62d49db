//! The value types in the terms of serde. Formats that people read get what the types print: times are
//! decimal numbers of seconds, as text, since a JSON number is a float to most who read it. The others get
//! integers.

use core::fmt;
use core::marker::PhantomData;
use core::str::FromStr;

use serde::de::{Error as _, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::byte_range::ByteRange;
use crate::date::DateTime;
use crate::number::Number;
use crate::offset::TimeOffset;
use crate::time::Ticks;

/// A type that is a text to people and integers to machines.
trait Printed: Copy + fmt::Display + FromStr {
    const EXPECTED: &'static str;

    type Integers: Serialize + for<'de> Deserialize<'de>;

    fn integers(self) -> Self::Integers;
    fn from_integers(integers: Self::Integers) -> Option<Self>;
}

impl Printed for Ticks {
    type Integers = u64;

    const EXPECTED: &'static str = "a decimal number of seconds as text";

    fn integers(self) -> u64 {
        self.count()
    }

    fn from_integers(ticks: u64) -> Option<Self> {
        Some(Self::new(ticks))
    }
}

impl Printed for Number {
    type Integers = u64;

    const EXPECTED: &'static str = "a decimal number as text";

    fn integers(self) -> u64 {
        self.billionths()
    }

    fn from_integers(billionths: u64) -> Option<Self> {
        Some(Self::from_billionths(billionths))
    }
}

impl Printed for TimeOffset {
    /// Whether it is negative, and its length in ticks.
    type Integers = (bool, u64);

    const EXPECTED: &'static str = "a decimal number of seconds as text, with a sign or not";

    fn integers(self) -> (bool, u64) {
        (self.is_negative, self.length.count())
    }

    fn from_integers((is_negative, ticks): (bool, u64)) -> Option<Self> {
        Some(Self { is_negative, length: Ticks::new(ticks) })
    }
}

impl Printed for DateTime {
    /// The seconds since 1970-01-01T00:00:00Z, and the nanoseconds since then.
    type Integers = (i64, u32);

    const EXPECTED: &'static str = "a date like 2010-02-19T14:54:23.031Z";

    fn integers(self) -> (i64, u32) {
        (self.unix_seconds(), self.subsecond_nanos())
    }

    fn from_integers((seconds, nanos): (i64, u32)) -> Option<Self> {
        let nanos_of_seconds = i128::from(seconds) * 1_000_000_000;
        (nanos < 1_000_000_000).then(|| Self::from_unix_nanos(nanos_of_seconds + i128::from(nanos)))
    }
}

fn serialize<T: Printed, S: Serializer>(value: T, serializer: S) -> Result<S::Ok, S::Error> {
    if serializer.is_human_readable() {
        serializer.collect_str(&value)
    } else {
        value.integers().serialize(serializer)
    }
}

fn deserialize<'de, T: Printed, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    struct TextVisitor<T>(PhantomData<T>);

    impl<T: Printed> Visitor<'_> for TextVisitor<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(T::EXPECTED)
        }

        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
            text.parse().map_err(|_| E::invalid_value(Unexpected::Str(text), &self))
        }
    }

    if deserializer.is_human_readable() {
        return deserializer.deserialize_str(TextVisitor(PhantomData));
    }
    let integers = T::Integers::deserialize(deserializer)?;
    T::from_integers(integers).ok_or_else(|| D::Error::custom(T::EXPECTED))
}

/// Implements both for a [`Printed`] type.
macro_rules! printed {
    ($($type:ty),+) => {$(
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serialize(*self, serializer)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserialize(deserializer)
            }
        }
    )+};
}

printed!(Ticks, Number, TimeOffset, DateTime);

/// [`ByteRange`] as it is told.
#[derive(Serialize, Deserialize)]
#[serde(rename = "ByteRange")]
struct Range {
    offset: u64,
    length: u64,
}

impl Serialize for ByteRange {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Range { offset: self.offset(), length: self.length() }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for ByteRange {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Range { offset, length } = Range::deserialize(deserializer)?;
        Self::new(offset, length).ok_or_else(|| D::Error::custom("the range ends past 2⁶⁴ − 1"))
    }
}
