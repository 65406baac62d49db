//! The corpus of the fuzz targets of this crate, replayed: the same code on every file of it.

use testkit::corpus::replay;

mod playlist;
mod record;
mod reload;
mod tracker;
mod write;

#[test]
fn playlist() {
    replay(env!("CARGO_MANIFEST_DIR"), "playlist", playlist::run);
}

#[test]
fn record() {
    replay(env!("CARGO_MANIFEST_DIR"), "record", record::run);
}

#[test]
fn reload() {
    replay(env!("CARGO_MANIFEST_DIR"), "reload", reload::run);
}

#[test]
fn tracker() {
    replay(env!("CARGO_MANIFEST_DIR"), "tracker", tracker::run);
}

#[test]
fn write() {
    replay(env!("CARGO_MANIFEST_DIR"), "write", write::run);
}
