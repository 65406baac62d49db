//! The operations of `benches::stun`, as the peers do them. Each is written the fastest way that
//! the peer's public interface allows: buffers and messages are used again, keys are made once.

pub(crate) mod is;
pub(crate) mod rtc_stun;
pub(crate) mod stun_codec;
pub(crate) mod stun_coder;
pub(crate) mod stun_format;
pub(crate) mod stun_rs;
pub(crate) mod stun_types;
pub(crate) mod turn_server;
pub(crate) mod webrtc_stun;
