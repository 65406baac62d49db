use alloc::string::String;
use core::time::Duration;

use sansio::FiveTuple;
use stun_codec::auth::long_term::Credentials;
use stun_codec::shape::AddressFamily;
use stun_codec::transaction;

/// What a [`Client`](super::Client) needs to know.
#[derive(Clone, Debug)]
pub struct Config {
    /// From the caller's socket to the server.
    pub five_tuple: FiveTuple,
    /// Who asks.
    pub credentials: Credentials,
    /// The lifetime to ask for; what the server grants counts (RFC 8656 §7.1). `None`, the
    /// default, leaves it to the server: ten minutes with most.
    pub lifetime: Option<Duration>,
    /// The family of the relayed address; `None`, the default, lets the server give what it
    /// gives to clients who do not ask: IPv4 (RFC 8656 §7.2).
    pub address_family: Option<AddressFamily>,
    /// The times of retransmission. By default no transaction takes longer than a minute, so that a
    /// permission that is refreshed a minute before its end does not end meanwhile.
    pub transactions: transaction::Config,
    /// How many times to follow a server that names another one (300, RFC 8489 §10). 3 by default.
    pub max_redirects: u8,
    /// What to call oneself in SOFTWARE; `None`, the default, says nothing.
    pub software: Option<String>,
}

impl Config {
    /// The defaults, for the server at `five_tuple.remote`.
    #[must_use]
    pub fn new(five_tuple: FiveTuple, credentials: Credentials) -> Self {
        Self {
            five_tuple,
            credentials,
            lifetime: None,
            address_family: None,
            transactions: transaction::Config {
                max_rto: Duration::from_millis(750),
                ..transaction::Config::default()
            },
            max_redirects: 3,
            software: None,
        }
    }
}
