use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::net::IpAddr;
use core::ops::RangeInclusive;

use sansio::Timestamp;
use stun_codec::channel_data::ChannelNumber;

use super::allocation::{Allocation, Channel, Phase};
use super::sides::{ClientKey, ClientPath, PeerAddress, RelayAddress, RelayKey};

/// All allocations, found from either side, and everything in them that will expire.
///
/// What belongs together changes together here: an allocation that is removed takes its
/// names and its timers along.
#[derive(Debug, Default)]
pub(super) struct Table {
    slots: Vec<Option<Allocation>>,
    vacant: Vec<u32>,
    by_client: BTreeMap<ClientKey, AllocationId>,
    by_relay: BTreeMap<RelayKey, AllocationId>,
    timers: BTreeSet<(Timestamp, Timer)>,
}

/// The place of an allocation in the table. It is given anew when the allocation is gone, so it
/// is not kept beyond one call, except in timers, which go with it.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct AllocationId(u32);

#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Timer {
    Allocation(AllocationId),
    Permission(AllocationId, IpAddr),
    Channel(AllocationId, ChannelNumber),
}

impl Table {
    pub(super) fn len(&self) -> usize {
        self.by_client.len()
    }

    #[inline]
    pub(super) fn of_client(&self, client: ClientPath) -> Option<AllocationId> {
        self.by_client.get(&client.key()).copied()
    }

    #[inline]
    pub(super) fn of_relay(&self, relay: RelayAddress) -> Option<AllocationId> {
        self.by_relay.get(&relay.key()).copied()
    }

    #[inline]
    pub(super) fn get(&self, id: AllocationId) -> Option<&Allocation> {
        self.slots.get(id.0 as usize)?.as_ref()
    }

    /// The taken ports of `ip` among `ports`, in order.
    pub(super) fn taken_ports(
        &self,
        ip: IpAddr,
        ports: &RangeInclusive<u16>,
    ) -> impl Iterator<Item = u16> + '_ {
        let (first, last) = (RelayKey::new(ip, *ports.start()), RelayKey::new(ip, *ports.end()));
        // A range that ends before it begins would panic.
        let taken = (first <= last).then(|| self.by_relay.range(first..=last));
        taken.into_iter().flatten().map(|(key, _)| key.port)
    }

    fn get_mut(&mut self, id: AllocationId) -> Option<&mut Allocation> {
        self.slots.get_mut(id.0 as usize)?.as_mut()
    }

    /// Adds an allocation; neither its client nor its relayed address may have one already. `None`
    /// when there are 2³² of them.
    pub(super) fn insert(&mut self, allocation: Allocation) -> Option<AllocationId> {
        let id = match self.vacant.pop() {
            Some(vacant) => AllocationId(vacant),
            None => {
                let id = AllocationId(u32::try_from(self.slots.len()).ok()?);
                self.slots.push(None);
                id
            }
        };
        self.by_client.insert(allocation.client.key(), id);
        self.by_relay.insert(allocation.relay.key(), id);
        self.timers.insert((allocation.expires_at, Timer::Allocation(id)));
        if let Some(slot) = self.slots.get_mut(id.0 as usize) {
            *slot = Some(allocation);
        }
        Some(id)
    }

    pub(super) fn remove(&mut self, id: AllocationId) -> Option<Allocation> {
        let allocation = self.slots.get_mut(id.0 as usize)?.take()?;
        self.vacant.push(id.0);
        self.by_client.remove(&allocation.client.key());
        self.by_relay.remove(&allocation.relay.key());
        self.timers.remove(&(allocation.expires_at, Timer::Allocation(id)));
        for (&ip, &expires_at) in &allocation.permissions {
            self.timers.remove(&(expires_at, Timer::Permission(id, ip)));
        }
        for (&number, channel) in &allocation.channels {
            self.timers.remove(&(channel.expires_at, Timer::Channel(id, number)));
        }
        Some(allocation)
    }

    pub(super) fn set_expiry(&mut self, id: AllocationId, expires_at: Timestamp) {
        let Some(allocation) = self.get_mut(id) else { return };
        let old = core::mem::replace(&mut allocation.expires_at, expires_at);
        self.timers.remove(&(old, Timer::Allocation(id)));
        self.timers.insert((expires_at, Timer::Allocation(id)));
    }

    pub(super) fn set_phase(&mut self, id: AllocationId, phase: Phase) {
        if let Some(allocation) = self.get_mut(id) {
            allocation.phase = phase;
        }
    }

    /// Gives an allocation another relayed address, which must be free.
    pub(super) fn set_relay(&mut self, id: AllocationId, relay: RelayAddress) {
        let Some(allocation) = self.get_mut(id) else { return };
        let old = core::mem::replace(&mut allocation.relay, relay);
        self.by_relay.remove(&old.key());
        self.by_relay.insert(relay.key(), id);
    }

    /// Installs or refreshes a permission.
    pub(super) fn permit(&mut self, id: AllocationId, ip: IpAddr, expires_at: Timestamp) {
        let Some(allocation) = self.get_mut(id) else { return };
        let old = allocation.permissions.insert(ip, expires_at);
        if let Some(old) = old {
            self.timers.remove(&(old, Timer::Permission(id, ip)));
        }
        self.timers.insert((expires_at, Timer::Permission(id, ip)));
    }

    /// Binds or refreshes a channel. Neither its number nor its peer may be bound otherwise.
    pub(super) fn bind(
        &mut self,
        id: AllocationId,
        number: ChannelNumber,
        peer: PeerAddress,
        expires_at: Timestamp,
    ) {
        let Some(allocation) = self.get_mut(id) else { return };
        let old = allocation.channels.insert(number, Channel { peer, expires_at });
        allocation.numbers.insert(peer, number);
        if let Some(old) = old {
            self.timers.remove(&(old.expires_at, Timer::Channel(id, number)));
        }
        self.timers.insert((expires_at, Timer::Channel(id, number)));
    }

    /// Clears away permissions and channels that have expired by `now`; returns the first
    /// allocation that has, for the caller to remove. Call it until `None`.
    pub(super) fn expire(&mut self, now: Timestamp) -> Option<AllocationId> {
        while let Some(&(deadline, timer)) = self.timers.first()
            && deadline <= now
        {
            self.timers.pop_first();
            match timer {
                Timer::Allocation(id) => return Some(id),
                Timer::Permission(id, ip) => {
                    if let Some(allocation) = self.get_mut(id) {
                        allocation.permissions.remove(&ip);
                    }
                }
                Timer::Channel(id, number) => {
                    if let Some(allocation) = self.get_mut(id)
                        && let Some(channel) = allocation.channels.remove(&number)
                    {
                        allocation.numbers.remove(&channel.peer);
                    }
                }
            }
        }
        None
    }

    /// When the next thing expires.
    pub(super) fn next_deadline(&self) -> Option<Timestamp> {
        self.timers.first().map(|&(deadline, _)| deadline)
    }
}
