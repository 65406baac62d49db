//! The corpus of the fuzz targets of this crate, replayed: the same code on every file of it.

use testkit::corpus::replay;

mod candidate;
mod ice_agent;

#[test]
fn candidate() {
    replay(env!("CARGO_MANIFEST_DIR"), "candidate", candidate::run);
}

#[test]
fn ice_agent() {
    replay(env!("CARGO_MANIFEST_DIR"), "ice_agent", ice_agent::run);
}
