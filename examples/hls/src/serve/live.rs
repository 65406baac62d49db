//! Live playlists: watched as they grow in the folder, and given to many clients that wait for what
//! comes next.

mod boxes;
mod date_ranges;
mod directives;
mod issue;
mod limits;
mod name;
mod parts;
mod reference;
mod segments;
mod source;
mod stream;
mod watcher;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use hls_index::Ticks;
use hyper::StatusCode;
use hyper::header::HeaderMap;
use sansio::Clock;
use tokio::sync::watch;
use tokio::time::Instant;

use self::directives::{Directives, Readiness};
use self::issue::Issue;
pub(super) use self::issue::etag;
use self::watcher::Watcher;
use super::answer::Answer;
use super::conditions::Validators;
use super::encoding;
use super::files::{self, media_type};
use super::places::Places;
use super::root::Root;

/// What there is of each live playlist now, by its path.
type Issues = Arc<BTreeMap<String, Arc<Issue>>>;

/// The live playlists of a folder.
#[derive(Debug)]
pub(super) struct Live {
    root: Root,
    clock: Clock,
    issues: watch::Receiver<Issues>,
    /// Who waits has one of these.
    seats: Arc<Places>,
}

impl Live {
    /// Begins to watch a folder, with fMP4 segments in parts when they have a length.
    pub(super) fn watch(
        root: Root,
        parts: Option<Ticks>,
        seats: Arc<Places>,
        clock: Clock,
    ) -> Self {
        let issues = Watcher::start(root.clone(), parts, clock);
        Self { root, clock, issues, seats }
    }

    /// The answer to a request for something of a live stream; `None` when it is just a file.
    pub(super) async fn answer(
        &self,
        path: &str,
        query: &str,
        headers: &HeaderMap,
        waiter: Waiter,
    ) -> Option<Answer> {
        let issues = Arc::clone(&self.issues.borrow());
        if let Some(issue) = issues.get(path) {
            return Some(self.playlist(path, issue, query, headers, waiter).await);
        }
        let number = query.split('&').find_map(|parameter| parameter.strip_prefix("part="));
        match number.and_then(|number| number.parse().ok()) {
            Some(number) if issues.values().any(|issue| issue.has_parts_of(path)) => {
                Some(self.part(path, number, waiter).await)
            }
            // Not yet whole, and to be had in parts only.
            _ if issues.values().any(|issue| issue.is_growing(path)) => Some(Answer::not_found()),
            _ => None,
        }
    }

    async fn playlist(
        &self,
        path: &str,
        issue: &Issue,
        query: &str,
        headers: &HeaderMap,
        waiter: Waiter,
    ) -> Answer {
        let bad = |line| Answer::text(StatusCode::BAD_REQUEST, line);
        let asked = match Directives::read(query) {
            _ if issue.is_ended => Directives::default(),
            Ok(asked) => asked,
            Err(line) => return bad(line),
        };
        let found = self.wait(waiter, issue.longest_wait, |issues| {
            let issue = issues.get(path).ok_or(Gone)?;
            let readiness = match issue.is_ended {
                true => Readiness::Ready,
                false => issue.progress.readiness(&asked),
            };
            Ok(match readiness {
                Readiness::Ready => Some(Ok(Arc::clone(issue))),
                Readiness::Wait => None,
                Readiness::TooFar => Some(Err("that segment or part is too far ahead")),
            })
        });
        let issue = match found.await {
            Ok(Ok(issue)) => issue,
            Ok(Err(line)) => return bad(line),
            Err(answer) => return answer,
        };
        let delta = issue.delta(asked.skip, self.clock.now());
        let text = delta.map_or_else(|| issue.text.clone(), Into::into);
        let validators = Validators::new(etag(&text), None);
        encoding::playlist(text, validators, headers)
    }

    /// A part, as soon as all of it is there.
    async fn part(&self, path: &str, number: usize, waiter: Waiter) -> Answer {
        let longest = self.issues.borrow().values().map(|issue| issue.longest_wait).max();
        let found = self.wait(waiter, longest.unwrap_or_default(), |issues| {
            let mut having = issues.values().filter(|issue| issue.has_parts_of(path));
            having.next().map_or(Err(Gone), |issue| issue.part(path, number))
        });
        let bytes = match found.await {
            Ok(bytes) => bytes,
            Err(answer) => return answer,
        };
        // It has another name until it is whole, and may be given the right one just now. What still has
        // the other name when it is whole has been left behind by somebody.
        let is_whole = !self.issues.borrow().values().any(|issue| issue.is_growing(path));
        let growing = format!("{path}.tmp");
        let names = if is_whole { [path, growing.as_str()] } else { [growing.as_str(), path] };
        for path in names {
            match files::open(&self.root, path).await {
                Ok(Some((file, metadata))) if metadata.len() >= bytes.end => {
                    return Answer::file(media_type(path.trim_end_matches(".tmp")), file, bytes);
                }
                Ok(_) => {}
                Err(answer) => return answer,
            }
        }
        Answer::not_found()
    }

    /// Waits until `look` finds something: not for longer than `longest`, nor when too many wait.
    async fn wait<T>(
        &self,
        mut waiter: Waiter,
        longest: Duration,
        look: impl Fn(&Issues) -> Result<Option<T>, Gone>,
    ) -> Result<T, Answer> {
        let too_many = || Answer::unavailable("too many are waiting");
        let mut issues = self.issues.clone();
        if let Some(found) = look(&issues.borrow_and_update()).transpose() {
            return found.map_err(|Gone| Answer::not_found());
        }
        let deadline = Instant::now() + longest;
        let seat = self.seats.take(waiter.peer).ok_or_else(too_many)?;
        loop {
            tokio::select! {
                changed = issues.changed() => {
                    changed.map_err(|_| Answer::unavailable("the folder is no longer watched"))?;
                }
                () = tokio::time::sleep_until(deadline) => {
                    return Err(Answer::unavailable("nothing new for three target durations"));
                }
                () = seat.is_wanted() => return Err(too_many()),
                _ = waiter.stopped.wait_for(|&stopped| stopped) => {
                    return Err(Answer::unavailable("the server ends"));
                }
            }
            if let Some(found) = look(&issues.borrow_and_update()).transpose() {
                return found.map_err(|Gone| Answer::not_found());
            }
        }
    }
}

/// Whoever may have to wait.
#[derive(Debug)]
pub(super) struct Waiter {
    pub(super) peer: IpAddr,
    /// Becomes true when nobody shall wait any longer.
    pub(super) stopped: watch::Receiver<bool>,
}

/// What was waited for will not come.
#[derive(Clone, Copy, Debug)]
struct Gone;
