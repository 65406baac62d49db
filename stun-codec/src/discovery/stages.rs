//! The stages of a run: what its outcomes say, and what to ask next.

use core::net::SocketAddr;

use sansio::Timestamp;

use super::lifetime::Step;
use super::probe::{self, Answered, Outcome, Probe};
use super::report::{Filtering, Mapping, Unknown};
use super::{Discovery, Event, Stage};

impl Discovery {
    /// The server was asked for our address and its other one (test I).
    pub(super) fn reach(&mut self) {
        let Some(&server) = self.config.servers.get(self.server) else { return self.finish() };
        let reason = match self.outcome(Probe::Reach) {
            Outcome::Answered(Answered { mapped, other, .. }) => {
                let asked_again = self.outcomes.contains_key(&Probe::ReachAgain);
                if other.is_none() && !asked_again {
                    self.meet(server, mapped);
                    return self.queue.push_back(Probe::ReachAgain);
                }
                if !asked_again {
                    self.meet(server, mapped);
                }
                let again = self.answered(Probe::ReachAgain).and_then(|answered| answered.other);
                match other.or(again) {
                    Some(other) if probe::is_other_address(server, other) => {
                        return self.test(server, mapped, other);
                    }
                    Some(_) => Unknown::OtherAddress,
                    None => Unknown::NotSupported,
                }
            }
            outcome => outcome.unknown(),
        };
        self.events.push_back(Event::Unsuitable { server, reason });
        if self.report.mapping == Err(Unknown::NoAnswer) {
            (self.report.mapping, self.report.filtering) = (Err(reason), Err(reason));
        }
        self.server += 1;
        self.outcomes.clear();
        if self.server < self.config.servers.len() {
            self.queue.push_back(Probe::Reach);
        } else {
            self.do_without_other_address();
        }
    }

    fn meet(&mut self, server: SocketAddr, mapped: SocketAddr) {
        self.contacts.push((server, mapped));
        self.events.push_back(Event::Reached { server, mapped });
    }

    /// This is the server to test with.
    fn test(&mut self, server: SocketAddr, mapped: SocketAddr, other: SocketAddr) {
        self.report.server = Some(server);
        self.report.mapped = Some(mapped);
        self.other = Some(other);
        self.stage = Stage::Filtering;
        if !self.was_contacted(server, other) {
            self.queue.extend([Probe::FilterBoth, Probe::FilterPort]);
        }
    }

    /// Whether the NAT lets in the other address, or the other port, for an earlier server's sake.
    fn was_contacted(&self, server: SocketAddr, other: SocketAddr) -> bool {
        let earlier = self.config.servers.get(..self.server).unwrap_or_default();
        let other_port = SocketAddr::new(server.ip(), other.port());
        earlier.iter().any(|earlier| earlier.ip() == other.ip() || *earlier == other_port)
    }

    /// No server has two addresses. What several of them say tells something, all the same.
    fn do_without_other_address(&mut self) {
        let Some(&(server, mapped)) = self.contacts.first() else { return self.finish() };
        self.report.server = Some(server);
        self.report.mapped = Some(mapped);
        self.server = self.config.servers.iter().position(|&known| known == server).unwrap_or(0);
        let mut others = self.contacts.iter().filter(|(other, _)| other.ip() != server.ip());
        if mapped == self.config.local {
            self.report.mapping = Ok(Mapping::EndpointIndependent);
        } else if others.clone().any(|&(_, other)| other != mapped) {
            self.report.mapping = Err(Unknown::Varies);
        } else if others.next().is_some() {
            self.report.mapping = Ok(Mapping::EndpointIndependent);
        }
        self.stage = Stage::Hairpinning;
    }

    /// All answers about mapping and filtering are there, but for one perhaps.
    pub(super) fn judge(&mut self) {
        let first = self.mapped_of(Probe::MapFirst).or(self.report.mapped);
        let address = self.mapped_of(Probe::MapAddress);
        if address.is_some() && address != first && !self.outcomes.contains_key(&Probe::MapBoth) {
            return self.queue.push_back(Probe::MapBoth);
        }
        self.report.mapped = first;
        self.report.mapping = match (address, self.outcome(Probe::MapBoth)) {
            // RFC 5780 §4.3: without a NAT there is nothing to ask.
            _ if first == Some(self.config.local) => Ok(Mapping::EndpointIndependent),
            (None, _) => Err(match self.outcome(Probe::MapAddress) {
                Outcome::Silent => Unknown::OtherSilent,
                outcome => outcome.unknown(),
            }),
            (address, _) if address == first => Ok(Mapping::EndpointIndependent),
            (Some(address), Outcome::Answered(both)) if both.mapped == address => {
                Ok(Mapping::AddressDependent)
            }
            (Some(_), Outcome::Answered(_)) => Ok(Mapping::AddressAndPortDependent),
            (Some(_), Outcome::Silent) => Err(Unknown::Varies),
            (Some(_), outcome) => Err(outcome.unknown()),
        };
        self.report.filtering = self.judge_filtering(address.is_some());
        self.stage = Stage::Hairpinning;
    }

    /// Silence tells something about the filter only when the other address has `answered` for
    /// the mapping.
    fn judge_filtering(&self, answered: bool) -> Result<Filtering, Unknown> {
        let Some(both) = self.outcomes.get(&Probe::FilterBoth) else {
            return Err(Unknown::AlreadyContacted);
        };
        match (*both, self.outcome(Probe::FilterPort)) {
            (Outcome::Answered(both), _) if !both.on_own_path => Ok(Filtering::EndpointIndependent),
            // The server does not do as it was asked.
            (Outcome::Answered(_), _) => Err(Unknown::NotSupported),
            (Outcome::Silent, _) if !answered => Err(Unknown::OtherSilent),
            (Outcome::Silent, Outcome::Silent) => Ok(Filtering::AddressAndPortDependent),
            (Outcome::Silent, Outcome::Answered(port)) if !port.on_own_path => {
                Ok(Filtering::AddressDependent)
            }
            (Outcome::Silent, Outcome::Answered(_)) => Err(Unknown::NotSupported),
            (Outcome::Silent, outcome) | (outcome, _) => Err(outcome.unknown()),
        }
    }

    pub(super) fn hairpin(&mut self) {
        let is_nat = self.report.is_behind_nat() == Some(true);
        if !is_nat || self.config.second.is_none() {
            self.stage = Stage::Aging;
            return;
        }
        let Some(second) = self.outcomes.get(&Probe::Second) else {
            return self.queue.push_back(Probe::Second);
        };
        let Some(mapped) = self.mapped_of(Probe::Second) else {
            self.report.hairpinning = Err(second.unknown());
            self.stage = Stage::Aging;
            return;
        };
        let returned = |probe| self.outcomes.get(&probe) == Some(&Outcome::Returned);
        let is_asked = self.outcomes.keys().any(|probe| probe.is_hairpin());
        let can_ask = [Some(mapped), self.report.mapped].into_iter().flatten().all(|address| {
            probe::is_destination(address) && address.is_ipv4() == self.config.local.is_ipv4()
        });
        if !can_ask {
            self.report.hairpinning = Err(Unknown::Contradiction);
        } else if !is_asked {
            return self.queue.extend([Probe::HairpinIn, Probe::HairpinOut]);
        } else {
            let works = returned(Probe::HairpinIn) || returned(Probe::HairpinOut);
            self.report.hairpinning = Ok(works);
        }
        self.stage = Stage::Aging;
    }

    pub(super) fn age(&mut self, now: Timestamp) {
        if self.config.second.is_none()
            || self.config.longest_lifetime.is_none()
            || self.report.server.is_none()
        {
            return self.finish();
        }
        let (second, lifetime) = (
            self.outcomes.get(&Probe::Second).copied(),
            self.outcomes.get(&Probe::Lifetime).copied(),
        );
        match self.search.advance(now, second, lifetime) {
            Step::Ask(probe) => {
                self.outcomes.remove(&probe);
                self.queue.push_back(probe);
            }
            Step::Wait => {}
            Step::Found(found) => {
                self.report.lifetime = found;
                self.finish();
            }
        }
    }

    pub(super) fn finish(&mut self) {
        self.stage = Stage::Done;
        self.events.push_back(Event::Finished(self.report));
    }
}
