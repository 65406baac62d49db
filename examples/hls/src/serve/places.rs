//! Places that clients take, fairly: when all are taken, the client that has the most of them gives one up
//! for a client that has fewer. So nobody keeps others out, and who is alone, or stands for many behind one
//! address, may have all of them.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// A number of places.
#[derive(Debug)]
pub(super) struct Places {
    count: usize,
    /// Goes up with each use of any place, and so tells which was used before which.
    uses: AtomicU64,
    /// By client, and by number.
    taken: Mutex<BTreeMap<IpAddr, BTreeMap<u64, Arc<Holder>>>>,
}

/// A place that is taken, until this is dropped or somebody else needs it.
#[derive(Debug)]
pub(super) struct Place {
    places: Arc<Places>,
    client: IpAddr,
    number: u64,
    holder: Arc<Holder>,
}

#[derive(Debug)]
struct Holder {
    last_use: AtomicU64,
    is_wanted: Notify,
}

impl Places {
    pub(super) fn new(count: usize) -> Arc<Self> {
        Arc::new(Self { count, uses: AtomicU64::new(0), taken: Mutex::default() })
    }

    /// Takes a place for whoever is at an address; `None` when all are taken, and no other client has so
    /// many that one of them is due to this one.
    pub(super) fn take(self: &Arc<Self>, peer: IpAddr) -> Option<Place> {
        let client = client(peer);
        let mut taken = self.taken();
        if taken.values().map(BTreeMap::len).sum::<usize>() >= self.count {
            let own = taken.get(&client).map_or(0, BTreeMap::len);
            let most = taken.values_mut().max_by_key(|places| places.len())?;
            // With one more here and one less there, this client has no more than that one.
            if most.len() < own + 2 {
                return None;
            }
            let last_use = |(_, holder): &(&u64, &Arc<Holder>)| holder.last_use();
            let (&number, _) = most.iter().min_by_key(last_use)?;
            most.remove(&number)?.is_wanted.notify_one();
        }
        let number = self.next_use();
        let (last_use, is_wanted) = (AtomicU64::new(number), Notify::new());
        let holder = Arc::new(Holder { last_use, is_wanted });
        taken.entry(client).or_default().insert(number, Arc::clone(&holder));
        Some(Place { places: Arc::clone(self), client, number, holder })
    }

    fn next_use(&self) -> u64 {
        self.uses.fetch_add(1, Ordering::Relaxed)
    }

    fn taken(&self) -> MutexGuard<'_, BTreeMap<IpAddr, BTreeMap<u64, Arc<Holder>>>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// It is of use just now: of a client's places, the one that was of no use for the longest time goes
    /// first.
    pub(super) fn used(&self) {
        self.holder.last_use.store(self.places.next_use(), Ordering::Relaxed);
    }

    /// Ends when it is another client's.
    pub(super) async fn is_wanted(&self) {
        self.holder.is_wanted.notified().await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken();
        if let Some(own) = taken.get_mut(&self.client) {
            own.remove(&self.number);
            if own.is_empty() {
                taken.remove(&self.client);
            }
        }
    }
}

impl Holder {
    fn last_use(&self) -> u64 {
        self.last_use.load(Ordering::Relaxed)
    }
}

/// An IPv4 address is a client. Of IPv6 addresses everybody has a network of 64 bits, which is one.
fn client(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(address) => {
            let network = u128::from(address) >> 64 << 64;
            Ipv6Addr::from(network).into()
        }
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const FIRST: &str = "192.0.2.1";
    const SECOND: &str = "192.0.2.2";

    fn take(places: &Arc<Places>, peer: &str) -> Option<Place> {
        places.take(peer.parse().unwrap())
    }

    async fn is_wanted(place: &Place) -> bool {
        tokio::time::timeout(Duration::ZERO, place.is_wanted()).await.is_ok()
    }

    #[tokio::test]
    async fn who_has_the_most_gives_up_what_was_of_no_use_for_the_longest_time() {
        let places = Places::new(4);
        let mut first: Vec<Place> = (0..4).map(|_| take(&places, FIRST).unwrap()).collect();
        assert!(take(&places, FIRST).is_none(), "all are taken");
        first[0].used();
        let _second = take(&places, SECOND).unwrap();
        assert!(is_wanted(&first[1]).await);
        for still_there in [0, 2, 3] {
            assert!(!is_wanted(&first[still_there]).await, "{still_there}");
        }
        let _another = take(&places, SECOND).unwrap();
        assert!(is_wanted(&first[2]).await);
        assert!(take(&places, SECOND).is_none(), "they have as many as each other");
        assert!(take(&places, FIRST).is_none());
        // That it ends does not free what is another's already.
        first.remove(1);
        assert!(take(&places, SECOND).is_none());
        first.remove(0);
        assert!(take(&places, FIRST).is_some(), "it is free now");
    }

    #[test]
    fn a_client_is_an_address_or_a_network_of_64_bits() {
        for (one, other, are_one) in [
            ("2001:db8::1", "2001:db8::ffff:1", true),
            ("2001:db8::1", "2001:db8:0:1::1", false),
            ("192.0.2.1", "::ffff:192.0.2.1", true),
            ("::ffff:192.0.2.1", "::ffff:192.0.2.2", false),
            ("192.0.2.1", "192.0.2.2", false),
        ] {
            let places = Places::new(2);
            let _places = [take(&places, one).unwrap(), take(&places, one).unwrap()];
            assert_eq!(take(&places, other).is_none(), are_one, "{one} {other}");
        }
    }

    #[test]
    fn nothing_is_kept_of_who_has_gone() {
        let places = Places::new(2);
        for number in 0..100_u8 {
            drop(places.take([192, 0, 2, number].into()));
        }
        assert!(places.taken().is_empty());
    }
}
