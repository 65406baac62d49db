//! The tracker in virtual time, against simulated origins.

mod failures;
mod hostile;
mod low_latency;
mod polling;
mod simulation;
#[cfg(feature = "steering")]
mod steering;
mod variants;
