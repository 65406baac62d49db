//! The corpus of the fuzz targets of this crate, replayed: the same code on every file of it.

use testkit::corpus::replay;

mod attributes;
mod commands;
mod turn_client;
mod turn_server;

#[test]
fn turn_client() {
    replay(env!("CARGO_MANIFEST_DIR"), "turn_client", turn_client::run);
}

#[test]
fn turn_server() {
    replay(env!("CARGO_MANIFEST_DIR"), "turn_server", turn_server::run);
}
