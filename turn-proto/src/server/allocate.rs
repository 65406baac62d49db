//! Creating an allocation: checks, a port, a socket that the caller opens, and then the answer
//! (RFC 8656 §7.2).

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use core::net::SocketAddr;

use sansio::Timestamp;
use stun_codec::auth::ResponseKey;
use stun_codec::shape::{AddressFamily, PasswordAlgorithm, ProtocolNumber};
use stun_codec::{ErrorCode, Method, ValueError, Verified, attr};

use super::allocation::{Allocation, Phase, Wish};
use super::event::{EndReason, Event};
use super::peer_policy;
use super::ports;
use super::request::{Asker, Granted, Refused};
use super::sides::RelayAddress;
use super::table::AllocationId;
use super::{Server, User};

/// How many ports to try when the caller cannot open the first one.
const MAX_TRIES: u8 = 8;

impl Server {
    /// `Ok(None)` when the answer has to wait for the relay's socket.
    pub(super) fn allocate(
        &mut self,
        now: Timestamp,
        asker: &Asker,
        username: &str,
        request: &Verified<'_>,
    ) -> Result<Option<Granted>, Refused> {
        let client = asker.client;
        if let Some(allocation) = self.table.of_client(client).and_then(|id| self.table.get(id)) {
            // The same request again: its answer was lost, or is not ready yet.
            return match allocation {
                same if same.transaction == asker.id && *same.username == *username => {
                    Ok(same.is_open(now).then(|| granted(same, now)))
                }
                _ => Err(ErrorCode::ALLOCATION_MISMATCH),
            };
        }
        let wish = self.wish(request)?;
        if peer_policy::is_tunnel(client.0.remote.ip()) {
            return Err(ErrorCode::FORBIDDEN);
        }
        let Some((username, user)) = self.users.get_key_value(username) else {
            return Err(ErrorCode::SERVER_ERROR);
        };
        if user.allocations >= self.config.max_allocations_per_user {
            return Err(ErrorCode::ALLOCATION_QUOTA_REACHED);
        }
        if self.table.len() >= self.config.max_allocations {
            return Err(ErrorCode::INSUFFICIENT_CAPACITY);
        }
        let relay = ports::pick(&mut self.rng, &self.config, &self.table, &wish)
            .ok_or(ErrorCode::INSUFFICIENT_CAPACITY)?;
        let username = Arc::clone(username);
        let allocation = Allocation {
            client,
            relay,
            username: Arc::clone(&username),
            transaction: asker.id,
            algorithm: asker.algorithm,
            phase: Phase::Opening(wish),
            expires_at: now + wish.lifetime,
            permissions: BTreeMap::new(),
            channels: BTreeMap::new(),
            numbers: BTreeMap::new(),
        };
        self.table.insert(allocation).ok_or(ErrorCode::INSUFFICIENT_CAPACITY)?;
        if let Some(user) = self.users.get_mut(&username) {
            user.allocations += 1;
        }
        self.events.push_back(Event::OpenRelay { relay: relay.0 });
        Ok(None)
    }

    /// What the request asks for, if that can be had at all.
    fn wish(&self, request: &Verified<'_>) -> Result<Wish, Refused> {
        match request.get(attr::REQUESTED_TRANSPORT) {
            Ok(Some(ProtocolNumber::UDP)) => {}
            Ok(Some(_)) => return Err(ErrorCode::UNSUPPORTED_TRANSPORT_PROTOCOL),
            Ok(None) | Err(_) => return Err(ErrorCode::BAD_REQUEST),
        }
        let even_port = request.get(attr::EVEN_PORT).map_err(|_| ErrorCode::BAD_REQUEST)?;
        match request.get(attr::RESERVATION_TOKEN) {
            Ok(None) => {}
            Ok(Some(_))
                if even_port.is_none() && !request.contains(attr::REQUESTED_ADDRESS_FAMILY) =>
            {
                // Nothing is ever reserved, so no token is valid.
                return Err(ErrorCode::INSUFFICIENT_CAPACITY);
            }
            _ => return Err(ErrorCode::BAD_REQUEST),
        }
        let family = match request.get(attr::REQUESTED_ADDRESS_FAMILY) {
            Ok(family) => family.unwrap_or(AddressFamily::V4),
            Err(error) if matches!(error.error, ValueError::Family { .. }) => {
                return Err(ErrorCode::ADDRESS_FAMILY_NOT_SUPPORTED);
            }
            Err(_) => return Err(ErrorCode::BAD_REQUEST),
        };
        let is_v4 = family == AddressFamily::V4;
        if !self.config.relay_addresses.iter().any(|ip| ip.is_ipv4() == is_v4) {
            return Err(ErrorCode::ADDRESS_FAMILY_NOT_SUPPORTED);
        }
        // No port is kept for anybody who has not asked for it yet.
        if even_port == Some(true) {
            return Err(ErrorCode::INSUFFICIENT_CAPACITY);
        }
        let wanted = request.get(attr::LIFETIME).map_err(|_| ErrorCode::BAD_REQUEST)?;
        let lifetime = self.lifetime(wanted);
        Ok(Wish { family, even_port: even_port.is_some(), lifetime, tries: 1 })
    }

    /// Tells what has become of [`Event::OpenRelay`]. With `ok`, the socket is bound, and the
    /// client is answered. Without, another port is tried, up to eight in all, and then the client
    /// is refused (508). For a relay that is open, `ok == false` says that its socket has failed,
    /// and the allocation ends.
    ///
    /// When the allocation has ended meanwhile, [`Event::CloseRelay`] follows.
    pub fn relay_opened(&mut self, now: Timestamp, relay: SocketAddr, ok: bool) {
        self.expire(now);
        let found = self.table.of_relay(RelayAddress(relay));
        let Some((id, allocation)) = found.and_then(|id| Some((id, self.table.get(id)?))) else {
            if ok {
                self.events.push_back(Event::CloseRelay { relay });
            }
            return;
        };
        match allocation.phase {
            Phase::Opening(wish) if ok => self.open(now, id, wish),
            Phase::Opening(wish) => self.try_another_port(id, wish),
            Phase::Open if !ok => self.end(id, EndReason::RelayFailed),
            Phase::Open => {}
        }
    }

    fn open(&mut self, now: Timestamp, id: AllocationId, wish: Wish) {
        self.table.set_phase(id, Phase::Open);
        self.table.set_expiry(id, now + wish.lifetime);
        let Some(allocation) = self.table.get(id) else { return };
        let Some(asker) = self.asker_of(allocation) else { return };
        let granted = granted(allocation, now);
        self.events.push_back(Event::AllocationCreated {
            client: allocation.client.0,
            relay: allocation.relay.0,
            username: Arc::clone(&allocation.username),
        });
        self.grant(&asker, granted);
    }

    fn try_another_port(&mut self, id: AllocationId, wish: Wish) {
        // The port that has failed is still taken, so it is not picked again at once.
        let picked = if wish.tries < MAX_TRIES {
            ports::pick(&mut self.rng, &self.config, &self.table, &wish)
        } else {
            None
        };
        if let Some(relay) = picked {
            self.table.set_relay(id, relay);
            self.table.set_phase(id, Phase::Opening(Wish { tries: wish.tries + 1, ..wish }));
            self.events.push_back(Event::OpenRelay { relay: relay.0 });
            return;
        }
        let asker = self.table.get(id).and_then(|allocation| self.asker_of(allocation));
        self.forget(id);
        if let Some(asker) = asker {
            self.refuse(&asker, ErrorCode::INSUFFICIENT_CAPACITY);
        }
    }

    /// Who asked for this allocation.
    fn asker_of(&self, allocation: &Allocation) -> Option<Asker> {
        let User { keys, .. } = self.users.get(&allocation.username)?;
        let &Allocation { client, transaction: id, algorithm, .. } = allocation;
        let key = keys.made_with(algorithm.unwrap_or(PasswordAlgorithm::Md5))?;
        let response_key = ResponseKey::long_term(key, algorithm);
        Some(Asker { client, method: Method::ALLOCATE, id, algorithm, response_key })
    }

    /// Removes an allocation and tells the caller.
    pub(super) fn end(&mut self, id: AllocationId, reason: EndReason) {
        let Some(allocation) = self.forget(id) else { return };
        let (client, relay) = (allocation.client.0, allocation.relay.0);
        self.events.push_back(Event::CloseRelay { relay });
        if allocation.phase == Phase::Open {
            let username = allocation.username;
            self.events.push_back(Event::AllocationEnded { client, relay, username, reason });
        }
    }

    fn forget(&mut self, id: AllocationId) -> Option<Allocation> {
        let allocation = self.table.remove(id)?;
        if let Some(user) = self.users.get_mut(&allocation.username) {
            user.allocations -= 1;
        }
        Some(allocation)
    }
}

fn granted(allocation: &Allocation, now: Timestamp) -> Granted {
    Granted {
        relayed: Some(allocation.relay.0),
        mapped: Some(allocation.client.mapped()),
        lifetime: Some(allocation.expires_at - now),
    }
}
