//! The corpus of the fuzz targets of this crate, replayed: the same code on every file of it.

use testkit::corpus::replay;

mod channel_data;
#[cfg(feature = "alloc")]
mod discovery;
#[cfg(feature = "alloc")]
mod framing;
#[cfg(feature = "alloc")]
mod long_term_client;
#[cfg(feature = "alloc")]
mod long_term_server;
mod stun_message;
mod uri;

#[test]
fn channel_data() {
    replay(env!("CARGO_MANIFEST_DIR"), "channel_data", channel_data::run);
}

#[cfg(feature = "alloc")]
#[test]
fn discovery() {
    replay(env!("CARGO_MANIFEST_DIR"), "discovery", discovery::run);
}

#[cfg(feature = "alloc")]
#[test]
fn framing() {
    replay(env!("CARGO_MANIFEST_DIR"), "framing", framing::run);
}

#[cfg(feature = "alloc")]
#[test]
fn long_term_client() {
    replay(env!("CARGO_MANIFEST_DIR"), "long_term_client", long_term_client::run);
}

#[cfg(feature = "alloc")]
#[test]
fn long_term_server() {
    replay(env!("CARGO_MANIFEST_DIR"), "long_term_server", long_term_server::run);
}

#[test]
fn stun_message() {
    replay(env!("CARGO_MANIFEST_DIR"), "stun_message", stun_message::run);
}

#[test]
fn uri() {
    replay(env!("CARGO_MANIFEST_DIR"), "uri", uri::run);
}
