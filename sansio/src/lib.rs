#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]
#![warn(clippy::alloc_instead_of_core, clippy::std_instead_of_core)]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "std")]
extern crate std;

#[cfg(feature = "std")]
mod clock;
mod timestamp;
mod transmit;

#[cfg(feature = "std")]
pub use clock::Clock;
pub use timestamp::Timestamp;
pub use transmit::{FiveTuple, Transmit, Transport};
