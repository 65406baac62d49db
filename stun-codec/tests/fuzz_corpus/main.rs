//! The corpus of the fuzz targets of this crate, replayed: the same code on every file of it.

use testkit::corpus::replay;

mod channel_data;
mod stun_message;

#[test]
fn channel_data() {
    replay(env!("CARGO_MANIFEST_DIR"), "channel_data", channel_data::run);
}

#[test]
fn stun_message() {
    replay(env!("CARGO_MANIFEST_DIR"), "stun_message", stun_message::run);
}
