#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]
#![warn(clippy::alloc_instead_of_core, clippy::std_instead_of_core)]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

#[cfg(feature = "arbitrary")]
mod arbitrary_message;
pub mod attr;
#[cfg(feature = "alloc")]
pub mod auth;
pub mod build;
pub mod channel_data;
pub mod demux;
#[cfg(feature = "alloc")]
pub mod discovery;
pub mod dissect;
mod error;
mod fingerprint;
pub mod framing;
mod header;
pub mod integrity;
pub mod legacy;
mod message;
#[cfg(feature = "alloc")]
pub mod redirection;
#[cfg(feature = "serde")]
mod serialized;
pub mod shape;
#[cfg(feature = "alloc")]
pub mod transaction;
mod unknown;
pub mod uri;

#[cfg(feature = "arbitrary")]
pub use arbitrary_message::ArbitraryMessage;
pub use attr::AttributeType;
pub use build::MessageBuilder;
pub use error::{
    AttributeError, BuildError, FingerprintMismatch, IntegrityError, ParseError, ValueError,
};
pub use header::{Class, HEADER_LENGTH, Header, MAGIC_COOKIE, MessageType, Method, TransactionId};
pub use integrity::Key;
pub use message::{Attributes, Message, RawAttribute, Verified};
pub use shape::ErrorCode;
#[cfg(feature = "alloc")]
pub use transaction::Transactions;
