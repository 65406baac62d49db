//! The search for the lifetime of a mapping (RFC 5780 §4.6): open one from the second socket, leave it
//! alone for a while, and ask the first socket's server to answer there.

use core::time::Duration;

use sansio::Timestamp;

use super::probe::{Outcome, Probe};
use super::report::{Lifetime, Unknown};

/// A binary search. It ends after ten rounds at the most.
#[derive(Debug)]
pub(super) struct Search {
    longest: Duration,
    found: Lifetime,
    /// How long the mapping is left alone in this round. None first: that shows whether it can be done
    /// at all.
    idle: Duration,
    phase: Phase,
    wakes_at: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug)]
enum Phase {
    Begin,
    Refreshing,
    Idling,
    Asking,
}

pub(super) enum Step {
    Ask(Probe),
    Wait,
    Found(Result<Lifetime, Unknown>),
}

impl Search {
    pub(super) const fn new(longest: Duration) -> Self {
        let found = Lifetime { at_least: Duration::ZERO, less_than: None };
        Self { longest, found, idle: Duration::ZERO, phase: Phase::Begin, wakes_at: None }
    }

    pub(super) const fn wakes_at(&self) -> Option<Timestamp> {
        self.wakes_at
    }

    pub(super) fn handle_timeout(&mut self, now: Timestamp) {
        self.wakes_at = self.wakes_at.filter(|&wakes_at| wakes_at > now);
    }

    /// What to do next, once what was to be done is done.
    pub(super) fn advance(
        &mut self,
        now: Timestamp,
        second: Option<Outcome>,
        lifetime: Option<Outcome>,
    ) -> Step {
        match self.phase {
            Phase::Begin => {
                self.phase = Phase::Refreshing;
                Step::Ask(Probe::Second)
            }
            Phase::Refreshing => match second.unwrap_or(Outcome::Silent) {
                Outcome::Answered(answered) if answered.mapped.port() != 0 => {
                    self.phase = Phase::Idling;
                    self.wakes_at = Some(now + self.idle).filter(|&wakes_at| wakes_at > now);
                    Step::Wait
                }
                outcome => Step::Found(Err(outcome.unknown())),
            },
            Phase::Idling => {
                self.phase = Phase::Asking;
                Step::Ask(Probe::Lifetime)
            }
            Phase::Asking => self.learn(lifetime.unwrap_or(Outcome::Silent)),
        }
    }

    fn learn(&mut self, outcome: Outcome) -> Step {
        let is_first = self.idle == Duration::ZERO;
        match outcome {
            Outcome::Answered(answered) if !answered.on_own_path => {
                self.found.at_least = self.idle;
            }
            // Nothing came, or to the socket that asked: a mapping that was there the moment before
            // shows that the server cannot do it; otherwise it is gone.
            Outcome::Answered(_) | Outcome::Silent if is_first => {
                return Step::Found(Err(Unknown::NotSupported));
            }
            Outcome::Answered(_) | Outcome::Silent => self.found.less_than = Some(self.idle),
            outcome => return Step::Found(Err(outcome.unknown())),
        }
        let Lifetime { at_least, less_than } = self.found;
        self.idle = match less_than {
            None if at_least >= self.longest => return Step::Found(Ok(self.found)),
            None => self.longest,
            Some(less_than) if less_than - at_least <= self.precision() => {
                return Step::Found(Ok(self.found));
            }
            Some(less_than) => at_least + (less_than - at_least) / 2,
        };
        self.phase = Phase::Refreshing;
        Step::Ask(Probe::Second)
    }

    fn precision(&self) -> Duration {
        (self.longest / 32).max(Duration::from_secs(1))
    }
}
