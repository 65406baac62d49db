#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod conformance;
pub mod corpus;
pub mod mutator;
pub mod nat;
#[cfg(feature = "natbox")]
pub mod natbox;
pub mod network;
pub mod program;
mod subnet;
pub mod world;

pub use mutator::Mutator;
#[cfg(feature = "natbox")]
pub use natbox::{LanSocket, NatBox};
pub use network::{Arrival, HostId, Link, Network, Place, PlanError, SendError};
pub use subnet::{Subnet, SubnetError};
pub use world::{Node, NodeId, RunError, World};

/// The samples of the workspace's README, compiled and run like all others. They live here because a
/// test kit may know every crate in its tests.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct WorkspaceReadme;
