use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::net::SocketAddr;

use crate::address::unscoped;
use crate::pair::{End, Pair, PairId, PairState};
use crate::role::Role;

/// The pairs of a data stream, best first, and which of them is checked next (RFC 8445 §6.1.2,
/// §6.1.4). It knows nothing of messages and of time.
#[derive(Debug)]
pub(crate) struct Checklist {
    pairs: Vec<Pair>,
    triggered: VecDeque<PairId>,
    next_id: u32,
    limit: usize,
}

impl Checklist {
    pub(crate) const fn new(limit: usize) -> Self {
        Self { pairs: Vec::new(), triggered: VecDeque::new(), next_id: 0, limit }
    }

    pub(crate) fn pairs(&self) -> &[Pair] {
        &self.pairs
    }

    pub(crate) fn pair(&self, id: PairId) -> Option<&Pair> {
        self.pairs.iter().find(|pair| pair.id == id)
    }

    pub(crate) fn pair_mut(&mut self, id: PairId) -> Option<&mut Pair> {
        self.pairs.iter_mut().find(|pair| pair.id == id)
    }

    pub(crate) fn find(&self, base: SocketAddr, remote: SocketAddr) -> Option<&Pair> {
        self.pairs.iter().find(|pair| pair.base.address == base && pair.remote.address == remote)
    }

    /// Puts a pair in its place by priority, unless it is there already; `heard` says that the peer
    /// has sent a check this way. It starts out waiting when it is the best of its foundation or
    /// one of that has succeeded, and frozen otherwise (RFC 8445 §6.1.2.6, RFC 8838 §12). When
    /// the list is full another pair goes; `None` when none does.
    pub(crate) fn insert(
        &mut self,
        role: Role,
        base: End,
        remote: End,
        heard: bool,
    ) -> Option<PairId> {
        if let Some(pair) = self.find(base.address, remote.address) {
            return Some(pair.id);
        }
        let id = PairId(self.next_id);
        let mut pair = Pair::new(id, role, base, remote);
        pair.heard = heard;
        if self.pairs.len() >= self.limit {
            let gone = self.pairs.remove(self.dispensable(&pair)?);
            self.triggered.retain(|triggered| *triggered != gone.id);
        }
        self.next_id += 1;
        let mut alike = self.pairs.iter().filter(|held| held.foundation() == pair.foundation());
        let is_best = alike.clone().all(|held| held.priority < pair.priority);
        let may_work = alike.any(|held| held.state == PairState::Succeeded);
        pair.state = if is_best || may_work { PairState::Waiting } else { PairState::Frozen };
        let place = self.pairs.partition_point(|held| held.priority >= pair.priority);
        self.pairs.insert(place, pair);
        Some(id)
    }

    /// Which pair to drop for a new one (RFC 8838 §10): one that has failed, or else the worst that
    /// has not been tried. A pair on which the peer was heard is worth more than any on which it
    /// was not.
    fn dispensable(&self, new: &Pair) -> Option<usize> {
        if let Some(failed) = self.pairs.iter().rposition(|pair| pair.state == PairState::Failed) {
            return Some(failed);
        }
        let untried = |pair: &Pair| {
            matches!(pair.state, PairState::Frozen | PairState::Waiting) && pair.valid.is_none()
        };
        let worth = |pair: &Pair| (pair.heard, pair.priority);
        let (place, worst) = self
            .pairs
            .iter()
            .enumerate()
            .filter(|(_, pair)| untried(pair))
            .min_by_key(|(_, pair)| worth(pair))?;
        (worth(worst) < worth(new)).then_some(place)
    }

    /// Asks for a check of this pair ahead of all ordinary ones (RFC 8445 §6.1.4.1).
    pub(crate) fn trigger(&mut self, id: PairId) {
        if let Some(pair) = self.pair_mut(id) {
            pair.state = PairState::Waiting;
            if !self.triggered.contains(&id) {
                self.triggered.push_back(id);
            }
        }
    }

    /// Asks for one more check of a pair that has succeeded, ahead of all others.
    pub(crate) fn trigger_again(&mut self, id: PairId) {
        if !self.triggered.contains(&id) {
            self.triggered.push_front(id);
        }
    }

    /// Nothing more is to be learned of this pair.
    pub(crate) fn untrigger(&mut self, id: PairId) {
        self.triggered.retain(|triggered| *triggered != id);
    }

    /// Takes the pair whose turn it is (RFC 8445 §6.1.4.2): a triggered one, or the best that waits;
    /// where none waits, the frozen ones of untried foundations are let go first. `ready` says
    /// whether a check could leave from a base towards a remote address at all.
    pub(crate) fn next(
        &mut self,
        ready: impl Fn(SocketAddr, SocketAddr) -> bool,
    ) -> Option<PairId> {
        self.thaw_when_idle(&ready);
        let is_ready = |pair: &Pair| ready(pair.base.address, pair.remote.address);
        let triggered = self.triggered.iter().position(|id| self.pair(*id).is_some_and(is_ready));
        if let Some(place) = triggered {
            return self.triggered.remove(place);
        }
        self.pairs
            .iter()
            .find(|pair| pair.state == PairState::Waiting && is_ready(pair))
            .map(|pair| pair.id)
    }

    /// Whether [`next`](Self::next) would return a pair.
    pub(crate) fn has_next(&mut self, ready: impl Fn(SocketAddr, SocketAddr) -> bool) -> bool {
        self.thaw_when_idle(&ready);
        self.pairs.iter().any(|pair| {
            (pair.state == PairState::Waiting || self.triggered.contains(&pair.id))
                && ready(pair.base.address, pair.remote.address)
        })
    }

    /// Step 2 of RFC 8445 §6.1.4.2. A pair that cannot be checked yet holds up nobody.
    fn thaw_when_idle(&mut self, ready: impl Fn(SocketAddr, SocketAddr) -> bool) {
        let waits = |pair: &Pair| {
            pair.state == PairState::Waiting && ready(pair.base.address, pair.remote.address)
        };
        if self.pairs.iter().any(waits) {
            return;
        }
        for at in 0..self.pairs.len() {
            if self.pairs[at].state != PairState::Frozen {
                continue;
            }
            let foundation = self.pairs[at].foundation();
            let tried_now = self.pairs.iter().any(|pair| {
                pair.foundation() == foundation
                    && matches!(pair.state, PairState::Waiting | PairState::InProgress)
            });
            if !tried_now {
                self.pairs[at].state = PairState::Waiting;
            }
        }
    }

    /// Lets the frozen pairs of this foundation go: one of them has succeeded (RFC 8445 §7.2.5.3.3).
    pub(crate) fn thaw(&mut self, id: PairId) {
        let Some(foundation) = self.pair(id).map(Pair::foundation) else { return };
        for pair in &mut self.pairs {
            if pair.state == PairState::Frozen && pair.foundation() == foundation {
                pair.state = PairState::Waiting;
            }
        }
    }

    /// Marks a pair as failed: it is not valid any more.
    pub(crate) fn fail(&mut self, id: PairId) {
        self.untrigger(id);
        if let Some(pair) = self.pair_mut(id) {
            pair.state = PairState::Failed;
            pair.check = None;
            pair.valid = None;
        }
    }

    /// A pair was selected: what has not been tried is not worth trying (RFC 8445 §8.1.2), unless
    /// the peer has nominated it too. Returns the pairs whose checks are still on their way.
    pub(crate) fn conclude(&mut self, selected: PairId) -> Vec<PairId> {
        let is_kept = |pair: &Pair| pair.id == selected || pair.nominated_by_peer;
        let untried = |pair: &Pair| matches!(pair.state, PairState::Frozen | PairState::Waiting);
        self.pairs.retain(|pair| is_kept(pair) || pair.checks_sent > 0 || !untried(pair));
        let mut under_way = Vec::new();
        for pair in self.pairs.iter_mut().filter(|pair| !is_kept(pair)) {
            if untried(pair) {
                pair.state = PairState::Failed;
            } else if pair.state == PairState::InProgress {
                under_way.push(pair.id);
            }
        }
        let pairs = &self.pairs;
        self.triggered.retain(|triggered| {
            *triggered != selected
                && pairs.iter().any(|pair| pair.id == *triggered && pair.nominated_by_peer)
        });
        under_way
    }

    /// Orders the pairs anew for another role. What was nominated under the old one does not count.
    pub(crate) fn switch_role(&mut self, role: Role) {
        for pair in &mut self.pairs {
            pair.nominated_by_peer = false;
            pair.prioritize(role);
        }
        self.sort();
    }

    /// The peer has told more about a remote address than was known of it.
    pub(crate) fn update_remote(&mut self, role: Role, remote: End) {
        for pair in &mut self.pairs {
            if unscoped(pair.remote.address) == remote.address {
                pair.remote = End { address: pair.remote.address, ..remote };
                pair.prioritize(role);
            }
        }
        self.sort();
    }

    /// Drops the pairs with a remote address that is none any more.
    pub(crate) fn retain_remotes(&mut self, is_held: impl Fn(SocketAddr) -> bool) {
        self.pairs.retain(|pair| is_held(unscoped(pair.remote.address)));
        let pairs = &self.pairs;
        self.triggered.retain(|triggered| pairs.iter().any(|pair| pair.id == *triggered));
    }

    fn sort(&mut self) {
        self.pairs.sort_by_key(|pair| (core::cmp::Reverse(pair.priority), pair.id));
    }

    /// How many checks are to come or to be answered, for the retransmission time-out
    /// (RFC 8445 §14.3).
    pub(crate) fn undecided(&self) -> u32 {
        let busy = |pair: &&Pair| matches!(pair.state, PairState::Waiting | PairState::InProgress);
        self.pairs.iter().filter(busy).count() as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::candidate::{CandidateType, Foundation};

    fn end(last: u8, foundation: &str, priority: u32) -> End {
        End {
            address: ([192, 0, 2, last], 5000).into(),
            candidate_type: CandidateType::Host,
            priority,
            foundation: Foundation::new(foundation).expect("proper"),
        }
    }

    fn state(checklist: &Checklist, id: Option<PairId>) -> PairState {
        checklist.pair(id.expect("inserted")).expect("there").state
    }

    const READY: fn(SocketAddr, SocketAddr) -> bool = |_, _| true;

    #[test]
    fn one_pair_a_foundation_starts_and_its_success_lets_the_others_go() {
        let mut checklist = Checklist::new(100);
        let role = Role::Controlling;
        let first = checklist.insert(role, end(1, "1", 100), end(9, "1", 90), false);
        let same = checklist.insert(role, end(1, "1", 100), end(8, "1", 80), false);
        let other = checklist.insert(role, end(1, "1", 100), end(7, "2", 70), false);
        assert_eq!(state(&checklist, first), PairState::Waiting);
        assert_eq!(state(&checklist, same), PairState::Frozen);
        assert_eq!(state(&checklist, other), PairState::Waiting);
        checklist.pair_mut(first.expect("there")).expect("there").state = PairState::Succeeded;
        checklist.thaw(first.expect("there"));
        assert_eq!(state(&checklist, same), PairState::Waiting);
    }

    #[test]
    fn frozen_pairs_thaw_when_nothing_waits() {
        let mut checklist = Checklist::new(100);
        let role = Role::Controlling;
        let first =
            checklist.insert(role, end(1, "1", 100), end(9, "1", 90), false).expect("there");
        let same = checklist.insert(role, end(1, "1", 100), end(8, "1", 80), false).expect("there");
        assert_eq!(checklist.next(READY), Some(first));
        checklist.pair_mut(first).expect("there").state = PairState::InProgress;
        assert_eq!(checklist.next(READY), None, "its foundation is being tried");
        checklist.fail(first);
        assert_eq!(checklist.next(READY), Some(same));
    }

    #[test]
    fn triggered_pairs_come_first_and_once() {
        let mut checklist = Checklist::new(100);
        let role = Role::Controlled;
        let best = checklist.insert(role, end(1, "1", 100), end(9, "1", 90), false).expect("there");
        let worst =
            checklist.insert(role, end(1, "1", 100), end(8, "2", 80), false).expect("there");
        checklist.trigger(worst);
        checklist.trigger(worst);
        assert_eq!(checklist.next(READY), Some(worst));
        checklist.pair_mut(worst).expect("there").state = PairState::InProgress;
        assert_eq!(checklist.next(READY), Some(best));
    }

    #[test]
    fn a_base_that_is_not_ready_holds_up_nobody() {
        let mut checklist = Checklist::new(100);
        let role = Role::Controlled;
        let best = checklist.insert(role, end(1, "1", 100), end(9, "1", 90), false).expect("there");
        let other = checklist.insert(role, end(2, "2", 50), end(9, "1", 90), false).expect("there");
        let not_the_first = |base, _| base != end(1, "1", 0).address;
        checklist.trigger(best);
        assert_eq!(checklist.next(not_the_first), Some(other));
        assert_eq!(checklist.next(READY), Some(best));
    }

    #[test]
    fn i01_a_full_list_drops_a_failed_pair_or_else_the_worst_untried_one() {
        let mut checklist = Checklist::new(3);
        let role = Role::Controlling;
        for priority in [50, 40, 30] {
            let remote = end(priority as u8, "1", priority);
            assert!(checklist.insert(role, end(1, "1", 100), remote, false).is_some());
        }
        assert_eq!(checklist.insert(role, end(1, "1", 100), end(20, "1", 20), false), None);
        assert!(checklist.insert(role, end(1, "1", 100), end(60, "1", 60), false).is_some());
        let left: Vec<_> = checklist.pairs().iter().map(|pair| pair.remote.priority).collect();
        assert_eq!(left, [60, 50, 40]);
        let same = checklist.insert(role, end(1, "1", 100), end(60, "1", 60), false);
        let best = checklist.pairs()[0].id;
        assert_eq!(same, Some(best), "it is there already");
        checklist.fail(best);
        assert!(checklist.insert(role, end(1, "1", 100), end(10, "1", 10), false).is_some());
        let left: Vec<_> = checklist.pairs().iter().map(|pair| pair.remote.priority).collect();
        assert_eq!(left, [50, 40, 10]);
    }

    #[test]
    fn a_new_pair_waits_by_the_rules_of_trickling() {
        let mut checklist = Checklist::new(100);
        let role = Role::Controlling;
        let insert = |checklist: &mut Checklist, last, foundation| {
            let remote = end(last, foundation, last.into());
            checklist.insert(role, end(1, "1", 100), remote, false)
        };
        let first = insert(&mut checklist, 50, "1");
        assert_eq!(state(&checklist, first), PairState::Waiting, "the first of its foundation");
        let better = insert(&mut checklist, 60, "1");
        assert_eq!(state(&checklist, better), PairState::Waiting, "the best of its foundation");
        let worse = insert(&mut checklist, 40, "1");
        assert_eq!(state(&checklist, worse), PairState::Frozen);
        checklist.fail(first.expect("inserted"));
        let after_failure = insert(&mut checklist, 30, "1");
        assert_eq!(state(&checklist, after_failure), PairState::Frozen);
        checklist.pair_mut(better.expect("inserted")).expect("there").state = PairState::Succeeded;
        let after_success = insert(&mut checklist, 20, "1");
        assert_eq!(state(&checklist, after_success), PairState::Waiting, "one has succeeded");
    }
}
