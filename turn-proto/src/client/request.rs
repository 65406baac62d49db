use core::net::{IpAddr, SocketAddr};
use core::time::Duration;

use sansio::Timestamp;
use stun_codec::auth::long_term::Session;
use stun_codec::channel_data::ChannelNumber;
use stun_codec::shape::ProtocolNumber;
use stun_codec::{BuildError, MessageBuilder, Method, TransactionId, attr};

use super::Config;

/// The longest request: USERNAME of 508 bytes, REALM, NONCE and SOFTWARE of 763 each, and
/// some 120 for everything else.
pub(super) const CAPACITY: usize = 3072;

/// What a request is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Request {
    Allocate,
    Refresh,
    Release(Release),
    CreatePermission(IpAddr),
    ChannelBind(SocketAddr, ChannelNumber),
}

/// Why the allocation is given up, that is, what to do when it is gone.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Release {
    /// The caller wants it: tell.
    Close,
    /// It is a leftover of an earlier run on the same port: allocate anew.
    Leftover,
    /// It cannot be used, and that has been told.
    Unusable,
}

/// A request under way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pending {
    pub(super) request: Request,
    /// How many requests of this purpose were refused for their nonce, one after the other.
    pub(super) refusals: u8,
    /// How many challenges the client had learned from when it signed the request.
    pub(super) challenges: u32,
    /// When it was first sent: what it asks for lasts from then on, at the earliest.
    pub(super) sent: Timestamp,
}

impl Request {
    /// Writes the request into `buffer`.
    pub(super) fn write<'b>(
        self,
        id: TransactionId,
        config: &Config,
        session: &Session,
        buffer: &'b mut [u8],
    ) -> Result<&'b [u8], BuildError> {
        let software = config.software.as_deref();
        let builder = match self {
            Self::Allocate => MessageBuilder::request(Method::ALLOCATE, id, buffer)
                .put(attr::REQUESTED_TRANSPORT, ProtocolNumber::UDP)
                .put_some(attr::REQUESTED_ADDRESS_FAMILY, config.address_family)
                .put_some(attr::LIFETIME, config.lifetime)
                .put_some(attr::SOFTWARE, software),
            Self::Refresh => MessageBuilder::request(Method::REFRESH, id, buffer)
                // Zero would delete what is to be kept.
                .put_some(attr::LIFETIME, config.lifetime.filter(|length| length.as_secs() > 0))
                .put_some(attr::SOFTWARE, software),
            Self::Release(_) => MessageBuilder::request(Method::REFRESH, id, buffer)
                .put(attr::LIFETIME, Duration::ZERO)
                .put_some(attr::SOFTWARE, software),
            Self::CreatePermission(peer) => {
                MessageBuilder::request(Method::CREATE_PERMISSION, id, buffer)
                    .put(attr::XOR_PEER_ADDRESS, SocketAddr::new(peer, 0))
            }
            Self::ChannelBind(peer, channel) => {
                MessageBuilder::request(Method::CHANNEL_BIND, id, buffer)
                    .put(attr::CHANNEL_NUMBER, channel.value())
                    .put(attr::XOR_PEER_ADDRESS, peer)
            }
        };
        session.sign(builder).finish()
    }
}
