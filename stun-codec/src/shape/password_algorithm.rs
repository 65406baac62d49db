use core::fmt;

use super::{Shape, print_bytes};
use crate::error::ValueError;
use crate::header::TransactionId;

/// How a long-term key is made of username, realm and password: the algorithms that the
/// registry has (RFC 8489 §18.5).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum PasswordAlgorithm {
    /// MD5, the only one before RFC 8489 (RFC 8489 §18.5.1.1).
    Md5,
    /// SHA-256 (RFC 8489 §18.5.1.2).
    Sha256,
}

impl PasswordAlgorithm {
    /// Its number in the registry.
    #[must_use]
    pub const fn number(self) -> u16 {
        match self {
            Self::Md5 => 1,
            Self::Sha256 => 2,
        }
    }
}

/// One algorithm as PASSWORD-ALGORITHM and PASSWORD-ALGORITHMS name it, known or not.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct NamedAlgorithm<'a> {
    /// Its number in the registry.
    pub number: u16,
    /// What it is to be used with; empty for those that the registry has.
    pub parameters: &'a [u8],
}

impl NamedAlgorithm<'_> {
    /// The algorithm, when it is one that the registry has and its parameters are as they must be.
    #[must_use]
    pub const fn known(&self) -> Option<PasswordAlgorithm> {
        match self {
            Self { number: 1, parameters: [] } => Some(PasswordAlgorithm::Md5),
            Self { number: 2, parameters: [] } => Some(PasswordAlgorithm::Sha256),
            _ => None,
        }
    }
}

impl fmt::Display for NamedAlgorithm<'_> {
    /// Its name, or its number and parameters.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.known() {
            Some(PasswordAlgorithm::Md5) => f.write_str("MD5"),
            Some(PasswordAlgorithm::Sha256) => f.write_str("SHA-256"),
            None if self.parameters.is_empty() => write!(f, "{}", self.number),
            None => {
                write!(f, "{} with ", self.number)?;
                print_bytes(self.parameters, f)
            }
        }
    }
}

impl From<PasswordAlgorithm> for NamedAlgorithm<'_> {
    fn from(algorithm: PasswordAlgorithm) -> Self {
        Self { number: algorithm.number(), parameters: &[] }
    }
}

/// A [`NamedAlgorithm`].
#[derive(Debug)]
pub enum Algorithm {}

impl Shape for Algorithm {
    type Value<'a> = NamedAlgorithm<'a>;

    #[inline]
    fn length(value: &NamedAlgorithm<'_>) -> Result<usize, ValueError> {
        let length = value.parameters.len();
        if length > usize::from(u16::MAX) {
            return Err(ValueError::Length { length });
        }
        Ok(4 + length.next_multiple_of(4))
    }

    #[inline]
    fn encode(value: &NamedAlgorithm<'_>, _: TransactionId, out: &mut [u8]) {
        out.fill(0);
        out[..2].copy_from_slice(&value.number.to_be_bytes());
        out[2..4].copy_from_slice(&(value.parameters.len() as u16).to_be_bytes());
        out[4..4 + value.parameters.len()].copy_from_slice(value.parameters);
    }

    #[inline]
    fn decode(value: &[u8], _: TransactionId) -> Result<NamedAlgorithm<'_>, ValueError> {
        match split(value) {
            Some((algorithm, [])) => Ok(algorithm),
            _ => Err(ValueError::Length { length: value.len() }),
        }
    }

    fn print(value: &NamedAlgorithm<'_>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(value, f)
    }
}

/// The value of PASSWORD-ALGORITHMS: well-formed, and as long as an attribute can be. It is kept
/// as it stands on the wire, since a client must repeat it so (RFC 8489 §9.2.5).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct AlgorithmList<'a>(&'a [u8]);

impl<'a> AlgorithmList<'a> {
    /// The list that these bytes are.
    ///
    /// # Errors
    /// When they are none: something runs past the end.
    pub fn new(bytes: &'a [u8]) -> Result<Self, ValueError> {
        let mut rest = bytes;
        while !rest.is_empty() {
            (_, rest) = split(rest).ok_or(ValueError::Length { length: bytes.len() })?;
        }
        Ok(Self(bytes))
    }

    /// The algorithms, the server's favourite first.
    pub fn iter(&self) -> impl Iterator<Item = NamedAlgorithm<'a>> + use<'a> {
        let mut rest = self.0;
        core::iter::from_fn(move || {
            let (algorithm, behind) = split(rest)?;
            rest = behind;
            Some(algorithm)
        })
    }

    /// The list as it stands on the wire.
    #[must_use]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.0
    }
}

/// An [`AlgorithmList`].
#[derive(Debug)]
pub enum Algorithms {}

impl Shape for Algorithms {
    type Value<'a> = AlgorithmList<'a>;

    #[inline]
    fn length(value: &AlgorithmList<'_>) -> Result<usize, ValueError> {
        Ok(value.0.len())
    }

    #[inline]
    fn encode(value: &AlgorithmList<'_>, _: TransactionId, out: &mut [u8]) {
        out.copy_from_slice(value.0);
    }

    #[inline]
    fn decode(value: &[u8], _: TransactionId) -> Result<AlgorithmList<'_>, ValueError> {
        AlgorithmList::new(value)
    }

    fn print(value: &AlgorithmList<'_>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        value.iter().enumerate().try_for_each(|(i, algorithm)| {
            write!(f, "{}{algorithm}", if i == 0 { "" } else { ", " })
        })
    }
}

/// The first algorithm and what follows its padding. The padding of the last one may be left out:
/// some count it to the attribute's own.
fn split(bytes: &[u8]) -> Option<(NamedAlgorithm<'_>, &[u8])> {
    let (&[n0, n1, l0, l1], rest) = bytes.split_first_chunk()?;
    let length = usize::from(u16::from_be_bytes([l0, l1]));
    let parameters = rest.get(..length)?;
    let rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
    Some((NamedAlgorithm { number: u16::from_be_bytes([n0, n1]), parameters }, rest))
}
