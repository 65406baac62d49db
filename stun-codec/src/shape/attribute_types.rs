use core::fmt;

use super::Shape;
use crate::attr::AttributeType;
use crate::error::ValueError;
use crate::header::TransactionId;

/// A list of attribute types, at most [`MAX`](Self::MAX) of them: an answer to a stranger must not
/// grow with what the stranger sends.
#[derive(Clone, Copy, Default, Eq, PartialEq)]
pub struct AttributeTypes {
    values: [u16; Self::MAX],
    count: u8,
}

impl AttributeTypes {
    /// How many types the list holds at the most; further ones are left out.
    pub const MAX: usize = 16;

    /// Adds a type, unless it is in the list already or the list is full.
    pub fn push(&mut self, attribute_type: AttributeType) {
        if !self.iter().any(|held| held == attribute_type)
            && let Some(slot) = self.values.get_mut(usize::from(self.count))
        {
            *slot = attribute_type.value();
            self.count += 1;
        }
    }

    /// The types, in order.
    pub fn iter(&self) -> impl Iterator<Item = AttributeType> + '_ {
        self.values[..usize::from(self.count)].iter().map(|&value| AttributeType::new(value))
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }
}

impl fmt::Debug for AttributeTypes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl FromIterator<AttributeType> for AttributeTypes {
    fn from_iter<I: IntoIterator<Item = AttributeType>>(types: I) -> Self {
        let mut list = Self::default();
        types.into_iter().for_each(|attribute_type| list.push(attribute_type));
        list
    }
}

/// An [`AttributeTypes`] list.
#[derive(Debug)]
pub enum Types {}

impl Shape for Types {
    type Value<'a> = AttributeTypes;

    #[inline]
    fn length(value: &AttributeTypes) -> Result<usize, ValueError> {
        Ok(2 * usize::from(value.count))
    }

    #[inline]
    fn encode(value: &AttributeTypes, _: TransactionId, out: &mut [u8]) {
        for (out, attribute_type) in out.chunks_exact_mut(2).zip(value.iter()) {
            out.copy_from_slice(&attribute_type.value().to_be_bytes());
        }
    }

    #[inline]
    fn decode(value: &[u8], _: TransactionId) -> Result<AttributeTypes, ValueError> {
        if !value.len().is_multiple_of(2) {
            return Err(ValueError::Length { length: value.len() });
        }
        let (pairs, _) = value.as_chunks::<2>();
        Ok(pairs.iter().map(|&pair| AttributeType::new(u16::from_be_bytes(pair))).collect())
    }
}
