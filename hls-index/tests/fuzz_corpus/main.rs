//! The corpus of the fuzz targets of this crate, replayed: the same code on every file of it.

use testkit::corpus::replay;

mod playlist;

#[test]
fn playlist() {
    replay(env!("CARGO_MANIFEST_DIR"), "playlist", playlist::run);
}
