//! The relay path: no copy, no allocation, no answer (RFC 8656 §11, §12).

use rand::Rng as _;
use sansio::Timestamp;
use stun_codec::channel_data::ChannelData;
use stun_codec::{Message, TransactionId, attr};

use super::Server;
use super::relayed::Relayed;
use super::sides::{ClientPath, PeerAddress, RelayAddress};
use crate::known;

impl Server {
    /// From a client, on a channel (RFC 8656 §12.6).
    #[inline]
    pub(super) fn relay_channel_data<'a>(
        &mut self,
        now: Timestamp,
        client: ClientPath,
        datagram: &'a [u8],
    ) -> Option<Relayed<'a>> {
        let Ok(ChannelData { channel, payload }) = ChannelData::parse(datagram) else {
            self.stats.malformed += 1;
            return None;
        };
        let allocation = self.table.of_client(client).and_then(|id| self.table.get(id));
        let Some((allocation, peer)) = allocation
            .filter(|allocation| allocation.is_open(now))
            .and_then(|allocation| Some((allocation, allocation.peer_of(now, channel)?)))
        else {
            self.stats.unbound += 1;
            return None;
        };
        // A channel outlives its permission unless both are refreshed.
        let permitted = allocation.permits(now, peer.ip());
        self.relay_to_peer(allocation.relay, peer, permitted, payload)
    }

    /// From a client, as a Send indication (RFC 8656 §11.2).
    #[inline]
    pub(super) fn relay_send<'a>(
        &mut self,
        now: Timestamp,
        client: ClientPath,
        indication: &Message<'a>,
    ) -> Option<Relayed<'a>> {
        let (Ok(Some(peer)), Ok(Some(payload))) =
            (indication.get(attr::XOR_PEER_ADDRESS), indication.get(attr::DATA))
        else {
            self.stats.malformed += 1;
            return None;
        };
        if !indication.unknown_required(known::is_known).is_empty() {
            self.stats.unexpected += 1;
            return None;
        }
        let Some(allocation) = self
            .table
            .of_client(client)
            .and_then(|id| self.table.get(id))
            .filter(|allocation| allocation.is_open(now))
        else {
            self.stats.unbound += 1;
            return None;
        };
        let peer = PeerAddress::new(peer);
        let permitted = allocation.permits(now, peer.ip());
        self.relay_to_peer(allocation.relay, peer, permitted, payload)
    }

    #[inline]
    fn relay_to_peer<'a>(
        &mut self,
        relay: RelayAddress,
        peer: PeerAddress,
        permitted: bool,
        payload: &'a [u8],
    ) -> Option<Relayed<'a>> {
        if !permitted || !self.reaches(relay, peer) {
            self.stats.not_permitted += 1;
            return None;
        }
        self.stats.relayed_to_peers += 1;
        Some(Relayed::to_peer(relay, peer, payload))
    }

    /// From a peer, at a relayed address (RFC 8656 §11.3, §12.7). What it looks like does not
    /// matter: it is the client's.
    #[inline]
    pub(super) fn relay_from_peer<'a>(
        &mut self,
        now: Timestamp,
        relay: RelayAddress,
        peer: PeerAddress,
        payload: &'a [u8],
    ) -> Option<Relayed<'a>> {
        let Some(allocation) = self.table.of_relay(relay).and_then(|id| self.table.get(id)) else {
            self.stats.unknown_socket += 1;
            return None;
        };
        if !allocation.is_open(now) || !allocation.permits(now, peer.ip()) {
            self.stats.not_permitted += 1;
            return None;
        }
        let client = allocation.client;
        let relayed = match allocation.channel_of(now, peer) {
            Some(channel) => Relayed::on_channel(client, channel, payload),
            None => {
                let mut id = [0; 12];
                self.rng.fill_bytes(&mut id);
                Relayed::as_indication(client, peer, TransactionId::new(id), payload)
            }
        };
        match relayed {
            Some(_) => self.stats.relayed_to_clients += 1,
            None => self.stats.too_long += 1,
        }
        relayed
    }
}
