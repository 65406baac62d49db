//! What the targets do with their bytes. The code lies with the tests of each crate, which replay
//! the corpus by it; so a target and its replay cannot drift apart.

#[path = "../../ice-agent/tests/fuzz_corpus/candidate.rs"]
mod a_candidate;
#[path = "../../hls-index/tests/fuzz_corpus/playlist.rs"]
mod a_playlist;
#[path = "../../hls-index/tests/fuzz_corpus/record.rs"]
mod a_record;
#[path = "../../hls-index/tests/fuzz_corpus/reload.rs"]
mod a_reload;
#[path = "../../hls-index/tests/fuzz_corpus/tracker.rs"]
mod a_tracker;
#[path = "../../hls-index/tests/fuzz_corpus/write.rs"]
mod a_writer;
#[path = "../../ice-agent/tests/fuzz_corpus/ice_agent.rs"]
mod an_agent;
#[path = "../../turn-proto/tests/fuzz_corpus/attributes.rs"]
mod attributes;
#[path = "../../stun-codec/tests/fuzz_corpus/channel_data.rs"]
mod channel_data;
#[path = "../../turn-proto/tests/fuzz_corpus/commands.rs"]
mod commands;
#[path = "../../stun-codec/tests/fuzz_corpus/discovery.rs"]
mod discovery;
#[path = "../../stun-codec/tests/fuzz_corpus/framing.rs"]
mod framing;
#[path = "../../stun-codec/tests/fuzz_corpus/long_term_client.rs"]
mod long_term_client;
#[path = "../../stun-codec/tests/fuzz_corpus/long_term_server.rs"]
mod long_term_server;
#[path = "../../stun-codec/tests/fuzz_corpus/stun_message.rs"]
mod stun_message;
#[path = "../../turn-proto/tests/fuzz_corpus/turn_client.rs"]
mod turn_client;
#[path = "../../turn-proto/tests/fuzz_corpus/turn_server.rs"]
mod turn_server;
#[path = "../../stun-codec/tests/fuzz_corpus/uri.rs"]
mod uri;

/// The bytes are a datagram that may be a STUN message.
pub fn stun_message(data: &[u8]) {
    stun_message::run(data);
}

/// The bytes are a datagram that may be ChannelData.
pub fn channel_data(data: &[u8]) {
    channel_data::run(data);
}

/// The bytes are a stream that may carry STUN messages and ChannelData, and how it is cut.
pub fn framing(data: &[u8]) {
    framing::run(data);
}

/// The bytes are commands: what servers, and others, answer to the discovery of a NAT's behaviour.
pub fn discovery(data: &[u8]) {
    discovery::run(data);
}

/// The bytes are commands: what is answered to a client with long-term credentials.
pub fn long_term_client(data: &[u8]) {
    long_term_client::run(data);
}

/// The bytes are commands: what a server that wants long-term credentials is asked.
pub fn long_term_server(data: &[u8]) {
    long_term_server::run(data);
}

/// The bytes are text that may be the URI of a STUN or a TURN server.
pub fn uri(data: &[u8]) {
    uri::run(data);
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

/// The bytes may be a record, or a media playlist that becomes one.
pub fn record(data: &[u8]) {
    a_record::run(data);
}

/// The bytes are texts of a live playlist, with 0xFF between them.
pub fn reload(data: &[u8]) {
    a_reload::run(data);
}

/// The bytes are commands: what happens to a tracker.
pub fn tracker(data: &[u8]) {
    a_tracker::run(data);
}

/// The bytes are text that may be a playlist of either sort.
pub fn write(data: &[u8]) {
    a_writer::run(data);
}
