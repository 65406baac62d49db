//! One piece, from the first server that gives it.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read as _};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use command_line::{Failure, plain};
use hls_index::ByteRange;
use indicatif::ProgressBar;
use serde::Serialize;
use ureq::http::Response;
use ureq::{Agent, Body, Error};

use super::partial::{Partial, Wanted};
use super::piece::Piece;
use super::version::{ContentRange, Version, text};
use crate::args::FetchArgs;
use crate::document::Document;
use crate::http;
use crate::media::Place;

/// How often all servers are asked: what is a fault now may be none in a moment.
const ROUNDS: u32 = 2;
const BETWEEN_ROUNDS: Duration = Duration::from_millis(500);
/// All of a piece may take so many times as long as its first byte.
const SLOWEST: u32 = 20;
/// How often the rest is asked for at the same server, one time after the other.
const RESUMPTIONS: u32 = 8;
const CHUNK: usize = 64 << 10;

/// Fetches pieces.
#[derive(Debug)]
pub(super) struct Downloader {
    agent: Agent,
    timeout: Duration,
    max_media: u64,
    /// What may still be fetched.
    left: AtomicU64,
    /// Servers that failed, which are asked last.
    failed: Mutex<BTreeSet<String>>,
}

/// What became of a piece.
#[derive(Debug)]
pub(super) enum Outcome {
    Fetched {
        bytes: u64,
        server: String,
        /// How often it broke off, and the rest was asked for.
        resumed: u32,
        failed: Vec<Tried>,
    },
    /// It was there already.
    Kept {
        bytes: u64,
    },
    Failed {
        failed: Vec<Tried>,
    },
}

/// A server that was asked in vain.
#[derive(Debug, Serialize)]
pub(super) struct Tried {
    pub(super) server: String,
    pub(super) uri: String,
    pub(super) why: String,
}

impl Outcome {
    pub(super) const fn is_there(&self) -> bool {
        !matches!(self, Self::Failed { .. })
    }

    pub(super) const fn state(&self) -> &'static str {
        match self {
            Self::Fetched { .. } => "fetched",
            Self::Kept { .. } => "kept",
            Self::Failed { .. } => "failed",
        }
    }

    pub(super) const fn bytes(&self) -> u64 {
        match self {
            Self::Fetched { bytes, .. } | Self::Kept { bytes } => *bytes,
            Self::Failed { .. } => 0,
        }
    }

    pub(super) fn server(&self) -> Option<&str> {
        match self {
            Self::Fetched { server, .. } => Some(server),
            _ => None,
        }
    }

    pub(super) const fn resumed(&self) -> u32 {
        match self {
            Self::Fetched { resumed, .. } => *resumed,
            _ => 0,
        }
    }

    pub(super) fn failed(&self) -> &[Tried] {
        match self {
            Self::Fetched { failed, .. } | Self::Failed { failed } => failed,
            Self::Kept { .. } => &[],
        }
    }
}

/// Why one server did not give it.
enum Fault {
    /// Try another server.
    Server { why: String, is_for_good: bool },
    /// It gave some of it.
    BrokenOff { why: String },
    /// No server can help.
    Ours(Failure),
}

impl Downloader {
    pub(super) fn new(args: &FetchArgs, document: &Document, pieces: &[Piece]) -> Self {
        let timeout = Duration::from(args.stream.loading.timeout);
        let config = Agent::config_builder()
            .timeout_resolve(Some(timeout))
            .timeout_connect(Some(timeout))
            .timeout_recv_response(Some(timeout))
            .timeout_per_read(Some(timeout))
            .timeout_recv_body(Some(timeout.saturating_mul(SLOWEST)));
        // A master record was made by the user: its servers are named, too.
        let in_record = if args.stream.db.is_some() { pieces } else { &[] };
        let in_record = in_record.iter().flat_map(|piece| &piece.places);
        let named = args.servers.iter().map(|server| server.uri.as_str());
        let named = named.chain(in_record.map(|place| place.uri.as_str()));
        // As it was given, not where it led to.
        let source = document.uri.is_some().then_some(document.name.as_str());
        let named = (!args.stream.loading.allow_private).then(|| named.chain(source));
        Self {
            agent: http::agent(config, named),
            timeout,
            max_media: args.max_media,
            left: AtomicU64::new(args.max_media),
            failed: Mutex::default(),
        }
    }

    /// Fetches a piece into the file at `path`, which gets its name when it is whole.
    pub(super) fn fetch(
        &self,
        piece: &Piece,
        path: &Path,
        bar: &ProgressBar,
    ) -> Result<Outcome, Failure> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|error| cannot_write(folder, &error))?;
        }
        let mut partial = Partial::create(path)?;
        let (mut failed, mut resumed) = (Vec::new(), 0);
        let mut gave_up: BTreeSet<&str> = BTreeSet::new();
        for round in 0..ROUNDS {
            if round > 0 {
                if piece.places.iter().all(|place| gave_up.contains(place.uri.as_str())) {
                    break;
                }
                std::thread::sleep(BETWEEN_ROUNDS);
            }
            for place in self.in_order(&piece.places) {
                if gave_up.contains(place.uri.as_str()) {
                    continue;
                }
                let mut left = RESUMPTIONS;
                let (why, is_for_good) = loop {
                    resumed += u32::from(partial.condition(&place.uri).is_some());
                    match self.fetch_from(&place.uri, piece.byte_range, &mut partial, bar) {
                        Ok(()) => {
                            let bytes = partial.keep(path)?;
                            let server = place.server.clone();
                            return Ok(Outcome::Fetched { bytes, server, resumed, failed });
                        }
                        Err(Fault::Ours(failure)) => return Err(failure),
                        Err(Fault::Server { why, is_for_good }) => break (why, is_for_good),
                        Err(Fault::BrokenOff { why }) => {
                            if left == 0 || partial.condition(&place.uri).is_none() {
                                break (why, false);
                            }
                            left -= 1;
                        }
                    }
                };
                if is_for_good {
                    gave_up.insert(&place.uri);
                } else if let Ok(mut failed) = self.failed.lock() {
                    failed.insert(place.server.clone());
                }
                let (server, uri) = (place.server.clone(), place.uri.clone());
                failed.push(Tried { server, uri, why });
            }
        }
        Ok(Outcome::Failed { failed })
    }

    /// As they were placed, those that failed before last.
    fn in_order<'p>(&self, places: &'p [Place]) -> Vec<&'p Place> {
        let failed = self.failed.lock().map(|failed| failed.clone()).unwrap_or_default();
        let mut places: Vec<&Place> = places.iter().collect();
        places.sort_by_key(|place| failed.contains(&place.server));
        places
    }

    /// Fetches what is not there yet, from one server.
    fn fetch_from(
        &self,
        uri: &str,
        range: Option<ByteRange>,
        partial: &mut Partial,
        bar: &ProgressBar,
    ) -> Result<(), Fault> {
        if range.is_some_and(|range| range.length() == 0) {
            return Ok(());
        }
        let mut request = self.agent.get(uri).header("accept-encoding", "identity");
        let condition = partial.condition(uri).map(str::to_owned);
        match &condition {
            Some(condition) => request = request.header("if-range", condition),
            None => partial.begin_anew()?,
        }
        let wanted = Wanted::new(range, partial);
        if let Some(range) = wanted.header() {
            request = request.header("range", range);
        }
        let response = match request.call() {
            Ok(response) => response,
            // There is no rest: it is shorter now, and whoever says so does not know If-Range.
            Err(error @ Error::StatusCode(416)) if condition.is_some() => {
                partial.begin_anew()?;
                let why = http::why(&error, u64::MAX, self.timeout);
                return Err(Fault::Server { why, is_for_good: false });
            }
            Err(error) => return Err(self.fault(&error)),
        };
        let skipped = match response.status().as_u16() {
            206 if wanted.is_answered(uri, response.headers(), partial) => 0,
            206 => {
                // What is there may be of the other thing.
                partial.begin_anew()?;
                return Err(Fault::server("it sends other bytes than were asked for"));
            }
            // It knows of no ranges, or has another state than the one that began: everything.
            200 => {
                partial.begin_anew()?;
                range.map_or(0, ByteRange::offset)
            }
            status => {
                return Err(Fault::server(format!("the server answers with status {status}")));
            }
        };
        if partial.bytes == 0 {
            partial.version = version(uri, &response, range);
        }
        bar.set_position(partial.bytes);
        self.receive(response, skipped, range.map(ByteRange::length), partial, bar)
    }

    /// Takes what a server sends, after the bytes that are `skipped`, until all that is `wanted` is there.
    fn receive(
        &self,
        mut response: Response<Body>,
        mut skipped: u64,
        wanted: Option<u64>,
        partial: &mut Partial,
        bar: &ProgressBar,
    ) -> Result<(), Fault> {
        let mut body = response.body_mut().with_config().limit(u64::MAX).reader();
        let mut chunk = vec![0; CHUNK];
        let mut gained = false;
        while wanted.is_none_or(|wanted| partial.bytes < wanted) {
            let count = match body.read(&mut chunk) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if gained => {
                    let why = http::why(&Error::Io(error), u64::MAX, self.timeout);
                    return Err(Fault::BrokenOff { why });
                }
                Err(error) => return Err(self.fault(&Error::Io(error))),
            };
            self.count(count as u64)?;
            let passed = usize::try_from(skipped).map_or(count, |skipped| skipped.min(count));
            skipped -= passed as u64;
            let left = wanted.map_or(u64::MAX, |wanted| wanted - partial.bytes);
            let new = &chunk[passed..count];
            let new = &new[..usize::try_from(left).map_or(new.len(), |left| left.min(new.len()))];
            partial.write(new)?;
            gained |= !new.is_empty();
            bar.inc(new.len() as u64);
        }
        if skipped > 0 || wanted.is_some_and(|wanted| partial.bytes < wanted) {
            return Err(Fault::server("it has fewer bytes than the playlist says"));
        }
        let length = partial.version.as_ref().and_then(|version| version.length);
        if wanted.is_none() && length.is_some_and(|length| partial.bytes < length) {
            return Err(Fault::server("it ends before its end"));
        }
        Ok(())
    }

    /// Counts bytes that have come, wanted or not.
    fn count(&self, count: u64) -> Result<(), Fault> {
        let take = |left: u64| left.checked_sub(count);
        let taken = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take);
        taken.map(|_| ()).map_err(|_| {
            let advice = "raise --max-media if that is right";
            Fault::Ours(Failure::cannot(format!("more than {} bytes; {advice}", self.max_media)))
        })
    }

    fn fault(&self, error: &Error) -> Fault {
        let is_for_good = matches!(error, Error::StatusCode(400..500) | Error::Other(_));
        Fault::Server { why: http::why(error, u64::MAX, self.timeout), is_for_good }
    }
}

impl Fault {
    fn server(why: impl Into<String>) -> Self {
        Self::Server { why: why.into(), is_for_good: true }
    }
}

impl From<Failure> for Fault {
    fn from(failure: Failure) -> Self {
        Self::Ours(failure)
    }
}

/// The state of the resource that a first answer is of.
fn version(uri: &str, response: &Response<Body>, range: Option<ByteRange>) -> Option<Version> {
    let headers = response.headers();
    let length = match response.status().as_u16() {
        206 => ContentRange::of(headers)?.length,
        // It was asked for a range, and knows none.
        _ if range.is_some() => return None,
        _ => text(headers, "content-length").and_then(|length| length.parse().ok()),
    };
    Version::of(uri, headers, length)
}

pub(super) fn cannot_write(path: &Path, error: &io::Error) -> Failure {
    Failure::cannot(format!("{}: {}", path.display(), plain(error)))
}
