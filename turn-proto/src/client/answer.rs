//! What the client makes of the server's answers, and of their absence.

use core::net::{IpAddr, SocketAddr};
use core::time::Duration;

use sansio::Timestamp;
use stun_codec::auth::long_term::{Session, SessionError};
use stun_codec::shape::AddressFamily;
use stun_codec::{Class, Message, attr};

use super::peers::Standing;
use super::request::{Pending, Release, Request};
use super::{
    ALLOCATION_MARGIN, Allocation, CHANNEL_REFRESH, Client, Event, Failure, PERMISSION_REFRESH,
    State, Timer,
};
use crate::known;

/// How many times a request is sent again with fresh credentials.
const MAX_REFUSALS: u8 = 5;

impl Client {
    pub(super) fn handle_answer(&mut self, now: Timestamp, message: &Message<'_>) {
        let Self { transactions, session, five_tuple, .. } = self;
        let accepts = |message: &Message<'_>, _: &Pending| session.accepts(message).then_some(());
        let Some(answer) = transactions.handle_message(now, *five_tuple, message, accepts) else {
            return;
        };
        let pending = answer.context;
        if !message.unknown_required(known::is_known).is_empty() {
            self.handle_failure(now, pending.request, Failure::MalformedResponse);
        } else if message.class() == Class::Success {
            self.session.handle_success();
            self.handle_success(now, pending, message);
        } else {
            self.handle_error(now, pending, message);
        }
    }

    fn handle_success(&mut self, now: Timestamp, pending: Pending, message: &Message<'_>) {
        match pending.request {
            Request::Allocate => self.handle_allocated(now, pending.sent, message),
            Request::Refresh => match message.get(attr::LIFETIME) {
                Ok(Some(lifetime)) if lifetime > Duration::ZERO => {
                    self.keep_allocation(now, pending.sent, lifetime);
                }
                _ => self.lose(Failure::MalformedResponse),
            },
            Request::Release(why) => self.handle_released(now, why),
            Request::CreatePermission(peer) => self.keep_permission(pending.sent, peer),
            Request::ChannelBind(peer, _) => self.keep_channel(pending.sent, peer),
        }
    }

    fn handle_allocated(&mut self, now: Timestamp, sent: Timestamp, message: &Message<'_>) {
        let (Ok(Some(relayed)), Ok(Some(mapped)), Ok(Some(lifetime))) = (
            message.get(attr::XOR_RELAYED_ADDRESS),
            message.get(attr::XOR_MAPPED_ADDRESS),
            message.get(attr::LIFETIME),
        ) else {
            return self.refuse_allocation(now, Failure::MalformedResponse);
        };
        if lifetime == Duration::ZERO || !is_usable(relayed) {
            return self.refuse_allocation(now, Failure::MalformedResponse);
        }
        if self.config.address_family.is_some_and(|family| family != AddressFamily::of(&relayed)) {
            return self.refuse_allocation(now, Failure::AddressFamily);
        }
        self.state = State::Allocated(Allocation { relayed, mapped, expires_at: now });
        self.keep_allocation(now, sent, lifetime);
        self.events.push_back(Event::Allocated { relayed, mapped, lifetime });
        for peer in self.peers.wanted_permissions() {
            self.ask_permission(now, peer);
        }
        for peer in self.peers.wanted_channels() {
            self.ask_channel(now, peer);
        }
    }

    /// An allocation that cannot be used must not be kept (RFC 8656 §7.3).
    fn refuse_allocation(&mut self, now: Timestamp, reason: Failure) {
        self.events.push_back(Event::AllocationFailed(reason));
        self.give_up(now, Release::Unusable, State::Idle);
    }

    fn keep_allocation(&mut self, now: Timestamp, sent: Timestamp, lifetime: Duration) {
        let State::Allocated(allocation) = &mut self.state else { return };
        self.timers.remove(&(allocation.expires_at, Timer::Expiry));
        // The server's clock has started between the request and now. The one to be on time with
        // is the earliest, the one to give up by the latest.
        allocation.expires_at = now + lifetime;
        self.timers.insert((allocation.expires_at, Timer::Expiry));
        let wait = lifetime.saturating_sub(ALLOCATION_MARGIN).max(lifetime / 2);
        self.timers.insert((sent + wait, Timer::Refresh));
    }

    fn keep_permission(&mut self, sent: Timestamp, peer: IpAddr) {
        let standing = self.peers.permission_mut(peer);
        let is_new = !standing.granted;
        let refresh_at = sent + PERMISSION_REFRESH;
        let old = standing.refresh_at;
        *standing = Standing { granted: true, wanted: true, refresh_at: Some(refresh_at) };
        self.set_timer(Timer::Permission(peer), old, Some(refresh_at));
        if is_new {
            self.events.push_back(Event::PermissionCreated { peer });
        }
    }

    fn keep_channel(&mut self, sent: Timestamp, peer: SocketAddr) {
        self.keep_permission(sent, peer.ip());
        let Some((channel, standing)) = self.peers.channel_mut(peer) else { return };
        let is_new = !standing.granted;
        let refresh_at = sent + CHANNEL_REFRESH;
        let old = standing.refresh_at;
        *standing = Standing { granted: true, wanted: true, refresh_at: Some(refresh_at) };
        self.set_timer(Timer::Channel(peer), old, Some(refresh_at));
        if is_new {
            self.events.push_back(Event::ChannelBound { peer, channel });
        }
    }

    fn set_timer(&mut self, timer: Timer, old: Option<Timestamp>, new: Option<Timestamp>) {
        if let Some(old) = old {
            self.timers.remove(&(old, timer));
        }
        if let Some(new) = new {
            self.timers.insert((new, timer));
        }
    }

    fn handle_released(&mut self, now: Timestamp, why: Release) {
        match why {
            Release::Close => {
                self.state = State::Idle;
                self.events.push_back(Event::Closed);
            }
            Release::Leftover => self.start(now, Request::Allocate, 0),
            Release::Unusable => {}
        }
    }

    fn handle_error(&mut self, now: Timestamp, pending: Pending, message: &Message<'_>) {
        let request = pending.request;
        let Ok(Some(error)) = message.get(attr::ERROR_CODE) else {
            return self.handle_failure(now, request, Failure::MalformedResponse);
        };
        match (error.code(), request) {
            (401 | 438, _) => self.handle_refusal(now, pending, message),
            (300, Request::Allocate) => self.follow(now, message),
            (437, Request::Allocate) if !self.cleared => {
                self.cleared = true;
                self.start(now, Request::Release(Release::Leftover), 0);
            }
            // There is nothing to delete: as good as deleted (RFC 8656 §8.3).
            (437, Request::Release(why)) => self.handle_released(now, why),
            (437, Request::Refresh | Request::CreatePermission(_) | Request::ChannelBind(..)) => {
                self.lose(Failure::Rejected(437));
            }
            (code, _) => self.handle_failure(now, request, Failure::Rejected(code)),
        }
    }

    /// Tries again with the realm and the nonce that the server has told, within bounds.
    fn handle_refusal(&mut self, now: Timestamp, pending: Pending, message: &Message<'_>) {
        let Pending { request, refusals, challenges, .. } = pending;
        if refusals >= MAX_REFUSALS {
            let error = SessionError::TooManyRefusals(refusals);
            return self.handle_failure(now, request, Failure::Credentials(error));
        }
        // When several requests are refused for one old nonce, the first refusal brings a new
        // one, and the others need only be signed with it.
        if challenges == self.challenges {
            match self.session.handle_error(message) {
                Ok(()) => self.challenges = self.challenges.wrapping_add(1),
                Err(error) => {
                    return self.handle_failure(now, request, Failure::Credentials(error));
                }
            }
        }
        self.start(now, request, refusals + 1);
    }

    /// Asks the server that this one points to (RFC 8489 §10), but none twice.
    fn follow(&mut self, now: Timestamp, message: &Message<'_>) {
        match self.redirections.follow(now, self.five_tuple, message) {
            Ok(alternate) => {
                self.five_tuple.remote = alternate.server;
                self.session = Session::new(self.config.credentials.clone());
                self.challenges = 0;
                self.start(now, Request::Allocate, 0);
            }
            Err(_) => self.handle_failure(now, Request::Allocate, Failure::Redirect),
        }
    }

    pub(super) fn handle_failure(&mut self, now: Timestamp, request: Request, reason: Failure) {
        match request {
            Request::Allocate => self.fail(reason),
            Request::Release(Release::Leftover) => self.fail(Failure::Rejected(437)),
            Request::Release(why) => self.handle_released(now, why),
            Request::Refresh => match reason {
                // The server may come back before the lifetime is over.
                Failure::TimedOut | Failure::IntegrityViolated => self.start(now, request, 0),
                _ => self.lose(reason),
            },
            Request::CreatePermission(peer) => self.drop_permission(peer, reason),
            Request::ChannelBind(peer, _) => self.drop_channel(peer, reason),
        }
    }

    fn fail(&mut self, reason: Failure) {
        self.reset();
        self.state = State::Idle;
        self.events.push_back(Event::AllocationFailed(reason));
    }

    pub(super) fn drop_permission(&mut self, peer: IpAddr, reason: Failure) {
        let standing = self.peers.remove_permission(peer);
        self.set_timer(Timer::Permission(peer), standing.refresh_at, None);
        self.events.push_back(Event::PermissionFailed { peer, reason });
    }

    pub(super) fn drop_channel(&mut self, peer: SocketAddr, reason: Failure) {
        let Some((_, standing)) = self.peers.channel_mut(peer) else { return };
        let old = core::mem::take(standing).refresh_at;
        self.set_timer(Timer::Channel(peer), old, None);
        self.events.push_back(Event::ChannelFailed { peer, reason });
    }
}

/// Whether datagrams can be sent to this address at all.
fn is_usable(address: SocketAddr) -> bool {
    address.port() != 0 && !address.ip().is_unspecified() && !address.ip().is_multicast()
}
