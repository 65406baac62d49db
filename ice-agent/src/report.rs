//! What an agent shows of its pairs.

use crate::address::unscoped;
use crate::agent::Agent;
use crate::event::{PairReport, SelectedPair};
use crate::pair::Pair;

impl Agent {
    /// The pair that both agents have agreed on.
    #[must_use]
    pub fn selected_pair(&self) -> Option<SelectedPair> {
        let pair = self.checklist.pair(self.selected?)?;
        let PairReport { local, remote, priority, round_trip_time, .. } = self.report(pair)?;
        Some(SelectedPair { local, remote, base: pair.base.address, priority, round_trip_time })
    }

    /// All pairs, best first.
    pub fn pairs(&self) -> impl Iterator<Item = PairReport> + '_ {
        self.checklist.pairs().iter().filter_map(|pair| self.report(pair))
    }

    fn report(&self, pair: &Pair) -> Option<PairReport> {
        let seen = pair.valid.and_then(|valid| {
            self.locals.iter().find(|local| {
                local.base == pair.base.address && local.candidate.address == valid.mapped
            })
        });
        let local = seen.or_else(|| self.base(pair.base.address))?.candidate.clone();
        let address = unscoped(pair.remote.address);
        let remote = self.remotes.iter().find(|remote| remote.address == address)?.clone();
        Some(PairReport {
            local,
            remote,
            priority: pair.valid.map_or(pair.priority, |valid| valid.priority),
            state: pair.state,
            selected: self.selected == Some(pair.id),
            checks_sent: pair.checks_sent,
            round_trip_time: pair.round_trip_time,
        })
    }
}
