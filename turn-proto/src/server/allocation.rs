use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use core::net::IpAddr;
use core::time::Duration;

use sansio::Timestamp;
use stun_codec::TransactionId;
use stun_codec::channel_data::ChannelNumber;
use stun_codec::shape::{AddressFamily, PasswordAlgorithm};

use super::sides::{ClientPath, PeerAddress, RelayAddress};

/// How long a permission lasts (RFC 8656 §9).
pub(super) const PERMISSION_LIFETIME: Duration = Duration::from_secs(300);

/// How long a channel stays bound (RFC 8656 §12).
pub(super) const CHANNEL_LIFETIME: Duration = Duration::from_secs(600);

/// One client's relay. What has expired does not count from that very moment on, whether or not
/// it has been cleared away.
#[derive(Debug)]
pub(super) struct Allocation {
    pub(super) client: ClientPath,
    pub(super) relay: RelayAddress,
    pub(super) username: Arc<str>,
    /// The request that created it, to know a retransmission of it (RFC 8656 §7.2).
    pub(super) transaction: TransactionId,
    /// The algorithm that it names, if any.
    pub(super) algorithm: Option<PasswordAlgorithm>,
    pub(super) phase: Phase,
    pub(super) expires_at: Timestamp,
    pub(super) permissions: BTreeMap<IpAddr, Timestamp>,
    pub(super) channels: BTreeMap<ChannelNumber, Channel>,
    pub(super) numbers: BTreeMap<PeerAddress, ChannelNumber>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Phase {
    /// The caller is opening the relay's socket.
    Opening(Wish),
    /// The client has been answered.
    Open,
}

/// What the client has asked for; needed when the first port will not do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Wish {
    pub(super) family: AddressFamily,
    pub(super) even_port: bool,
    pub(super) lifetime: Duration,
    /// How many ports were tried.
    pub(super) tries: u8,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Channel {
    pub(super) peer: PeerAddress,
    pub(super) expires_at: Timestamp,
}

impl Allocation {
    /// Whether data may pass.
    #[inline]
    pub(super) fn is_open(&self, now: Timestamp) -> bool {
        self.phase == Phase::Open && now < self.expires_at
    }

    #[inline]
    pub(super) fn permits(&self, now: Timestamp, peer: IpAddr) -> bool {
        self.permissions.get(&peer).is_some_and(|&expires_at| now < expires_at)
    }

    /// The peer to which `channel` is bound.
    #[inline]
    pub(super) fn peer_of(&self, now: Timestamp, channel: ChannelNumber) -> Option<PeerAddress> {
        let channel = self.channels.get(&channel)?;
        (now < channel.expires_at).then_some(channel.peer)
    }

    /// The channel that is bound to `peer`.
    #[inline]
    pub(super) fn channel_of(&self, now: Timestamp, peer: PeerAddress) -> Option<ChannelNumber> {
        let channel = *self.numbers.get(&peer)?;
        self.peer_of(now, channel).map(|_| channel)
    }
}
