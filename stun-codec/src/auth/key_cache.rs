//! Keys that a server makes for each user, kept for the next request: passwords that follow from
//! the username, or come from far away. Its memory is bounded, whatever strangers ask for.
//!
//! ```
//! use stun_codec::auth::key_cache::KeyCache;
//! use stun_codec::shape::PasswordAlgorithm::Md5;
//! use stun_codec::Key;
//!
//! let mut cache = KeyCache::new(1000);
//! let derive = || Some(Key::long_term("alice", "example.org", "wonderland"));
//! assert!(cache.key(Md5, "example.org", "alice", derive).is_some());
//! assert!(cache.key(Md5, "example.org", "alice", || unreachable!()).is_some());
//! ```

use alloc::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use crate::integrity::Key;
use crate::shape::PasswordAlgorithm;

/// The keys that were used last, some 250 bytes each, however long the names are.
#[derive(Clone, Debug)]
pub struct KeyCache {
    capacity: usize,
    entries: BTreeMap<Id, Entry>,
    /// Which entry was used when; the one that was not used for longest comes first.
    order: BTreeMap<u64, Id>,
    uses: u64,
}

/// A hash of algorithm, realm and username.
type Id = [u8; 32];

#[derive(Clone, Copy, Debug)]
struct Entry {
    key: Key,
    used: u64,
}

impl KeyCache {
    /// A cache of at most `capacity` keys.
    #[must_use]
    pub const fn new(capacity: usize) -> Self {
        Self { capacity, entries: BTreeMap::new(), order: BTreeMap::new(), uses: 0 }
    }

    /// The key of this user, made by `derive` unless it is held. When there is no such user,
    /// nothing is kept: a flood of unknown names drives nobody out.
    pub fn key(
        &mut self,
        algorithm: PasswordAlgorithm,
        realm: &str,
        username: &str,
        derive: impl FnOnce() -> Option<Key>,
    ) -> Option<Key> {
        let id = id(algorithm, realm, username);
        let key = match self.take(&id) {
            Some(key) => key,
            None => derive()?,
        };
        if self.capacity == 0 {
            return Some(key);
        }
        if self.entries.len() >= self.capacity
            && let Some((_, oldest)) = self.order.pop_first()
        {
            self.entries.remove(&oldest);
        }
        self.uses += 1;
        self.order.insert(self.uses, id);
        self.entries.insert(id, Entry { key, used: self.uses });
        Some(key)
    }

    /// Forgets the keys of this user, say when the password has changed.
    pub fn forget(&mut self, realm: &str, username: &str) {
        for algorithm in [PasswordAlgorithm::Md5, PasswordAlgorithm::Sha256] {
            self.take(&id(algorithm, realm, username));
        }
    }

    /// How many keys are held.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether none is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn take(&mut self, id: &Id) -> Option<Key> {
        let Entry { key, used } = self.entries.remove(id)?;
        self.order.remove(&used);
        Some(key)
    }
}

fn id(algorithm: PasswordAlgorithm, realm: &str, username: &str) -> Id {
    Sha256::new()
        .chain_update(algorithm.number().to_be_bytes())
        // Where the one ends and the other begins.
        .chain_update((realm.len() as u64).to_be_bytes())
        .chain_update(realm)
        .chain_update(username)
        .finalize()
        .into()
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::format;

    use super::*;
    use crate::shape::PasswordAlgorithm::{Md5, Sha256};

    fn is_held(cache: &mut KeyCache, realm: &str, username: &str) -> bool {
        let mut held = true;
        cache.key(Md5, realm, username, || {
            held = false;
            None
        });
        held
    }

    fn add(cache: &mut KeyCache, realm: &str, username: &str) {
        cache.key(Md5, realm, username, || Some(Key::short_term(username)));
    }

    #[test]
    fn s26_a_million_users_and_realms_take_the_room_of_a_hundred() {
        let mut cache = KeyCache::new(100);
        for number in 0..1_000_000_u32 {
            let key = Key::from_bytes(&[]);
            let (realm, name) = (format!("{}", number % 1000), format!("{number}"));
            cache.key(Md5, &realm, &name, || Some(key));
        }
        assert_eq!((cache.len(), cache.order.len()), (100, 100));
        assert!(is_held(&mut cache, "999", "999999"));
        assert!(!is_held(&mut cache, "899", "999899"));
    }

    #[test]
    fn s26_unknown_users_drive_nobody_out() {
        let mut cache = KeyCache::new(1);
        add(&mut cache, "realm", "alice");
        for number in 0..1000 {
            assert!(cache.key(Md5, "realm", &format!("{number}"), || None).is_none());
        }
        assert!(is_held(&mut cache, "realm", "alice"));
    }

    #[test]
    fn the_one_that_was_not_used_for_longest_goes() {
        let mut cache = KeyCache::new(2);
        add(&mut cache, "realm", "alice");
        add(&mut cache, "realm", "bob");
        assert!(is_held(&mut cache, "realm", "alice"));
        add(&mut cache, "realm", "carol");
        assert!(is_held(&mut cache, "realm", "alice"));
        assert!(!is_held(&mut cache, "realm", "bob"));
    }

    #[test]
    fn realm_user_and_algorithm_are_told_apart_and_a_user_can_be_forgotten() {
        let mut cache = KeyCache::new(10);
        add(&mut cache, "ab", "c");
        assert!(!is_held(&mut cache, "a", "bc"));
        assert!(cache.key(Sha256, "ab", "c", || None).is_none());
        cache.forget("ab", "c");
        assert!(!is_held(&mut cache, "ab", "c") && cache.is_empty());
        let mut nothing = KeyCache::new(0);
        add(&mut nothing, "ab", "c");
        assert!(nothing.is_empty());
    }
}
