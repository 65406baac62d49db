//! From working pairs to the one that is used: nomination, selection, consent, failure (RFC 8445 §8,
//! RFC 7675, RFC 8863).

use core::time::Duration;

use sansio::{FiveTuple, Timestamp};

use crate::agent::Agent;
use crate::consent::{self, Consent};
use crate::event::Event;
use crate::pair::{Pair, PairId, Valid};
use crate::role::Role;

/// The nomination that is under way: a check with USE-CANDIDATE is begun, and begun anew until one is
/// answered. The path has worked before, so a lost datagram is likelier than a dead path, and waiting
/// twice as long each time, without end, would serve nobody.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Nomination {
    pub(crate) pair: PairId,
    tries: u32,
    next_try: Timestamp,
    interval: Duration,
}

/// After so many tries without an answer the pair counts as failed, and another is nominated.
const MAX_TRIES: u32 = 12;

/// A pair that the peer has nominated although a better one is selected here. Either it nominates all
/// that it finds, and the better one stays (RFC 8445 §8.1.1); or it has given the better one up,
/// because what we send there does not arrive.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rival {
    pair: PairId,
    since: Timestamp,
    pub(crate) deadline: Timestamp,
}

/// Where data goes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Path {
    pub(crate) five_tuple: FiveTuple,
    /// When the consent of the peer expires.
    pub(crate) good_until: Timestamp,
}

impl Agent {
    /// Whether a pair has been selected, or none will be.
    pub(crate) const fn is_concluded(&self) -> bool {
        self.selected.is_some() || self.over
    }

    /// Notes that a check of this pair was answered.
    pub(crate) fn note_valid(&mut self, now: Timestamp, id: PairId) {
        if self.selected == Some(id) {
            return self.renew_consent(now, id, None);
        }
        if self.selected.is_some() {
            return;
        }
        if self.first_valid.is_none() {
            self.first_valid = Some(now);
            self.events.push_back(Event::Connected);
        }
        // A path that works is given the time to be nominated.
        self.connect_deadline = self.connect_deadline.max(Some(now + consent::EXPIRY));
        self.choose_path();
    }

    /// Data goes by the selected pair, and before there is one by the best valid pair
    /// (RFC 8445 §12.1).
    pub(crate) fn choose_path(&mut self) {
        let pair = match self.selected {
            Some(id) => self.checklist.pair(id),
            None => self.best_valid(),
        };
        self.path = pair.and_then(|pair| {
            let good_until = pair.valid?.answered + consent::EXPIRY;
            Some(Path { five_tuple: pair.path(), good_until })
        });
    }

    fn best_valid(&self) -> Option<&Pair> {
        let priority = |pair: &&Pair| pair.valid.map(|valid| valid.priority);
        self.checklist.pairs().iter().filter(|pair| pair.valid.is_some()).max_by_key(priority)
    }

    /// The controlling agent nominates the best pair that works, when no better one is left to hope
    /// for or the wait for one is over (RFC 8445 §8.1.1).
    pub(crate) fn consider_nomination(&mut self, now: Timestamp) {
        self.nomination_deadline = None;
        if self.role != Role::Controlling || self.is_concluded() {
            return;
        }
        let is_due = |nomination: &Nomination| nomination.next_try <= now;
        if let Some(Nomination { pair, tries: MAX_TRIES.., .. }) = self.nominating.filter(is_due) {
            self.fail_pair(pair);
        }
        let Some(nomination) = self.nominating.or_else(|| self.choose(now)) else { return };
        let nomination =
            if is_due(&nomination) { self.try_nomination(now, nomination) } else { nomination };
        self.nomination_deadline = Some(nomination.next_try);
    }

    fn try_nomination(&mut self, now: Timestamp, nomination: Nomination) -> Nomination {
        let Nomination { pair, tries, interval, .. } = nomination;
        self.checklist.trigger_again(pair);
        let nomination = Nomination {
            pair,
            tries: tries + 1,
            next_try: now + interval,
            interval: interval.saturating_mul(2).min(self.config.least_rto()),
        };
        self.nominating = Some(nomination);
        nomination
    }

    /// The nomination to begin, if it is time; otherwise sets the deadline at which it will be.
    fn choose(&mut self, now: Timestamp) -> Option<Nomination> {
        let first_valid = self.first_valid?;
        let best = self.best_valid()?;
        let priority = best.valid?.priority;
        let wait = self.config.nomination_wait.of(best.directness());
        // A better pair may be hoped for until so long after its check has gone out.
        let hope = |pair: &Pair| pair.first_check.unwrap_or(first_valid).min(first_valid) + wait;
        let better = |pair: &&Pair| pair.is_undecided() && pair.priority > priority;
        let deadline = self.checklist.pairs().iter().filter(better).map(hope).max();
        if deadline.is_some_and(|deadline| now < deadline) {
            self.nomination_deadline = deadline;
            return None;
        }
        // Each try is a check of its own, paced by Ta as all are; this path's round trip time is known.
        let most = self.config.least_rto();
        let interval = best.round_trip_time.map_or(most, |time| time.saturating_mul(2));
        let interval = interval.clamp(self.config.pace().min(most), most);
        Some(Nomination { pair: best.id, tries: 0, next_try: now, interval })
    }

    /// A check that nominates was answered. The answer to an older nomination, which was given up,
    /// comes too late: there is one nominated pair (RFC 8445 §8.1.1).
    pub(crate) fn conclude_nomination(&mut self, now: Timestamp, id: PairId) {
        if self.nominating.is_some_and(|nomination| nomination.pair == id) {
            self.select(now, id);
        }
    }

    /// The peer has nominated a pair that works.
    pub(crate) fn follow_nomination(&mut self, now: Timestamp, id: PairId) {
        let Some(pair) = self.checklist.pair(id) else { return };
        let Some(valid) = pair.valid else { return };
        let held = self.selected.and_then(|selected| self.checklist.pair(selected));
        match held {
            Some(held) if held.id == id => {}
            Some(held) if held.priority >= pair.priority => {
                let selected = held.id;
                if self.rival.is_none() {
                    let deadline = now + self.config.least_rto().saturating_mul(2);
                    self.rival = Some(Rival { pair: id, since: now, deadline });
                    self.checklist.trigger_again(selected);
                }
            }
            // The answer of long ago is no consent any more: ask again.
            _ if valid.answered + consent::EXPIRY <= now => self.checklist.trigger(id),
            _ => self.select(now, id),
        }
    }

    /// Follows the nomination of a worse pair, when the better one has fallen silent.
    pub(crate) fn consider_rival(&mut self, now: Timestamp) {
        let Some(rival) = self.rival.take_if(|rival| rival.deadline <= now) else { return };
        let valid = |id: PairId| self.checklist.pair(id).and_then(|pair| pair.valid);
        let is_silent = |id| valid(id).is_none_or(|valid| valid.answered < rival.since);
        let is_good = |valid: Valid| now < valid.answered + consent::EXPIRY;
        if self.selected.is_some_and(is_silent) && valid(rival.pair).is_some_and(is_good) {
            self.select(now, rival.pair);
        }
    }

    /// Uses this pair from now on (RFC 8445 §8.1.2).
    pub(crate) fn select(&mut self, now: Timestamp, id: PairId) {
        let Some((path, valid)) = self.checklist.pair(id).map(|pair| (pair.path(), pair.valid))
        else {
            return;
        };
        let Some(valid) = valid else { return };
        self.selected = Some(id);
        self.rival = None;
        self.nominating = None;
        self.nomination_deadline = None;
        for other in self.checklist.conclude(id) {
            if let Some(transaction) = self.checklist.pair(other).and_then(|pair| pair.check) {
                self.checks.stop_sending(transaction);
            }
        }
        self.gathering.stop();
        self.consent = Some(Consent::granted(now, valid.answered, &mut self.rng));
        self.choose_path();
        if self.relays.is_relayed(path.local) {
            self.relays.bind_channel(now, path.local, path.remote);
        }
        if let Some(selected) = self.selected_pair() {
            self.events.push_back(Event::Selected(selected));
        }
    }

    /// Asks for consent when it is time, and stops sending when it was not given.
    pub(crate) fn check_consent(&mut self, now: Timestamp) {
        let Some(consent) = &mut self.consent else { return };
        if consent.has_expired(now) {
            self.end(now, Event::ConsentExpired);
        } else if consent.is_due(now, &mut self.rng) {
            self.send_consent_check(now);
        }
    }

    /// The peer has confirmed that it may be sent to on this pair.
    pub(crate) fn renew_consent(&mut self, now: Timestamp, id: PairId, time: Option<Duration>) {
        if self.selected != Some(id) {
            return;
        }
        let Some(pair) = self.checklist.pair_mut(id) else { return };
        pair.round_trip_time = time.or(pair.round_trip_time);
        if let Some(valid) = &mut pair.valid {
            valid.answered = now;
        }
        if let Some(consent) = &mut self.consent {
            consent.renew(now);
        }
        self.choose_path();
    }

    /// Gives up when no path was found in time, and not before (RFC 8863 §4): even when all pairs
    /// have failed, a check of the peer's may still show a new one.
    pub(crate) fn consider_failure(&mut self, now: Timestamp) {
        if !self.is_concluded() && self.connect_deadline.is_some_and(|deadline| deadline <= now) {
            self.end(now, Event::Failed);
        }
    }

    /// Nothing is sent or learned any more.
    pub(crate) fn end(&mut self, now: Timestamp, event: Event) {
        self.over = true;
        self.selected = None;
        self.path = None;
        self.rival = None;
        self.nominating = None;
        self.nomination_deadline = None;
        self.consent = None;
        self.checks.cancel_all();
        self.transmits.clear();
        self.gathering.stop();
        self.relays.close_others(now, None);
        self.events.push_back(event);
    }

    pub(crate) fn fail_pairs(&mut self, which: impl Fn(&Pair) -> bool) {
        let ids: alloc::vec::Vec<_> =
            self.checklist.pairs().iter().filter(|pair| which(pair)).map(|pair| pair.id).collect();
        ids.into_iter().for_each(|id| self.fail_pair(id));
    }

    /// This pair does not work, or not any more. Whether the selected one does is decided by consent.
    pub(crate) fn fail_pair(&mut self, id: PairId) {
        if self.nominating.is_some_and(|nomination| nomination.pair == id) {
            self.nominating = None;
        }
        if self.selected == Some(id) {
            return;
        }
        if let Some(transaction) = self.checklist.pair(id).and_then(|pair| pair.check) {
            self.checks.cancel(transaction);
        }
        self.checklist.fail(id);
        if self.selected.is_none() {
            self.choose_path();
        }
    }

    /// What the selected pair sends from.
    pub(crate) fn selected_base(&self) -> Option<core::net::SocketAddr> {
        Some(self.checklist.pair(self.selected?)?.base.address)
    }
}
