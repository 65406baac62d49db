use crate::nat::Refusal;

/// What a [`NatBox`](super::NatBox) did with the datagrams it got.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Counters {
    /// Passed on to the world.
    pub sent_out: u64,
    /// Passed on to a peer from the world.
    pub let_in: u64,
    /// Passed on from one peer to another by their outer addresses.
    pub hairpinned: u64,
    /// Dropped: from the world, and the filter said no.
    pub filtered: u64,
    /// Dropped: from the world, to a mapping that has ended.
    pub unmapped: u64,
    /// Dropped: to an address that is not public, such as one of another private network.
    pub unroutable: u64,
    /// Dropped: no room for one more mapping, no port for it, or no hairpinning.
    pub refused: u64,
    /// Dropped: sent to the gateway by somebody outside of the subnet.
    pub strangers: u64,
    /// Dropped: sent to the gateway without a proper header.
    pub malformed: u64,
    /// Errors of sockets, each of which may have cost a datagram.
    pub socket_errors: u64,
}

impl Counters {
    pub(super) const fn count(&mut self, refusal: Refusal) {
        let counter = match refusal {
            Refusal::Filtered => &mut self.filtered,
            Refusal::NoMapping => &mut self.unmapped,
            Refusal::TableFull | Refusal::NoFreePort | Refusal::NoHairpin => &mut self.refused,
        };
        *counter += 1;
    }
}
