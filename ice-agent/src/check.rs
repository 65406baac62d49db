//! Connectivity checks that this agent sends, and what their answers mean (RFC 8445 §7.2).

use alloc::vec::Vec;
use core::net::SocketAddr;
use core::time::Duration;

use rand::Rng as _;
use sansio::{FiveTuple, Timestamp, Transmit};
use stun_codec::attr::{self, AttributeType};
use stun_codec::{Class, Message, MessageBuilder, Method, TransactionId};

use crate::address::unscoped;
use crate::agent::Agent;
use crate::candidate::{CandidateType, ComponentId};
use crate::event::Event;
use crate::pair::{Pair, PairId, PairState, Valid};
use crate::priority::{candidate_priority, pair_priority};
use crate::role::Role;

/// What a Binding request of ours was for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Check {
    /// Does this pair work?
    Connectivity {
        pair: PairId,
        /// The role that the request claims.
        role: Role,
        /// It carries USE-CANDIDATE.
        nominates: bool,
    },
    /// May we go on sending on this pair? (RFC 7675)
    Consent { pair: PairId },
}

/// How often the peer can make us switch roles. Once settles a conflict; a peer that goes on is
/// broken.
pub(crate) const MAX_SWITCHES: u32 = 16;

/// What an authentic answer says.
enum Verdict {
    Success(SocketAddr),
    RoleConflict,
    Failure,
}

impl Agent {
    /// Begins a check of this pair (RFC 8445 §7.2.2, §7.2.4).
    pub(crate) fn send_check(&mut self, now: Timestamp, id: PairId) {
        let rto = self.check_rto();
        let Some(pair) = self.checklist.pair_mut(id) else { return };
        let nominates = self.nominating.is_some_and(|nomination| nomination.pair == id);
        let path = pair.path();
        if pair.state != PairState::Succeeded {
            pair.state = PairState::InProgress;
        }
        pair.checks_sent = pair.checks_sent.saturating_add(1);
        pair.first_check.get_or_insert(now);
        pair.last_check = now;
        let check = Check::Connectivity { pair: id, role: self.role, nominates };
        let Some(transaction) = self.request(now, path, check, rto) else { return };
        let Some(pair) = self.checklist.pair_mut(id) else { return };
        // Both of these are begun anew, and not sent again.
        if nominates || pair.heard && pair.state == PairState::InProgress {
            self.checks.stop_sending(transaction);
        }
        // Each answer to a nomination counts, and no silence does.
        if !nominates {
            pair.check = Some(transaction);
        }
    }

    /// Where the peer was heard datagrams do pass, and silence means that one was lost: such a pair is
    /// checked anew every RTO, rather than ever more seldom.
    pub(crate) fn check_anew(&mut self, now: Timestamp) {
        if self.check_anew_at.is_none_or(|next| now < next) {
            return;
        }
        let due = self.to_be_checked_anew().filter(|(at, _)| *at <= now);
        let due: Vec<_> = due.map(|(_, id)| id).collect();
        due.into_iter().for_each(|id| self.replace_check(id));
    }

    /// The pairs to be checked anew, and when.
    pub(crate) fn to_be_checked_anew(&self) -> impl Iterator<Item = (Timestamp, PairId)> + '_ {
        let rto = self.check_rto();
        let heard = |pair: &&Pair| pair.heard && pair.state == PairState::InProgress;
        let pairs = if self.is_concluded() { &[] } else { self.checklist.pairs() };
        pairs.iter().filter(heard).map(move |pair| (pair.last_check + rto, pair.id))
    }

    /// Begins a new check out of turn, while the one that is under way may still be answered
    /// (RFC 8445 §7.3.1.4).
    pub(crate) fn replace_check(&mut self, id: PairId) {
        if let Some(transaction) = self.checklist.pair_mut(id).and_then(|pair| pair.check.take()) {
            self.checks.stop_sending(transaction);
        }
        self.checklist.trigger(id);
    }

    /// Begins a consent check: one request, sent once (RFC 7675 §5.1).
    pub(crate) fn send_consent_check(&mut self, now: Timestamp) {
        let Some(pair) = self.selected.and_then(|id| self.checklist.pair(id)) else { return };
        let (path, check) = (pair.path(), Check::Consent { pair: pair.id });
        if let Some(id) = self.request(now, path, check, self.config.least_rto()) {
            self.checks.stop_sending(id);
        }
    }

    fn request(
        &mut self,
        now: Timestamp,
        path: FiveTuple,
        check: Check,
        rto: Duration,
    ) -> Option<TransactionId> {
        let (remote, key) = self.remote.as_ref()?;
        // What this agent would be called if the peer learned of it by this check (RFC 8445 §7.1.1).
        let prflx = CandidateType::PeerReflexive;
        let priority =
            candidate_priority(prflx, self.preference_of(path.local), ComponentId::FIRST);
        let mut username = [0; 513];
        let username = join(&mut username, remote.ufrag(), self.local.ufrag())?;
        let id = self.checks.transaction_id();
        let mut buffer = [0; 768];
        let mut request = MessageBuilder::request(Method::BINDING, id, &mut buffer)
            .put(attr::USERNAME, username)
            .put(attr::PRIORITY, priority);
        request = match self.role {
            Role::Controlling => request.put(attr::ICE_CONTROLLING, self.tie_breaker),
            Role::Controlled => request.put(attr::ICE_CONTROLLED, self.tie_breaker),
        };
        if matches!(check, Check::Connectivity { nominates: true, .. }) {
            request = request.put(attr::USE_CANDIDATE, ());
        }
        let request = request.sign(key).fingerprint().finish().ok()?;
        self.stats.checks_sent += 1;
        self.checks.start_with_rto(now, Transmit::new(path, request), check, rto)
    }

    /// RFC 8445 §14.3, with N taken as the number of checklists, as RFC 5245 §16.1 had it: with N as the
    /// number of checks the first retransmission of a hundred pairs would come after 500 s.
    fn check_rto(&self) -> Duration {
        self.config.least_rto().max(self.config.pace().saturating_mul(self.checklist.undecided()))
    }

    /// An answer to one of our checks (RFC 8445 §7.2.5).
    pub(crate) fn handle_response(
        &mut self,
        now: Timestamp,
        five_tuple: FiveTuple,
        message: &Message<'_>,
    ) {
        let Some((_, key)) = self.remote else { return };
        let id = message.transaction_id();
        let Some((path, &check)) = self.checks.waiting(id) else {
            self.stats.datagrams_dropped += 1;
            return;
        };
        if path != five_tuple {
            // An authentic answer from elsewhere rules the pair out (RFC 8445 §7.2.5.2.1).
            if let Check::Connectivity { pair, nominates, .. } = check
                && message.verify(&key).is_ok()
            {
                self.checks.cancel(id);
                self.fail_check(id, pair, nominates);
            }
            self.stats.datagrams_dropped += 1;
            return;
        }
        let answer = self.checks.handle_message(now, five_tuple, message, |message, _| {
            message.verify_fingerprint().ok().filter(|present| *present)?;
            let message = message.verify(&key).ok()?;
            Some(match message.class() {
                _ if !message.unknown_required(is_known).is_empty() => Verdict::Failure,
                Class::Success => match message.get(attr::XOR_MAPPED_ADDRESS) {
                    Ok(Some(mapped)) => Verdict::Success(mapped),
                    _ => Verdict::Failure,
                },
                _ => match message.get(attr::ERROR_CODE) {
                    Ok(Some(error)) if error.code() == 487 => Verdict::RoleConflict,
                    _ => Verdict::Failure,
                },
            })
        });
        let Some(answer) = answer else {
            self.stats.datagrams_dropped += 1;
            return;
        };
        match (answer.context, answer.value) {
            (Check::Connectivity { pair, nominates, .. }, Verdict::Success(mapped)) => {
                self.handle_success(now, id, pair, mapped, answer.round_trip_time);
                if nominates {
                    self.conclude_nomination(now, pair);
                }
            }
            (Check::Connectivity { pair, role, .. }, Verdict::RoleConflict)
                if role != self.role || self.switches < MAX_SWITCHES =>
            {
                // Switch, unless that has happened since, and try again (RFC 8445 §7.2.5.1).
                self.tie_breaker = self.rng.next_u64();
                if role == self.role {
                    self.switch_role();
                }
                self.checklist.trigger(pair);
            }
            (Check::Connectivity { pair, nominates, .. }, _) => {
                self.fail_check(id, pair, nominates);
            }
            (Check::Consent { pair }, Verdict::Success(_)) => {
                self.renew_consent(now, pair, answer.round_trip_time);
                // Seconds have passed, and both agents use this pair: other relays are not needed
                // any more (RFC 8445 §8.3.1).
                if self.selected == Some(pair) {
                    self.relays.close_others(now, self.selected_base());
                }
            }
            (Check::Consent { .. }, _) => {}
        }
    }

    /// RFC 8445 §7.2.5.3.
    fn handle_success(
        &mut self,
        now: Timestamp,
        transaction: TransactionId,
        id: PairId,
        mapped: SocketAddr,
        round_trip_time: Option<Duration>,
    ) {
        let Some(base) = self.checklist.pair(id).map(|pair| pair.base.address) else { return };
        let mapped = unscoped(mapped);
        let (candidate_type, local_priority) = self.learn_local(mapped, base);
        let role = self.role;
        let Some(pair) = self.checklist.pair_mut(id) else { return };
        let priority = pair_priority(role, local_priority, pair.remote.priority);
        let answered = now;
        pair.valid = Some(Valid { mapped, candidate_type, local_priority, priority, answered });
        pair.state = PairState::Succeeded;
        pair.round_trip_time = round_trip_time.or(pair.round_trip_time);
        if pair.check == Some(transaction) {
            pair.check = None;
        }
        let nominated_by_peer = pair.nominated_by_peer;
        // What was triggered has been learned; a nomination goes out all the same.
        if self.nominating.is_none_or(|nomination| nomination.pair != id) {
            self.checklist.untrigger(id);
        }
        self.checklist.thaw(id);
        self.note_valid(now, id);
        if nominated_by_peer && role == Role::Controlled {
            self.follow_nomination(now, id);
        }
    }

    /// A check was refused, or not answered in all its time. One that was replaced by a newer one does
    /// not decide (RFC 8445 §7.3.1.4), but the refusal of a nomination does (§7.2.5.3.4).
    fn fail_check(&mut self, transaction: TransactionId, id: PairId, nominates: bool) {
        let Some(pair) = self.checklist.pair(id) else { return };
        let nominating = self.nominating.is_some_and(|nomination| nomination.pair == id);
        if pair.check == Some(transaction) || nominates && nominating {
            self.fail_pair(id);
        }
    }

    /// A check got no answer in all its time.
    pub(crate) fn handle_check_timeout(&mut self, transaction: TransactionId, check: Check) {
        if let Check::Connectivity { pair, .. } = check {
            self.fail_check(transaction, pair, false);
        }
    }

    pub(crate) fn switch_role(&mut self) {
        self.switches += 1;
        self.role = self.role.reversed();
        self.nominating = None;
        self.nomination_deadline = None;
        self.checklist.switch_role(self.role);
        self.events.push_back(Event::RoleSwitched(self.role));
    }
}

/// The attributes of an answer that this agent understands, or may pass over.
fn is_known(attribute: AttributeType) -> bool {
    [
        attr::XOR_MAPPED_ADDRESS.attribute_type(),
        attr::MAPPED_ADDRESS.attribute_type(),
        attr::ERROR_CODE.attribute_type(),
        attr::UNKNOWN_ATTRIBUTES.attribute_type(),
        attr::USERNAME.attribute_type(),
        AttributeType::MESSAGE_INTEGRITY,
        AttributeType::MESSAGE_INTEGRITY_SHA256,
    ]
    .contains(&attribute)
}

/// `first:second`, written into `buffer`.
fn join<'b>(buffer: &'b mut [u8], first: &str, second: &str) -> Option<&'b str> {
    let length = first.len() + 1 + second.len();
    let text = buffer.get_mut(..length)?;
    text[..first.len()].copy_from_slice(first.as_bytes());
    text[first.len()] = b':';
    text[first.len() + 1..].copy_from_slice(second.as_bytes());
    core::str::from_utf8(text).ok()
}
