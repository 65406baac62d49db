//! The tracker in virtual time, against simulated origins.

mod closest;
mod edges;
mod failures;
mod hostile;
mod keys;
mod low_latency;
mod parts;
mod pathways;
mod polling;
mod positions;
mod renditions;
mod retries;
mod servers;
mod simulation;
#[cfg(feature = "steering")]
mod steering;
mod tune_in;
mod variants;
