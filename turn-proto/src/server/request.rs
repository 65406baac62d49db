//! Requests of clients, from the first look to the answer.

use alloc::collections::BTreeSet;
use alloc::sync::Arc;
use core::net::{IpAddr, SocketAddr};
use core::time::Duration;

use bytes::Bytes;
use sansio::{Timestamp, Transmit};
use stun_codec::auth::ResponseKey;
use stun_codec::auth::long_term::{Authenticated, Claim, Rejection, User};
use stun_codec::channel_data::ChannelNumber;
use stun_codec::shape::{AddressFamily, PasswordAlgorithm, Shape as _, XorAddress};
use stun_codec::{Class, ErrorCode, Message, MessageBuilder, MessageType, Method};
use stun_codec::{TransactionId, Verified, attr};

use super::Server;
use super::allocation::{Allocation, CHANNEL_LIFETIME, PERMISSION_LIFETIME};
use super::event::EndReason;
use super::sides::{ClientPath, PeerAddress};
use super::table::AllocationId;
use crate::known;

/// Enough for the longest answer: REALM or SOFTWARE of 763 bytes, and some 150 for everything else.
const CAPACITY: usize = 1024;

/// Who is to be answered, and how the answer is signed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asker {
    pub(super) client: ClientPath,
    pub(super) method: Method,
    pub(super) id: TransactionId,
    /// The algorithm that the request names, if any.
    pub(super) algorithm: Option<PasswordAlgorithm>,
    pub(super) response_key: ResponseKey,
}

/// What a success response says.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Granted {
    pub(super) relayed: Option<SocketAddr>,
    pub(super) mapped: Option<SocketAddr>,
    pub(super) lifetime: Option<Duration>,
}

/// Why a request is refused.
pub(super) type Refused = ErrorCode<'static>;

impl Server {
    pub(super) fn handle_request(
        &mut self,
        now: Timestamp,
        client: ClientPath,
        request: &Message<'_>,
    ) {
        let method = request.method();
        match method {
            Method::BINDING => return self.answer_binding(client, request),
            Method::ALLOCATE
            | Method::REFRESH
            | Method::CREATE_PERMISSION
            | Method::CHANNEL_BIND => {}
            _ => {
                self.stats.unexpected += 1;
                return;
            }
        }
        let users = &self.users;
        let key_of = |Claim { user, algorithm }: Claim<'_>| {
            let User::Name(name) = user else { return None };
            let (name, user) = users.get_key_value(name)?;
            Some((Arc::clone(name), user.keys.made_with(algorithm)?))
        };
        let Authenticated { request, user: username, algorithm, response_key } =
            match self.authenticator.authenticate(now, client.0, request, key_of) {
                Ok(authenticated) => authenticated,
                Err(rejection) => return self.reject(now, client, request, rejection),
            };
        let id = request.transaction_id();
        let asker = Asker { client, method, id, algorithm, response_key };
        if self.refuse_unknown(&asker, &request) {
            return;
        }
        // What has expired must not count against a limit, nor stand in the way.
        self.expire(now);
        let outcome = match method {
            Method::ALLOCATE => self.allocate(now, &asker, &username, &request),
            Method::REFRESH => self.refresh(now, client, &username, &request).map(Some),
            Method::CREATE_PERMISSION => {
                self.create_permission(now, client, &username, &request).map(Some)
            }
            _ => self.bind_channel(now, client, &username, &request).map(Some),
        };
        match outcome {
            Ok(Some(granted)) => self.grant(&asker, granted),
            Ok(None) => {}
            Err(error) => self.refuse(&asker, error),
        }
    }

    /// The server is a STUN server too (RFC 8489 §2): the answer is as short as can be, since
    /// whom it reaches is not known.
    fn answer_binding(&mut self, client: ClientPath, request: &Message<'_>) {
        let mut buffer = [0; CAPACITY];
        let answer = if let Some(refusal) = request.refuse_unknown(known::is_known, &mut buffer) {
            self.stats.rejected += 1;
            refusal.finish()
        } else {
            self.stats.bindings += 1;
            MessageBuilder::success(request, &mut buffer)
                .put(attr::XOR_MAPPED_ADDRESS, client.mapped())
                .finish()
        };
        if let Ok(answer) = answer {
            self.send(client, answer);
        }
    }

    fn reject(
        &mut self,
        now: Timestamp,
        client: ClientPath,
        request: &Message<'_>,
        rejection: Rejection,
    ) {
        match rejection {
            Rejection::Unauthenticated => self.stats.unauthenticated += 1,
            Rejection::StaleNonce => self.stats.stale_nonces += 1,
            Rejection::BadRequest => self.stats.rejected += 1,
        }
        let mut buffer = [0; CAPACITY];
        let answer = self.authenticator.reject(now, client.0, request, rejection, &mut buffer);
        if let Ok(answer) = answer {
            self.send(client, answer);
        }
    }

    /// RFC 8656 §8.2.
    fn refresh(
        &mut self,
        now: Timestamp,
        client: ClientPath,
        username: &str,
        request: &Verified<'_>,
    ) -> Result<Granted, Refused> {
        let (id, allocation) = self.allocation_of(client, username)?;
        let is_open = allocation.is_open(now);
        let family = AddressFamily::of(&allocation.relay.0);
        match request.get(attr::REQUESTED_ADDRESS_FAMILY) {
            Ok(Some(wanted)) if wanted != family => {
                return Err(ErrorCode::PEER_ADDRESS_FAMILY_MISMATCH);
            }
            Ok(_) => {}
            Err(_) => return Err(ErrorCode::BAD_REQUEST),
        }
        let wanted = request.get(attr::LIFETIME).map_err(|_| ErrorCode::BAD_REQUEST)?;
        if wanted == Some(Duration::ZERO) {
            self.end(id, EndReason::Released);
            return Ok(Granted { lifetime: wanted, ..Granted::default() });
        }
        if !is_open {
            return Err(ErrorCode::ALLOCATION_MISMATCH);
        }
        let lifetime = self.lifetime(wanted);
        self.table.set_expiry(id, now + lifetime);
        Ok(Granted { lifetime: Some(lifetime), ..Granted::default() })
    }

    /// The lifetime that is granted to somebody who wants this one (RFC 8656 §7.2).
    pub(super) fn lifetime(&self, wanted: Option<Duration>) -> Duration {
        let longest = wanted.unwrap_or_default().min(self.config.max_lifetime);
        longest.max(self.config.default_lifetime)
    }

    /// RFC 8656 §10.2: all of them or none.
    fn create_permission(
        &mut self,
        now: Timestamp,
        client: ClientPath,
        username: &str,
        request: &Verified<'_>,
    ) -> Result<Granted, Refused> {
        let (id, allocation) = self.open_allocation_of(now, client, username)?;
        let relay = allocation.relay;
        let known = &allocation.permissions;
        let mut peers: BTreeSet<IpAddr> = BTreeSet::new();
        let mut room = self.config.max_permissions.saturating_sub(known.len());
        let wanted = attr::XOR_PEER_ADDRESS.attribute_type();
        for raw in request.attributes().filter(|raw| raw.attribute_type == wanted) {
            let peer = XorAddress::decode(raw.value, request.transaction_id())
                .map_err(|_| ErrorCode::BAD_REQUEST)?
                .ip();
            if !relay.has_family_of(peer) {
                return Err(ErrorCode::PEER_ADDRESS_FAMILY_MISMATCH);
            }
            if !self.may_permit(peer) {
                return Err(ErrorCode::FORBIDDEN);
            }
            if peers.insert(peer) && !known.contains_key(&peer) {
                room = room.checked_sub(1).ok_or(ErrorCode::INSUFFICIENT_CAPACITY)?;
            }
        }
        if peers.is_empty() {
            return Err(ErrorCode::BAD_REQUEST);
        }
        for peer in peers {
            self.table.permit(id, peer, now + PERMISSION_LIFETIME);
        }
        Ok(Granted::default())
    }

    /// RFC 8656 §12.2.
    fn bind_channel(
        &mut self,
        now: Timestamp,
        client: ClientPath,
        username: &str,
        request: &Verified<'_>,
    ) -> Result<Granted, Refused> {
        let (id, allocation) = self.open_allocation_of(now, client, username)?;
        let (Ok(Some(number)), Ok(Some(peer))) =
            (request.get(attr::CHANNEL_NUMBER), request.get(attr::XOR_PEER_ADDRESS))
        else {
            return Err(ErrorCode::BAD_REQUEST);
        };
        let number = ChannelNumber::new(number).ok_or(ErrorCode::BAD_REQUEST)?;
        let peer = PeerAddress::new(peer);
        let bound = allocation.peer_of(now, number);
        if bound.is_some_and(|bound| bound != peer)
            || allocation.channel_of(now, peer).is_some_and(|channel| channel != number)
        {
            return Err(ErrorCode::BAD_REQUEST);
        }
        if !allocation.relay.has_family_of(peer.ip()) {
            return Err(ErrorCode::PEER_ADDRESS_FAMILY_MISMATCH);
        }
        if !self.may_permit(peer.ip()) || !self.reaches(allocation.relay, peer) {
            return Err(ErrorCode::FORBIDDEN);
        }
        let is_permitted = allocation.permissions.contains_key(&peer.ip());
        if bound.is_none() && allocation.channels.len() >= self.config.max_channels
            || !is_permitted && allocation.permissions.len() >= self.config.max_permissions
        {
            return Err(ErrorCode::INSUFFICIENT_CAPACITY);
        }
        self.table.bind(id, number, peer, now + CHANNEL_LIFETIME);
        self.table.permit(id, peer.ip(), now + PERMISSION_LIFETIME);
        Ok(Granted::default())
    }

    /// The client's allocation, if it is this user's (RFC 8656 §5).
    fn allocation_of(
        &self,
        client: ClientPath,
        username: &str,
    ) -> Result<(AllocationId, &Allocation), Refused> {
        let found = self.table.of_client(client).and_then(|id| Some((id, self.table.get(id)?)));
        match found {
            None => Err(ErrorCode::ALLOCATION_MISMATCH),
            Some((_, allocation)) if *allocation.username != *username => {
                Err(ErrorCode::WRONG_CREDENTIALS)
            }
            Some(found) => Ok(found),
        }
    }

    fn open_allocation_of(
        &self,
        now: Timestamp,
        client: ClientPath,
        username: &str,
    ) -> Result<(AllocationId, &Allocation), Refused> {
        let found = self.allocation_of(client, username)?;
        if found.1.is_open(now) { Ok(found) } else { Err(ErrorCode::ALLOCATION_MISMATCH) }
    }

    pub(super) fn grant(&mut self, asker: &Asker, granted: Granted) {
        self.stats.granted += 1;
        let message_type = MessageType::new(Class::Success, asker.method);
        let mut buffer = [0; CAPACITY];
        let answer = MessageBuilder::new(message_type, asker.id, &mut buffer)
            .put_some(attr::XOR_RELAYED_ADDRESS, granted.relayed)
            .put_some(attr::LIFETIME, granted.lifetime)
            .put_some(attr::XOR_MAPPED_ADDRESS, granted.mapped)
            .put_some(attr::SOFTWARE, self.software_for(asker.method));
        let answer = asker.response_key.sign(answer).finish();
        if let Ok(answer) = answer {
            self.send(asker.client, answer);
        }
    }

    /// Whether the request demands what nobody here knows; it has been answered then.
    fn refuse_unknown(&mut self, asker: &Asker, request: &Message<'_>) -> bool {
        let mut buffer = [0; 128];
        let Some(refusal) = request.refuse_unknown(known::is_known, &mut buffer) else {
            return false;
        };
        self.stats.rejected += 1;
        if let Ok(answer) = asker.response_key.sign(refusal).finish() {
            self.send(asker.client, answer);
        }
        true
    }

    pub(super) fn refuse(&mut self, asker: &Asker, error: Refused) {
        match error.code() {
            403 => self.stats.forbidden += 1,
            486 | 508 => self.stats.over_limit += 1,
            _ => self.stats.rejected += 1,
        }
        let message_type = MessageType::new(Class::Error, asker.method);
        let mut buffer = [0; CAPACITY];
        let answer = MessageBuilder::new(message_type, asker.id, &mut buffer)
            .put(attr::ERROR_CODE, error)
            .put_some(attr::SOFTWARE, self.software_for(asker.method));
        let answer = asker.response_key.sign(answer).finish();
        if let Ok(answer) = answer {
            self.send(asker.client, answer);
        }
    }

    fn software_for(&self, method: Method) -> Option<&str> {
        match method {
            Method::ALLOCATE | Method::REFRESH => self.config.software.as_deref(),
            _ => None,
        }
    }

    fn send(&mut self, client: ClientPath, answer: &[u8]) {
        self.transmits.push_back(Transmit::new(client.0, Bytes::copy_from_slice(answer)));
    }

    /// Ends what has expired.
    pub(super) fn expire(&mut self, now: Timestamp) {
        while let Some(id) = self.table.expire(now) {
            self.end(id, EndReason::Expired);
        }
    }
}
