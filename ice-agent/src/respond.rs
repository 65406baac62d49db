//! Checks that the peer sends (RFC 8445 §7.3).

use alloc::borrow::ToOwned as _;
use alloc::string::String;

use bytes::Bytes;
use sansio::{FiveTuple, Timestamp, Transmit};
use stun_codec::attr::{self, AttributeType};
use stun_codec::{ErrorCode, Message, MessageBuilder, Verified};

use crate::agent::Agent;
use crate::candidates::LocalCandidate;
use crate::check::MAX_SWITCHES;
use crate::pair::{PairId, PairState};
use crate::role::{Conflict, Role, settle};

/// A check that came before the peer's credentials did: it was answered, and its lessons are
/// drawn when they come (RFC 8445 §7.3).
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct EarlyCheck {
    /// Whose it was, by its USERNAME: one of several peers may turn out to be ours.
    ufrag: String,
    lesson: Lesson,
}

/// What an authentic check teaches.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Lesson {
    five_tuple: FiveTuple,
    priority: u32,
    nominates: bool,
}

/// How many early checks are remembered; further ones are answered, and sent again by the peer.
const MAX_EARLY_CHECKS: usize = 32;

/// The attributes of a check that this agent understands.
fn is_known(attribute: AttributeType) -> bool {
    [
        attr::USERNAME.attribute_type(),
        attr::PRIORITY.attribute_type(),
        attr::USE_CANDIDATE.attribute_type(),
        AttributeType::MESSAGE_INTEGRITY,
        AttributeType::MESSAGE_INTEGRITY_SHA256,
    ]
    .contains(&attribute)
}

impl Agent {
    /// Answers a Binding request, and learns from it.
    pub(crate) fn handle_request(
        &mut self,
        now: Timestamp,
        five_tuple: FiveTuple,
        request: &Message<'_>,
    ) {
        // ICE requires FINGERPRINT (RFC 8445 §7.1); without it this need not even be STUN.
        if self.over || request.verify_fingerprint() != Ok(true) {
            self.stats.datagrams_dropped += 1;
            return;
        }
        if !request.has_integrity() || !request.contains(attr::USERNAME) {
            self.refuse(five_tuple, request, ErrorCode::BAD_REQUEST);
            return;
        }
        let Some((theirs, verified)) = self.authenticate(request) else {
            self.refuse(five_tuple, request, ErrorCode::UNAUTHENTICATED);
            return;
        };
        // Somebody who has our credentials and is not the peer that was signaled, say one whom a
        // forking proxy has invited too, gets an answer, and has no say (RFC 8445 §7.3).
        let is_peer = self.remote.as_ref().is_none_or(|(remote, _)| remote.ufrag() == theirs);
        let unknown = verified.unknown_required(is_known);
        if !unknown.is_empty() {
            let mut buffer = [0; 256];
            let code = ErrorCode::UNKNOWN_ATTRIBUTE;
            let answer = MessageBuilder::error(&verified, code, &mut buffer)
                .put(attr::UNKNOWN_ATTRIBUTES, unknown)
                .sign(&self.local_key)
                .fingerprint()
                .finish();
            self.answer(five_tuple, answer.ok());
            return;
        }
        let controlling = verified.get(attr::ICE_CONTROLLING).ok().flatten();
        let controlled = verified.get(attr::ICE_CONTROLLED).ok().flatten();
        let claim = match self.role {
            Role::Controlling => controlling,
            Role::Controlled => controlled,
        };
        if let Some(claim) = claim.filter(|_| is_peer) {
            match settle(self.role, self.tie_breaker, claim) {
                Conflict::Switch if self.switches < MAX_SWITCHES => self.switch_role(),
                Conflict::Switch | Conflict::Refuse => {
                    let mut buffer = [0; 128];
                    let code = ErrorCode::ROLE_CONFLICT;
                    let answer = MessageBuilder::error(&verified, code, &mut buffer)
                        .sign(&self.local_key)
                        .fingerprint()
                        .finish();
                    self.answer(five_tuple, answer.ok());
                    return;
                }
            }
        }
        let mut buffer = [0; 128];
        let answer = MessageBuilder::success(&verified, &mut buffer)
            .put(attr::XOR_MAPPED_ADDRESS, five_tuple.remote)
            .sign(&self.local_key)
            .fingerprint()
            .finish();
        self.answer(five_tuple, answer.ok());
        self.stats.checks_answered += 1;

        let Ok(Some(priority)) = verified.get(attr::PRIORITY) else { return };
        // Only the controlling agent nominates.
        let nominates = verified.contains(attr::USE_CANDIDATE) && controlling.is_some();
        let lesson = Lesson { five_tuple, priority, nominates };
        if self.remote.is_none() {
            let check = EarlyCheck { ufrag: theirs.to_owned(), lesson };
            if self.early.len() < MAX_EARLY_CHECKS && !self.early.contains(&check) {
                self.early.push_back(check);
            }
        } else if is_peer {
            self.learn(now, lesson);
        }
    }

    /// The sender's ufrag, and what our password has signed, when a request was made for this agent:
    /// our ufrag comes first in its USERNAME.
    fn authenticate<'a>(&self, request: &Message<'a>) -> Option<(&'a str, Verified<'a>)> {
        let (ours, theirs) = request.get(attr::USERNAME).ok()??.split_once(':')?;
        let verified = request.verify(&self.local_key).ok()?;
        (ours == self.local.ufrag()).then_some((theirs, verified))
    }

    /// Answers a request that is not from the peer. The answer is no longer than the request.
    fn refuse(&mut self, five_tuple: FiveTuple, request: &Message<'_>, code: ErrorCode<'_>) {
        self.stats.requests_refused += 1;
        let mut buffer = [0; 64];
        let answer = MessageBuilder::error(request, code.without_reason(), &mut buffer)
            .fingerprint()
            .finish()
            .ok()
            .filter(|answer| answer.len() <= request.as_bytes().len());
        self.answer(five_tuple, answer);
    }

    fn answer(&mut self, five_tuple: FiveTuple, answer: Option<&[u8]>) {
        /// A caller that does not drain must not make memory grow with what strangers send.
        const MAX_ANSWERS: usize = 256;
        if let Some(answer) = answer
            && self.transmits.len() < MAX_ANSWERS
        {
            let answer = Bytes::copy_from_slice(answer);
            self.transmits.push_back(Transmit::new(five_tuple, answer));
        }
    }

    /// Learns from the early checks of the peer, now that it is known who that is.
    pub(crate) fn replay_early_checks(&mut self, now: Timestamp) {
        while let Some(EarlyCheck { ufrag, lesson }) = self.early.pop_front() {
            if self.remote.as_ref().is_some_and(|(remote, _)| remote.ufrag() == ufrag) {
                self.learn(now, lesson);
            }
        }
    }

    /// RFC 8445 §7.3.1.3 to §7.3.1.5.
    fn learn(&mut self, now: Timestamp, lesson: Lesson) {
        let nominates = lesson.nominates && self.role == Role::Controlled;
        let Some(id) = self.pair_of(now, lesson, nominates) else { return };
        let Some(pair) = self.checklist.pair_mut(id) else { return };
        pair.heard = true;
        pair.nominated_by_peer |= nominates;
        match pair.state {
            PairState::Succeeded if nominates => self.follow_nomination(now, id),
            PairState::Succeeded => {}
            PairState::InProgress => self.replace_check(id),
            PairState::Frozen | PairState::Waiting | PairState::Failed => {
                // Once a pair was selected others are of no interest, unless the peer nominates one.
                if !self.is_concluded() || nominates {
                    self.checklist.trigger(id);
                }
            }
        }
    }

    /// The pair that a check has come on; a new one when there was none, and it is still of interest.
    fn pair_of(&mut self, now: Timestamp, lesson: Lesson, nominates: bool) -> Option<PairId> {
        let FiveTuple { local, remote, .. } = lesson.five_tuple;
        if let Some(pair) = self.checklist.find(local, remote) {
            return Some(pair.id);
        }
        if self.is_concluded() && !nominates {
            return None;
        }
        let base = self.base(local).map(LocalCandidate::end)?;
        let remote = self.learn_remote(now, remote, lesson.priority)?;
        self.add_pair(base, remote, true)
    }
}
