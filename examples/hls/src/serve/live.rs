//! Live playlists: watched as they grow in the folder, and given to many clients that wait for what
//! comes next.

mod boxes;
mod date_ranges;
mod directives;
mod issue;
mod limits;
mod name;
mod parts;
mod stream;
mod watcher;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use hls_index::Ticks;
use hyper::StatusCode;
use hyper::header::HeaderMap;
use sansio::Clock;
use tokio::fs::File;
use tokio::sync::{Semaphore, watch};
use tokio::time::Instant;

use self::directives::{Directives, Readiness};
use self::issue::Issue;
pub(super) use self::issue::etag;
use self::watcher::Watcher;
use super::answer::Answer;
use super::conditions::Validators;
use super::encoding;
use super::files::media_type;
use super::root::Root;

/// Requests that may wait at a time.
const MAX_WAITING: usize = 256;

/// What there is of each live playlist now, by its path.
type Issues = Arc<BTreeMap<String, Arc<Issue>>>;

/// The live playlists of a folder.
#[derive(Debug)]
pub(super) struct Live {
    root: Root,
    clock: Clock,
    issues: watch::Receiver<Issues>,
    /// Who waits has one of these.
    seats: Semaphore,
}

impl Live {
    /// Begins to watch a folder, with fMP4 segments in parts when they have a length.
    pub(super) fn watch(root: Root, parts: Option<Ticks>, clock: Clock) -> Self {
        let issues = Watcher::start(root.clone(), parts, clock);
        Self { root, clock, issues, seats: Semaphore::new(MAX_WAITING) }
    }

    /// The answer to a request for something of a live stream; `None` when it is just a file.
    pub(super) async fn answer(
        &self,
        path: &str,
        query: &str,
        headers: &HeaderMap,
        stopped: watch::Receiver<bool>,
    ) -> Option<Answer> {
        let issues = Arc::clone(&self.issues.borrow());
        if let Some(issue) = issues.get(path) {
            return Some(self.playlist(path, issue, query, headers, stopped).await);
        }
        let number = query.split('&').find_map(|parameter| parameter.strip_prefix("part="));
        match number.and_then(|number| number.parse().ok()) {
            Some(number) if issues.values().any(|issue| issue.has_parts_of(path)) => {
                Some(self.part(path, number, stopped).await)
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
        stopped: watch::Receiver<bool>,
    ) -> Answer {
        let bad = |line| Answer::text(StatusCode::BAD_REQUEST, line);
        let asked = match Directives::read(query) {
            _ if issue.is_ended => Directives::default(),
            Ok(asked) => asked,
            Err(line) => return bad(line),
        };
        let found = self.wait(stopped, issue.longest_wait, |issues| {
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
        let text = issue.delta(asked.skip, self.clock.now());
        let text = text.unwrap_or_else(|| issue.text.clone());
        let validators = Validators::new(etag(&text), None);
        encoding::playlist(text.into_bytes(), validators, headers)
    }

    /// A part, as soon as all of it is there.
    async fn part(&self, path: &str, number: usize, stopped: watch::Receiver<bool>) -> Answer {
        let longest = self.issues.borrow().values().map(|issue| issue.longest_wait).max();
        let found = self.wait(stopped, longest.unwrap_or_default(), |issues| {
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
            let Some(real) = self.root.file(path) else { continue };
            let Ok(file) = File::open(real).await else { continue };
            if file.metadata().await.is_ok_and(|metadata| metadata.len() >= bytes.end) {
                return Answer::file(media_type(path.trim_end_matches(".tmp")), file, bytes);
            }
        }
        Answer::not_found()
    }

    /// Waits until `look` finds something: not for longer than `longest`, nor when too many wait.
    async fn wait<T>(
        &self,
        mut stopped: watch::Receiver<bool>,
        longest: Duration,
        look: impl Fn(&Issues) -> Result<Option<T>, Gone>,
    ) -> Result<T, Answer> {
        let mut issues = self.issues.clone();
        let deadline = Instant::now() + longest;
        let mut seat = None;
        loop {
            match look(&issues.borrow_and_update()) {
                Ok(Some(found)) => return Ok(found),
                Ok(None) => {}
                Err(Gone) => return Err(Answer::not_found()),
            }
            if seat.is_none() {
                let free = self.seats.try_acquire();
                seat = Some(free.map_err(|_| Answer::unavailable("too many are waiting"))?);
            }
            tokio::select! {
                changed = issues.changed() => {
                    changed.map_err(|_| Answer::unavailable("the folder is no longer watched"))?;
                }
                () = tokio::time::sleep_until(deadline) => {
                    return Err(Answer::unavailable("nothing new for three target durations"));
                }
                _ = stopped.wait_for(|&stopped| stopped) => {
                    return Err(Answer::unavailable("the server ends"));
                }
            }
        }
    }
}

/// What was waited for will not come.
#[derive(Clone, Copy, Debug)]
struct Gone;
