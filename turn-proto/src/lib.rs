#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

pub mod client;
mod known;
pub mod server;

pub use client::Client;
pub use server::Server;
pub use stun_codec::auth::long_term::Credentials;
pub use stun_codec::channel_data::ChannelNumber;
pub use stun_codec::shape::AddressFamily;
