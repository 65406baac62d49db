use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use arbitrary::{Arbitrary, Result, Unstructured};

use crate::attr::{self, Attribute, AttributeType, Entry};
use crate::build::{MessageBuilder, Open};
use crate::header::{Class, MessageType, Method, TransactionId};
use crate::integrity::Key;
use crate::shape::{AddressFamily, ErrorCode, Opaque};

/// A well-formed message made of arbitrary bytes, for fuzzing what lies behind the parser: of any
/// type, with up to 16 attributes whose values are mostly sound, signed or not, with FINGERPRINT
/// or without.
#[derive(Clone, Eq, PartialEq)]
pub struct ArbitraryMessage(Vec<u8>);

impl ArbitraryMessage {
    /// The key that it is signed with, when it is signed.
    #[must_use]
    pub fn key() -> Key {
        Key::short_term("arbitrary")
    }

    /// The whole message; [`Message::parse`](crate::Message::parse) reads it.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The whole message.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

impl fmt::Debug for ArbitraryMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&crate::dissect::dissect(&self.0), f)
    }
}

impl<'a> Arbitrary<'a> for ArbitraryMessage {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        // The longest value has 64 bytes.
        let mut buffer = vec![0; 2048];
        let id = u.arbitrary()?;
        let mut builder = MessageBuilder::new(u.arbitrary()?, id, &mut buffer);
        for _ in 0..u.int_in_range(0..=16)? {
            builder = put_any(builder, id, u)?;
        }
        let key = Self::key();
        let built = match u.int_in_range(0..=7)? {
            0 => builder.finish(),
            1 => builder.fingerprint().finish(),
            2 => builder.sign(&key).finish(),
            3 => builder.sign(&key).fingerprint().finish(),
            4 => builder.sign_sha256(&key).finish(),
            5 => builder.sign_sha256(&key).fingerprint().finish(),
            6 => builder.sign(&key).sign_sha256(&key).finish(),
            _ => builder.sign(&key).sign_sha256(&key).fingerprint().finish(),
        };
        built.map(|bytes| Self(bytes.to_vec())).map_err(|_| arbitrary::Error::IncorrectFormat)
    }
}

fn put_any<'b>(
    builder: MessageBuilder<'b, Open>,
    id: TransactionId,
    u: &mut Unstructured<'_>,
) -> Result<MessageBuilder<'b, Open>> {
    let mut attribute_type: AttributeType = u.arbitrary()?;
    if is_check(attribute_type) {
        attribute_type = attr::PRIORITY.attribute_type();
    }
    let mut value = any_value(u)?;
    // One value in eight stays as it came.
    if let Some(entry) = Entry::of(attribute_type)
        && u.ratio(7_u8, 8_u8)?
    {
        value = sound_value(entry, id, value, u)?;
    }
    let attribute: Attribute<Opaque> = Attribute::new(attribute_type.value(), "any");
    Ok(builder.put(attribute, &value))
}

/// Those that stand at the end, made by the builder.
fn is_check(attribute_type: AttributeType) -> bool {
    [
        AttributeType::MESSAGE_INTEGRITY,
        AttributeType::MESSAGE_INTEGRITY_SHA256,
        AttributeType::FINGERPRINT,
    ]
    .contains(&attribute_type)
}

fn any_value(u: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let mut value = vec![0; u.int_in_range(0..=64)?];
    u.fill_buffer(&mut value)?;
    Ok(value)
}

/// Bends `value` until the entry takes it: its length, the bytes that tell a family or an error,
/// and the bits that make text other than ASCII.
fn sound_value(
    entry: &Entry,
    id: TransactionId,
    mut value: Vec<u8>,
    u: &mut Unstructured<'_>,
) -> Result<Vec<u8>> {
    const FORMS: [(usize, &[u8]); 11] = [
        (8, &[0, 1]),
        (20, &[0, 2]),
        (4, &[1, 0, 4, 40]),
        (4, &[2, 0, 5, 8]),
        (10, &[0, 0, 4, 1]),
        (0, &[]),
        (1, &[0x80]),
        (2, &[0x30]),
        (4, &[0, 2, 0, 0]),
        (8, &[0, 2, 0, 0, 0, 1, 0, 0]),
        (32, &[]),
    ];
    let first = u.choose_index(FORMS.len())?;
    for (length, start) in FORMS.iter().cycle().skip(first).take(FORMS.len()) {
        if entry.check(&value, id).is_ok() {
            break;
        }
        value.resize(*length, b'x');
        value.iter_mut().for_each(|byte| *byte &= 0x7F);
        if let Some(head) = value.get_mut(..start.len()) {
            head.copy_from_slice(start);
        }
    }
    Ok(value)
}

impl<'a> Arbitrary<'a> for TransactionId {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        u.arbitrary().map(Self::new)
    }
}

impl<'a> Arbitrary<'a> for Method {
    /// Mostly one that has a name.
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let value = if u.ratio(7_u8, 8_u8)? { u.int_in_range(1..=12) } else { u.arbitrary() };
        Ok(Self::new(value? & 0xFFF).unwrap_or(Self::BINDING))
    }
}

impl<'a> Arbitrary<'a> for Class {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        u.choose(&[Self::Request, Self::Indication, Self::Success, Self::Error]).copied()
    }
}

impl<'a> Arbitrary<'a> for MessageType {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        Ok(Self::new(u.arbitrary()?, u.arbitrary()?))
    }
}

impl<'a> Arbitrary<'a> for AttributeType {
    /// Mostly one of [`attr::ALL`].
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        if u.ratio(7_u8, 8_u8)? {
            u.choose(attr::ALL).map(Entry::attribute_type)
        } else {
            u.arbitrary().map(Self::new)
        }
    }
}

impl<'a> Arbitrary<'a> for AddressFamily {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        u.choose(&[Self::V4, Self::V6]).copied()
    }
}

impl<'a> Arbitrary<'a> for ErrorCode<'a> {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let code = u.int_in_range(300..=699)?;
        ErrorCode::new(code, u.arbitrary()?).ok_or(arbitrary::Error::IncorrectFormat)
    }
}
