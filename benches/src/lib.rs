//! Benchmarks of the house, beside the peers' crates on the same inputs in the same run.
//!
//! Here is what needs no peer: the inputs, our operations, the floors under them, and the way of
//! measuring. The peers stand in `benches/peers`, so that only the benches wait for them.

#![allow(
    clippy::must_use_candidate,
    clippy::missing_panics_doc,
    reason = "what is measured goes through a black_box, and what is wrong shall stop the benches"
)]

pub mod floor;
pub mod hls;
pub mod messages;
pub mod operation;
pub mod playlists;
pub mod stun;
