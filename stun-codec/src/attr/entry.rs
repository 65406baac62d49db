use core::fmt;

use super::{ALL, Attribute, AttributeType};
use crate::error::ValueError;
use crate::header::TransactionId;
use crate::shape::{Shape, print_bytes};

/// An [`Attribute`] whatever its shape: for those who list and print attributes without
/// knowing each. [`ALL`] holds one for each attribute of the crate.
#[derive(Clone, Copy)]
pub struct Entry {
    attribute_type: AttributeType,
    name: &'static str,
    read: Read,
}

/// Reads a value of the entry's shape, and prints it where a formatter is given.
type Read =
    fn(&[u8], TransactionId, Option<&mut fmt::Formatter<'_>>) -> Result<fmt::Result, ValueError>;

impl<S: Shape> Attribute<S> {
    /// What can be done with the attribute without knowing its shape.
    #[must_use]
    pub const fn entry(self) -> Entry {
        Entry { attribute_type: self.attribute_type, name: self.name, read: read::<S> }
    }
}

fn read<S: Shape>(
    value: &[u8],
    id: TransactionId,
    f: Option<&mut fmt::Formatter<'_>>,
) -> Result<fmt::Result, ValueError> {
    let value = S::decode(value, id)?;
    Ok(f.map_or(Ok(()), |f| S::print(&value, f)))
}

impl Entry {
    /// The entry of [`ALL`] for this type.
    #[must_use]
    pub fn of(attribute_type: AttributeType) -> Option<&'static Self> {
        ALL.iter().find(|entry| entry.attribute_type == attribute_type)
    }

    /// Its type.
    #[must_use]
    pub const fn attribute_type(&self) -> AttributeType {
        self.attribute_type
    }

    /// Its name in the registry.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Whether these bytes are a value of this attribute, in a message of this id.
    ///
    /// # Errors
    /// When they are not: those that [`Message::get`](crate::Message::get) would give.
    pub fn check(&self, value: &[u8], id: TransactionId) -> Result<(), ValueError> {
        (self.read)(value, id, None).map(|_| ())
    }

    /// Prints these bytes as a value of this attribute, or in hexadecimal when they are none.
    ///
    /// # Errors
    /// Those of the formatter.
    pub fn print(
        &self,
        value: &[u8],
        id: TransactionId,
        f: &mut fmt::Formatter<'_>,
    ) -> fmt::Result {
        (self.read)(value, id, Some(f)).unwrap_or_else(|_| print_bytes(value, f))
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name, self.attribute_type)
    }
}
