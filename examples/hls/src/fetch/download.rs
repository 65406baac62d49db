//! One piece, from the first server that gives it.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hls_index::ByteRange;
use indicatif::ProgressBar;
use serde::Serialize;
use ureq::{Agent, Error};

use super::piece::Piece;
use crate::args::FetchArgs;
use crate::document::{Document, plain};
use crate::failure::Failure;
use crate::http;
use crate::media::Place;

/// How often all servers are asked: what is a fault now may be none in a moment.
const ROUNDS: u32 = 2;
const BETWEEN_ROUNDS: Duration = Duration::from_millis(500);
/// All of a piece may take so many times as long as its first byte.
const SLOWEST: u32 = 20;
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
        let partial = partial(path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|error| cannot_write(folder, &error))?;
        }
        let mut failed = Vec::new();
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
                bar.set_position(0);
                match self.fetch_from(&place.uri, piece.byte_range, &partial, bar) {
                    Ok(bytes) => {
                        let renamed = fs::rename(&partial, path);
                        renamed.map_err(|error| cannot_write(path, &error))?;
                        let server = place.server.clone();
                        return Ok(Outcome::Fetched { bytes, server, failed });
                    }
                    Err(Fault::Ours(failure)) => {
                        let _ = fs::remove_file(&partial);
                        return Err(failure);
                    }
                    Err(Fault::Server { why, is_for_good }) => {
                        if is_for_good {
                            gave_up.insert(&place.uri);
                        } else if let Ok(mut failed) = self.failed.lock() {
                            failed.insert(place.server.clone());
                        }
                        let (server, uri) = (place.server.clone(), place.uri.clone());
                        failed.push(Tried { server, uri, why });
                    }
                }
            }
        }
        let _ = fs::remove_file(&partial);
        Ok(Outcome::Failed { failed })
    }

    /// As they were placed, those that failed before last.
    fn in_order<'p>(&self, places: &'p [Place]) -> Vec<&'p Place> {
        let failed = self.failed.lock().map(|failed| failed.clone()).unwrap_or_default();
        let mut places: Vec<&Place> = places.iter().collect();
        places.sort_by_key(|place| failed.contains(&place.server));
        places
    }

    fn fetch_from(
        &self,
        uri: &str,
        range: Option<ByteRange>,
        partial: &Path,
        bar: &ProgressBar,
    ) -> Result<u64, Fault> {
        let ours = |error: io::Error| Fault::Ours(cannot_write(partial, &error));
        let mut file = File::create(partial).map_err(ours)?;
        let mut request = self.agent.get(uri).header("accept-encoding", "identity");
        if let Some(range) = range {
            let Some(last) = range.end().checked_sub(1).filter(|_| range.length() > 0) else {
                return Ok(0);
            };
            request = request.header("range", format!("bytes={}-{last}", range.offset()));
        }
        let mut response = request.call().map_err(|error| self.fault(&error))?;
        let told = response.headers().get("content-range");
        let told = told.and_then(|told| told.to_str().ok()).unwrap_or_default().to_owned();
        let skipped = match (range, response.status().as_u16()) {
            (None, 200) => 0,
            (Some(range), 206) if is_range(&told, range) => 0,
            // It knows of no ranges, and sends everything.
            (Some(range), 200) => range.offset(),
            (_, 206) => return Err(Fault::server("it sends other bytes than were asked for")),
            (_, status) => {
                return Err(Fault::server(format!("the server answers with status {status}")));
            }
        };
        let mut body = response.body_mut().with_config().limit(u64::MAX).reader();
        let read_fault = |error: io::Error| self.read_fault(error);
        let mut before = (&mut body).take(skipped);
        let passed = io::copy(&mut before, &mut io::sink()).map_err(read_fault)?;
        let wanted = range.map(ByteRange::length);
        let mut body = body.take(wanted.unwrap_or(u64::MAX));
        let mut chunk = vec![0; CHUNK];
        let mut bytes: u64 = 0;
        loop {
            let count = body.read(&mut chunk).map_err(read_fault)?;
            if count == 0 {
                break;
            }
            let take = |left: u64| left.checked_sub(count as u64);
            self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).map_err(|_| {
                let advice = "raise --max-media if that is right";
                Fault::Ours(Failure::cannot(format!(
                    "more than {} bytes; {advice}",
                    self.max_media
                )))
            })?;
            file.write_all(&chunk[..count]).map_err(ours)?;
            bytes += count as u64;
            bar.inc(count as u64);
        }
        if passed < skipped || wanted.is_some_and(|wanted| bytes < wanted) {
            return Err(Fault::server("it has fewer bytes than the playlist says"));
        }
        file.sync_all().map_err(ours)?;
        Ok(bytes)
    }

    fn fault(&self, error: &Error) -> Fault {
        let is_for_good = matches!(error, Error::StatusCode(400..500) | Error::Other(_));
        Fault::Server { why: http::why(error, u64::MAX, self.timeout), is_for_good }
    }

    fn read_fault(&self, error: io::Error) -> Fault {
        self.fault(&Error::Io(error))
    }
}

impl Fault {
    fn server(why: impl Into<String>) -> Self {
        Self::Server { why: why.into(), is_for_good: true }
    }
}

/// Whether `bytes 700-1699/5000` are the bytes that were asked for.
fn is_range(told: &str, range: ByteRange) -> bool {
    let bytes = told.strip_prefix("bytes ").and_then(|told| told.split('/').next());
    let Some((first, last)) = bytes.and_then(|bytes| bytes.split_once('-')) else { return false };
    let numbers = (first.trim().parse::<u64>(), last.trim().parse::<u64>());
    matches!(numbers, (Ok(first), Ok(last))
        if range.offset() == first && last.checked_add(1) == Some(range.end()))
}

/// What a file is called until it is whole.
pub(super) fn partial(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".partial");
    name.into()
}

pub(super) fn cannot_write(path: &Path, error: &io::Error) -> Failure {
    Failure::cannot(format!("{}: {}", path.display(), plain(error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_bytes_that_were_asked_for_are_taken() {
        let range = ByteRange::new(700, 1000).unwrap();
        for (told, expected) in [
            ("bytes 700-1699/5000", true),
            ("bytes 700-1699/*", true),
            ("bytes 0-1699/5000", false),
            ("bytes 700-1698/5000", false),
            ("bytes 700-18446744073709551615/*", false),
            ("bytes */5000", false),
            ("", false),
        ] {
            assert_eq!(is_range(told, range), expected, "{told}");
        }
    }
}
