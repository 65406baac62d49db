//! The servers of a playlist and of its segments: who is asked first, and who failed.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::time::Duration;

use sansio::Timestamp;

use super::query;
use crate::media::MediaSequence;
use crate::placement::{Placement, Server};
use crate::uri;

/// The servers that have the playlist.
#[derive(Clone, Debug, Default)]
pub(super) struct Servers {
    /// Each server's base is the URI of the playlist there.
    placement: Placement,
    /// Until when a server that failed comes last.
    penalties: BTreeMap<String, Timestamp>,
    /// The one that the playlist comes from.
    current: Option<String>,
    /// Where it really came from, after redirects.
    base: Option<String>,
}

/// Where to fetch something.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Source {
    pub(super) server: String,
    pub(super) uri: String,
}

impl Servers {
    /// Names that a hostile playlist made up are forgotten past so many.
    const MOST_PENALTIES: usize = 1_000;

    /// Takes other servers; what is known of those that failed stays.
    pub(super) fn replace(&mut self, placement: Placement) {
        self.placement = placement;
        self.current = None;
        self.base = None;
    }

    /// Goes on with the server of before, where it is the same and still the first to ask.
    pub(super) fn keep(&mut self, before: &Self, now: Timestamp) {
        if self.in_order(now).next() == before.current_server() {
            self.current.clone_from(&before.current);
            self.base.clone_from(&before.base);
        }
    }

    /// Where to load the playlist from now, and whether that is another server than before.
    pub(super) fn playlist(&mut self, now: Timestamp) -> Option<(Source, bool)> {
        let first = self.in_order(now).next()?;
        let (server, uri) = (first.id().to_string(), first.base().to_string());
        let is_other = self.current.as_deref() != Some(first.id());
        if is_other {
            self.base = None;
            self.current = Some(server.clone());
        }
        let uri = self.base.clone().unwrap_or(uri);
        Some((Source { server, uri }, is_other))
    }

    /// Where the playlist would be loaded from now.
    pub(super) fn next_playlist_uri(&self, now: Timestamp) -> Option<&str> {
        self.in_order(now).next().map(Server::base)
    }

    /// The name of the server that the playlist comes from.
    pub(super) fn current(&self) -> Option<&str> {
        self.current.as_deref()
    }

    /// Learns where the playlist came from, after redirects.
    pub(super) fn set_base(&mut self, uri: &str) {
        self.base = Some(query::without_directives(uri));
    }

    /// The URI of the playlist on the server that it comes from.
    pub(super) fn playlist_uri(&self) -> Option<&str> {
        self.base.as_deref().or_else(|| self.current_server().map(Server::base))
    }

    fn current_server(&self) -> Option<&Server> {
        self.placement.servers().iter().find(|it| Some(it.id()) == self.current())
    }

    /// Nobody has failed.
    pub(super) fn forgive(&mut self) {
        self.penalties.clear();
    }

    /// Whether there is a server of this name.
    pub(super) fn has(&self, id: &str) -> bool {
        self.placement.servers().iter().any(|server| server.id() == id)
    }

    /// Whether there is one that has not failed.
    pub(super) fn has_any(&self, now: Timestamp) -> bool {
        self.placement.servers().iter().any(|server| !self.is_penalized(server.id(), now))
    }

    /// Whether another server could be asked for the playlist.
    pub(super) fn has_other(&self, now: Timestamp) -> bool {
        let mut others = self.placement.servers().iter();
        others.any(|server| {
            Some(server.id()) != self.current() && !self.is_penalized(server.id(), now)
        })
    }

    pub(super) fn penalize(&mut self, server: &str, now: Timestamp, length: Duration) {
        if self.penalties.len() >= Self::MOST_PENALTIES {
            self.penalties.retain(|_, until| *until > now);
        }
        if self.penalties.len() < Self::MOST_PENALTIES {
            self.penalties.insert(server.to_string(), now + length);
        }
    }

    /// Where the segment, part or initialization section `name` lies: the first to be asked first. By
    /// `own`, where there is such a placement; else on the servers of the playlist.
    pub(super) fn media(
        &self,
        own: Option<&Placement>,
        sequence: MediaSequence,
        name: &str,
        now: Timestamp,
    ) -> Vec<Source> {
        let source = |server: &Server, uri| Source { server: server.id().to_string(), uri };
        let mut sources: Vec<Source> = match own {
            Some(own) => {
                let candidates = own.candidates_of(sequence, name);
                candidates.map(|candidate| source(candidate.server, candidate.uri)).collect()
            }
            None => {
                let here = |server: &Server| Some(server.id()) == self.current();
                let uri = |server: &Server| match &self.base {
                    Some(base) if here(server) => uri::resolve(base, name),
                    _ => server.resolve(name),
                };
                let servers = self.in_order(now);
                let mut sources: Vec<_> =
                    servers.map(|server| source(server, uri(server))).collect();
                // What the playlist that is played names, its own server has.
                sources.sort_by_key(|source| Some(source.server.as_str()) != self.current());
                sources
            }
        };
        sources.sort_by_key(|source| self.is_penalized(&source.server, now));
        let mut seen: Vec<&str> = Vec::new();
        let is_first: Vec<bool> = sources
            .iter()
            .map(|source| {
                let is_first = !seen.contains(&source.uri.as_str());
                seen.push(&source.uri);
                is_first
            })
            .collect();
        let mut is_first = is_first.into_iter();
        sources.retain(|_| is_first.next().unwrap_or(true));
        sources
    }

    /// The servers of the playlist: the first to be asked first, those that failed last.
    fn in_order(&self, now: Timestamp) -> impl Iterator<Item = &Server> {
        let mut servers = self.placement.servers_of(MediaSequence(0));
        servers.sort_by_key(|server| self.penalties.get(server.id()).filter(|&&until| until > now));
        servers.into_iter()
    }

    /// Whether it has failed of late.
    pub(super) fn is_penalized(&self, server: &str, now: Timestamp) -> bool {
        self.penalties.get(server).is_some_and(|&until| until > now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn a_server_that_failed_comes_last_for_as_long_as_it_is_told() {
        let mut servers = Servers::default();
        servers.replace(Placement::of_redundant_variants(["a", "b"]).unwrap());
        let now = Timestamp::from_secs(1);
        let first = |servers: &Servers, now| servers.in_order(now).next().unwrap().id().to_string();
        servers.penalize("a", now, MINUTE);
        let last = now + MINUTE - Duration::from_nanos(1);
        assert_eq!((first(&servers, now), first(&servers, last)), ("b".into(), "b".into()));
        assert_eq!(first(&servers, now + MINUTE), "a");
        assert!(servers.is_penalized("a", last) && !servers.is_penalized("a", now + MINUTE));
        // Of two that failed, the one that failed first.
        servers.penalize("b", now + MINUTE / 2, MINUTE);
        assert_eq!(first(&servers, last), "a");
        servers.playlist(now + MINUTE);
        assert!(!servers.has_other(now + MINUTE), "the other one has failed");
        assert!(servers.has_other(now + MINUTE * 2));
    }

    #[test]
    fn names_without_end_are_not_kept() {
        let mut servers = Servers::default();
        let now = Timestamp::from_secs(1);
        for number in 0..2_000 {
            servers.penalize(&number.to_string(), now, MINUTE);
        }
        assert_eq!(servers.penalties.len(), Servers::MOST_PENALTIES);
        servers.penalize("new", now + MINUTE, MINUTE);
        assert_eq!(servers.penalties.len(), 1, "those whose time has passed make room");
    }
}
