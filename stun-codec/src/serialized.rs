//! The value types in the terms of serde. Formats that people read get names and hexadecimal
//! digits, in lower case; the others get the numbers and bytes of the wire.

use core::fmt;
use core::marker::PhantomData;

use serde::de::{Error as _, SeqAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::attr::AttributeType;
use crate::header::{Class, MessageType, Method, TransactionId};
use crate::shape::{AttributeTypes, ErrorCode};

/// A type that is a text to people and a number to machines.
trait Named: Sized {
    const EXPECTED: &'static str;

    fn value(&self) -> u16;
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result;
    fn from_value(value: u16) -> Option<Self>;

    /// The value of a text that is not a number.
    fn from_name(_: &str) -> Option<Self> {
        None
    }
}

impl Named for AttributeType {
    const EXPECTED: &'static str = "an attribute type as 0x and 4 hexadecimal digits";

    fn value(&self) -> u16 {
        (*self).value()
    }

    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }

    fn from_value(value: u16) -> Option<Self> {
        Some(Self::new(value))
    }
}

impl Named for Method {
    const EXPECTED: &'static str = "the name of a method, or 0x and 3 hexadecimal digits";

    fn value(&self) -> u16 {
        (*self).value()
    }

    /// The registry's names in snake case: `create_permission`.
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(name) = self.name() else { return write!(f, "0x{:03x}", self.value()) };
        name.char_indices().try_for_each(|(i, character)| {
            let break_before = i > 0 && character.is_ascii_uppercase();
            write!(f, "{}{}", if break_before { "_" } else { "" }, character.to_ascii_lowercase())
        })
    }

    fn from_value(value: u16) -> Option<Self> {
        Self::new(value)
    }

    fn from_name(name: &str) -> Option<Self> {
        // No named method is above: they could be mistaken for other protocols (RFC 7983).
        let named = (0..0x100).filter_map(Self::new).filter(|method| method.name().is_some());
        named.into_iter().find(|method| {
            let known = method.name().unwrap_or_default();
            let known = known.bytes().map(|byte| byte.to_ascii_lowercase());
            known.eq(name.bytes().filter(|byte| *byte != b'_'))
        })
    }
}

/// A number as `Named` writes it: 0x and hexadecimal digits.
fn from_hexadecimal(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("0x")?;
    // `from_str_radix` takes a sign too.
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(())?;
    u16::from_str_radix(digits, 16).ok()
}

struct Written<'a, T>(&'a T);

impl<T: Named> fmt::Display for Written<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.write(f)
    }
}

fn serialize<T: Named, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    if serializer.is_human_readable() {
        serializer.collect_str(&Written(value))
    } else {
        serializer.serialize_u16(value.value())
    }
}

fn deserialize<'de, T: Named, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    struct NameVisitor<T>(PhantomData<T>);

    impl<T: Named> Visitor<'_> for NameVisitor<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(T::EXPECTED)
        }

        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
            let value = from_hexadecimal(text).and_then(T::from_value);
            value
                .or_else(|| T::from_name(text))
                .ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
        }
    }

    if deserializer.is_human_readable() {
        return deserializer.deserialize_str(NameVisitor(PhantomData));
    }
    let value = u16::deserialize(deserializer)?;
    T::from_value(value)
        .ok_or_else(|| D::Error::invalid_value(Unexpected::Unsigned(value.into()), &T::EXPECTED))
}

impl Serialize for AttributeType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for AttributeType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialize(deserializer)
    }
}

impl Serialize for Method {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for Method {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialize(deserializer)
    }
}

#[derive(Deserialize, Serialize)]
#[serde(rename = "MessageType")]
struct ClassAndMethod {
    class: Class,
    method: Method,
}

impl Serialize for MessageType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        ClassAndMethod { class: self.class(), method: self.method() }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for MessageType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let ClassAndMethod { class, method } = ClassAndMethod::deserialize(deserializer)?;
        Ok(Self::new(class, method))
    }
}

impl Serialize for TransactionId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            self.as_bytes().serialize(serializer)
        }
    }
}

impl<'de> Deserialize<'de> for TransactionId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct IdVisitor;

        impl Visitor<'_> for IdVisitor {
            type Value = TransactionId;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a transaction id as 24 hexadecimal digits")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<TransactionId, E> {
                transaction_id(text).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
            }
        }

        if deserializer.is_human_readable() {
            return deserializer.deserialize_str(IdVisitor);
        }
        <[u8; 12]>::deserialize(deserializer).map(Self::new)
    }
}

fn transaction_id(digits: &str) -> Option<TransactionId> {
    let digits: &[u8; 24] = digits.as_bytes().try_into().ok()?;
    let mut bytes = [0; 12];
    for (byte, pair) in bytes.iter_mut().zip(digits.as_chunks::<2>().0) {
        let [high, low] = pair.map(|digit| char::from(digit).to_digit(16));
        *byte = (high? << 4 | low?) as u8;
    }
    Some(TransactionId::new(bytes))
}

#[derive(Deserialize, Serialize)]
#[serde(rename = "ErrorCode")]
struct CodeAndReason<'a> {
    code: u16,
    #[serde(default, skip_serializing_if = "str::is_empty")]
    reason: &'a str,
}

impl Serialize for ErrorCode<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        CodeAndReason { code: self.code(), reason: self.reason() }.serialize(serializer)
    }
}

/// Borrows the reason; formats that escape text cannot lend one that was escaped.
impl<'de: 'a, 'a> Deserialize<'de> for ErrorCode<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let CodeAndReason { code, reason } = CodeAndReason::deserialize(deserializer)?;
        ErrorCode::new(code, reason).ok_or_else(|| {
            D::Error::invalid_value(Unexpected::Unsigned(code.into()), &"a code from 300 to 699")
        })
    }
}

impl Serialize for AttributeTypes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

/// A list that is too long, or repeats itself, is refused.
impl<'de> Deserialize<'de> for AttributeTypes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ListVisitor;

        impl<'de> Visitor<'de> for ListVisitor {
            type Value = AttributeTypes;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "at most {} different attribute types", AttributeTypes::MAX)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<AttributeTypes, A::Error> {
                let mut list = AttributeTypes::default();
                let mut count = 0;
                while let Some(attribute_type) = seq.next_element()? {
                    list.push(attribute_type);
                    count += 1;
                    if list.iter().count() < count {
                        return Err(A::Error::invalid_length(count, &self));
                    }
                }
                Ok(list)
            }
        }

        deserializer.deserialize_seq(ListVisitor)
    }
}
