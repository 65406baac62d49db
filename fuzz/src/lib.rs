//! What the targets do with their bytes. The code lies with the tests of each crate, which replay
//! the corpus by it; so a target and its replay cannot drift apart.

#[path = "../../ice-agent/tests/fuzz_corpus/candidate.rs"]
mod a_candidate;
#[path = "../../hls-index/tests/fuzz_corpus/playlist.rs"]
mod a_playlist;
#[path = "../../ice-agent/tests/fuzz_corpus/ice_agent.rs"]
mod an_agent;
#[path = "../../turn-proto/tests/fuzz_corpus/attributes.rs"]
mod attributes;
#[path = "../../stun-codec/tests/fuzz_corpus/channel_data.rs"]
mod channel_data;
#[path = "../../turn-proto/tests/fuzz_corpus/commands.rs"]
mod commands;
#[path = "../../stun-codec/tests/fuzz_corpus/stun_message.rs"]
mod stun_message;
#[path = "../../turn-proto/tests/fuzz_corpus/turn_client.rs"]
mod turn_client;
#[path = "../../turn-proto/tests/fuzz_corpus/turn_server.rs"]
mod turn_server;

/// The bytes are a datagram that may be a STUN message.
pub fn stun_message(data: &[u8]) {
    stun_message::run(data);
}

/// The bytes are a datagram that may be ChannelData.
pub fn channel_data(data: &[u8]) {
    channel_data::run(data);
}

/// The bytes are commands: what happens to a TURN server.
pub fn turn_server(data: &[u8]) {
    turn_server::run(data);
}

/// The bytes are commands: what happens to a TURN client.
pub fn turn_client(data: &[u8]) {
    turn_client::run(data);
}

/// The bytes are commands: what happens to an ICE agent.
pub fn ice_agent(data: &[u8]) {
    an_agent::run(data);
}

/// The bytes are text that may be a candidate line.
pub fn candidate(data: &[u8]) {
    a_candidate::run(data);
}

/// The bytes are text that may be a media playlist.
pub fn playlist(data: &[u8]) {
    a_playlist::run(data);
}
