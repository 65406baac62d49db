use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::net::{IpAddr, SocketAddr};

use sansio::Timestamp;
use stun_codec::channel_data::ChannelNumber;

/// What the client has asked of the server for its peers, and how far that has come.
#[derive(Debug, Default)]
pub(super) struct Peers {
    permissions: BTreeMap<IpAddr, Standing>,
    channels: BTreeMap<SocketAddr, (ChannelNumber, Standing)>,
    /// The peer of each number that was ever given, the lowest first. A number stays with its
    /// peer, so that nothing sent on it can reach another one.
    numbers: Vec<SocketAddr>,
}

/// How a permission or a channel stands.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Standing {
    /// The server has granted it.
    pub(super) granted: bool,
    /// The caller wants it: it is asked for, or will be once there is an allocation.
    pub(super) wanted: bool,
    /// When to ask for it again.
    pub(super) refresh_at: Option<Timestamp>,
}

impl Peers {
    pub(super) fn permission(&self, peer: IpAddr) -> Standing {
        self.permissions.get(&peer).copied().unwrap_or_default()
    }

    pub(super) fn permission_mut(&mut self, peer: IpAddr) -> &mut Standing {
        self.permissions.entry(peer).or_default()
    }

    pub(super) fn remove_permission(&mut self, peer: IpAddr) -> Standing {
        self.permissions.remove(&peer).unwrap_or_default()
    }

    pub(super) fn channel(&self, peer: SocketAddr) -> Option<(ChannelNumber, Standing)> {
        self.channels.get(&peer).copied()
    }

    /// The channel of this peer, with a number of its own from now on; `None` when all are given.
    pub(super) fn channel_mut(
        &mut self,
        peer: SocketAddr,
    ) -> Option<(ChannelNumber, &mut Standing)> {
        if !self.channels.contains_key(&peer) {
            let next = u16::try_from(self.numbers.len()).ok()?;
            let channel = ChannelNumber::new(ChannelNumber::MIN.value().checked_add(next)?)?;
            self.numbers.push(peer);
            self.channels.insert(peer, (channel, Standing::default()));
        }
        self.channels.get_mut(&peer).map(|(channel, standing)| (*channel, standing))
    }

    /// Whose data travels on this channel: data may come in before the server's answer does
    /// (RFC 8656 §12).
    pub(super) fn peer_of(&self, channel: ChannelNumber) -> Option<SocketAddr> {
        let number = channel.value() - ChannelNumber::MIN.value();
        let peer = *self.numbers.get(usize::from(number))?;
        self.channels.get(&peer).filter(|(_, standing)| standing.wanted).map(|_| peer)
    }

    /// The addresses for which a permission is wanted.
    pub(super) fn wanted_permissions(&self) -> Vec<IpAddr> {
        let wanted = self.permissions.iter().filter(|(_, standing)| standing.wanted);
        wanted.map(|(&peer, _)| peer).collect()
    }

    /// The peers to which a channel is wanted.
    pub(super) fn wanted_channels(&self) -> Vec<SocketAddr> {
        let wanted = self.channels.iter().filter(|(_, (_, standing))| standing.wanted);
        wanted.map(|(&peer, _)| peer).collect()
    }
}
