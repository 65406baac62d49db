use sansio::{FiveTuple, Transmit};
use stun_codec::channel_data::{ChannelData, ChannelNumber};
use stun_codec::{HEADER_LENGTH, MessageBuilder, Method, TransactionId, attr};

use super::sides::{ClientPath, PeerAddress, RelayAddress};

/// A datagram to send on at once. Its payload still lies in the input; what goes before and
/// after it is held here, so nothing is copied: hand [`parts`](Self::parts) to `sendmsg`, or let
/// [`write`](Self::write) join them.
#[derive(Clone, Copy, Debug)]
#[must_use = "a datagram that is not sent is lost"]
pub struct Relayed<'a> {
    /// Where from and where to: from the relayed address to the peer, or from the listening
    /// socket to the client.
    pub five_tuple: FiveTuple,
    prefix: [u8; Relayed::MAX_PREFIX],
    prefix_length: u8,
    payload: &'a [u8],
    padding: u8,
}

impl<'a> Relayed<'a> {
    /// The most bytes before a payload: a Data indication of an IPv6 peer. An IPv4 peer's has 36,
    /// ChannelData 4, and what goes to a peer none.
    pub const MAX_PREFIX: usize = HEADER_LENGTH + 24 + 4;

    /// The most bytes that the relay adds to a payload.
    pub const MAX_OVERHEAD: usize = Self::MAX_PREFIX + 3;

    /// The most bytes of a UDP datagram over IPv4.
    const MAX_DATAGRAM: usize = 65_507;

    pub(super) const fn to_peer(relay: RelayAddress, peer: PeerAddress, payload: &'a [u8]) -> Self {
        Self {
            five_tuple: FiveTuple::udp(relay.0, peer.address()),
            prefix: [0; Self::MAX_PREFIX],
            prefix_length: 0,
            payload,
            padding: 0,
        }
    }

    /// As ChannelData (RFC 8656 §12.7); `None` when that is too long for a datagram.
    pub(super) fn on_channel(
        client: ClientPath,
        channel: ChannelNumber,
        payload: &'a [u8],
    ) -> Option<Self> {
        let header = ChannelData::header(channel, payload.len())?;
        let mut prefix = [0; Self::MAX_PREFIX];
        prefix.first_chunk_mut().map(|start: &mut [u8; 4]| *start = header)?;
        let prefix_length = header.len() as u8;
        Self { five_tuple: client.0, prefix, prefix_length, payload, padding: 0 }.if_it_fits()
    }

    /// As a Data indication (RFC 8656 §11.3); `None` when that is too long for a datagram.
    pub(super) fn as_indication(
        client: ClientPath,
        peer: PeerAddress,
        id: TransactionId,
        payload: &'a [u8],
    ) -> Option<Self> {
        let mut prefix = [0; Self::MAX_PREFIX];
        let peer = MessageBuilder::indication(Method::DATA, id, &mut prefix)
            .put(attr::XOR_PEER_ADDRESS, peer.address())
            .finish()
            .ok()?
            .len();
        // DATA comes last, so that its value is the payload where it lies; the builder cannot
        // know of that.
        let length = u16::try_from(payload.len()).ok()?;
        let padding = payload.len().next_multiple_of(4) - payload.len();
        let total = u16::try_from(peer + 4 + payload.len() + padding - HEADER_LENGTH).ok()?;
        prefix.get_mut(2..4)?.copy_from_slice(&total.to_be_bytes());
        let head = prefix.get_mut(peer..peer + 4)?;
        head[..2].copy_from_slice(&attr::DATA.attribute_type().value().to_be_bytes());
        head[2..].copy_from_slice(&length.to_be_bytes());
        let prefix_length = (peer + 4) as u8;
        let padding = padding as u8;
        Self { five_tuple: client.0, prefix, prefix_length, payload, padding }.if_it_fits()
    }

    fn if_it_fits(self) -> Option<Self> {
        (self.len() <= Self::MAX_DATAGRAM).then_some(self)
    }

    /// The datagram in three parts, to be sent one after the other as one: what the relay puts
    /// before the payload, the payload, and padding. Parts may be empty.
    #[inline]
    #[must_use]
    pub fn parts(&self) -> [&[u8]; 3] {
        const ZEROS: [u8; 3] = [0; 3];
        let prefix = self.prefix.get(..usize::from(self.prefix_length)).unwrap_or_default();
        [prefix, self.payload, ZEROS.get(..usize::from(self.padding)).unwrap_or_default()]
    }

    /// The payload where it lies in the input.
    #[inline]
    #[must_use]
    pub const fn payload(&self) -> &'a [u8] {
        self.payload
    }

    /// How many bytes the datagram has.
    #[inline]
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "empty is nothing special in a datagram")]
    pub const fn len(&self) -> usize {
        self.prefix_length as usize + self.payload.len() + self.padding as usize
    }

    /// Copies the datagram into `buffer`; `None` when that is shorter than [`len`](Self::len).
    #[inline]
    #[must_use]
    pub fn write<'b>(&self, buffer: &'b mut [u8]) -> Option<&'b [u8]> {
        let datagram = buffer.get_mut(..self.len())?;
        let mut rest = &mut *datagram;
        for part in self.parts() {
            let (here, there) = rest.split_at_mut_checked(part.len())?;
            here.copy_from_slice(part);
            rest = there;
        }
        Some(datagram)
    }

    /// The datagram as one that can be sent without any copy: when there is nothing before and
    /// after the payload, which is so for all that goes to peers.
    #[inline]
    #[must_use]
    pub const fn as_transmit(&self) -> Option<Transmit<&'a [u8]>> {
        if self.prefix_length == 0 && self.padding == 0 {
            Some(Transmit::new(self.five_tuple, self.payload))
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use stun_codec::Message;

    use super::*;

    const CLIENT: &str = "192.0.2.1:5000";

    fn client() -> ClientPath {
        let local = ([198, 51, 100, 2], 3478).into();
        ClientPath(FiveTuple::udp(local, CLIENT.parse().unwrap()))
    }

    fn peer(text: &str) -> PeerAddress {
        PeerAddress::new(text.parse().unwrap())
    }

    #[test]
    fn a_data_indication_is_what_the_builder_would_have_written() {
        let id = TransactionId::new([7; 12]);
        for (peer, overhead) in [(peer("203.0.113.5:6000"), 36), (peer("[2001:db8::5]:6000"), 48)] {
            for length in [0, 1, 2, 3, 4, 5, 1200] {
                let payload = [0xA5; 1200];
                let payload = &payload[..length];
                let relayed = Relayed::as_indication(client(), peer, id, payload).unwrap();
                let (mut ours, mut theirs) = ([1; 1300], [2; 1300]);
                let ours = relayed.write(&mut ours).unwrap();
                let theirs = MessageBuilder::indication(Method::DATA, id, &mut theirs)
                    .put(attr::XOR_PEER_ADDRESS, peer.address())
                    .put(attr::DATA, payload)
                    .finish()
                    .unwrap();
                assert_eq!(ours, theirs);
                assert_eq!(ours.len(), overhead + length.next_multiple_of(4));
                let message = Message::parse(ours).unwrap();
                assert_eq!(message.get(attr::DATA), Ok(Some(payload)));
            }
        }
    }

    #[test]
    fn t20_what_does_not_fit_into_a_datagram_is_not_relayed() {
        let id = TransactionId::new([7; 12]);
        let payload = [0; 65_507];
        let peer = peer("203.0.113.5:6000");
        let indication = |length| Relayed::as_indication(client(), peer, id, &payload[..length]);
        assert!(indication(65_507).is_none());
        assert!(indication(65_507 - 36).is_none(), "padding counts");
        assert_eq!(indication(65_507 - 36 - 3).map(|relayed| relayed.len()), Some(65_504));
        let channel =
            |length| Relayed::on_channel(client(), ChannelNumber::MIN, &payload[..length]);
        assert!(channel(65_504).is_none());
        assert_eq!(channel(65_503).map(|relayed| relayed.len()), Some(65_507));
    }

    #[test]
    fn a_buffer_that_is_too_small_gets_nothing() {
        let relayed = Relayed::on_channel(client(), ChannelNumber::MAX, b"hello").unwrap();
        assert_eq!(relayed.parts(), [&b"\x4F\xFF\0\x05"[..], b"hello", b""]);
        let mut buffer = [0; 16];
        assert_eq!(relayed.write(&mut buffer[..8]), None);
        assert_eq!(relayed.write(&mut buffer), Some(&b"\x4F\xFF\0\x05hello"[..]));
        assert!(relayed.as_transmit().is_none());
    }
}
