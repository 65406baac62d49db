//! The credential mechanisms of RFC 8489 §9 as state without I/O: a stateless [`nonce`], and both
//! sides of the [long-term](long_term) mechanism, which TURN uses. The short-term mechanism,
//! which ICE uses, needs no more than a [`Key`](crate::Key).

pub mod long_term;
pub mod nonce;
