#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]
#![warn(clippy::alloc_instead_of_core, clippy::std_instead_of_core)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod address;
mod agent;
pub mod candidate;
mod candidates;
mod check;
mod checklist;
mod conclude;
mod config;
mod consent;
mod credentials;
mod event;
mod foundation;
mod gather;
mod pair;
pub mod priority;
#[cfg(feature = "turn")]
mod relay;
#[cfg(not(feature = "turn"))]
#[path = "relay/absent.rs"]
mod relay;
mod report;
mod respond;
mod role;
pub mod sdp;
mod turns;

pub use agent::Agent;
pub use candidate::{Candidate, CandidateType};
pub use config::{Config, NominationWait};
pub use credentials::{Credentials, CredentialsError};
pub use event::{Event, PairReport, SelectedPair, SendError, ServerFailure, Stats};
pub use pair::PairState;
pub use role::Role;
#[cfg(feature = "turn")]
pub use turn_proto::Credentials as TurnCredentials;

/// How many bytes [`Agent::send`] adds to a payload at the most: the framing of a relay.
pub const MAX_OVERHEAD: usize = relay::MAX_OVERHEAD;
