//! The viewer's side: gets the playlist, seeks, fetches the segment that is wanted and preloads
//! the next ones.

use std::time::Duration;

use hls_index::{ByteRange, Ticks};
use indicatif::{HumanBytes, ProgressBar, ProgressStyle};
use quinn::{Connection, RecvStream};
use sansio::Clock;
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};

use crate::failure::{Doing as _, Failure};
use crate::output::Output;
use crate::plan::{self, MAX_PLAYLIST, Piece, Plan, Wanted};
use crate::request::{Head, MAX_HEAD, Request};
use crate::story::Story;

/// The longest file, or part of a file, that is fetched.
const MAX_PIECE: u64 = 1 << 30;

/// What was played.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Played {
    /// The segment that holds the wanted moment.
    pub(crate) segment: String,
    /// The files that were fetched, in order.
    pub(crate) fetched: Vec<String>,
    /// How many bytes they are.
    pub(crate) bytes: u64,
    /// The SHA-256 of each piece, as it arrived.
    pub(crate) digests: Vec<[u8; 32]>,
    /// Whether each of these is the one that the sharer announced.
    pub(crate) sha256_ok: bool,
}

/// Plays the stream that the peer at the other end of `connection` shares.
pub(crate) async fn play(
    connection: &Connection,
    wanted: Wanted,
    mut output: Option<&mut Output>,
    story: &Story,
) -> Result<Played, Failure> {
    let mut playlist = Vec::new();
    let mut answer = Answer::to(connection, &Request::Playlist, MAX_PLAYLIST).await?;
    while let Some(bytes) = answer.next().await? {
        playlist.extend_from_slice(bytes);
    }
    let announced = answer.digest;
    if answer.finish() != announced {
        return Err(Failure::run("the playlist's SHA-256 is not the one at the source"));
    }
    let parsed = plan::parse("the peer's playlist", &playlist)?;
    let plan = Plan::new("the peer's playlist", &parsed, wanted)?;
    tell(story, wanted.at, &plan);

    let mut played = Played {
        segment: plan.segment.clone(),
        fetched: plan.files(),
        bytes: 0,
        digests: Vec::new(),
        sha256_ok: true,
    };
    for (number, piece) in plan.pieces.iter().enumerate() {
        let clock = Clock::start();
        let request = Request::File { uri: piece.uri.clone(), range: piece.range };
        let mut answer = Answer::to(connection, &request, MAX_PIECE).await?;
        let (length, expected) = (answer.length, answer.digest);
        let bar = progress(story, piece, length);
        while let Some(bytes) = answer.next().await? {
            if let Some(output) = &mut output {
                output.write(bytes).await?;
            }
            bar.inc(bytes.len() as u64);
        }
        bar.finish();
        let digest = answer.finish();
        played.bytes += length;
        played.digests.push(digest);
        played.sha256_ok &= digest == expected;
        let urgent = number < plan.urgent;
        story.detail(received(piece, length, clock.now().since_epoch(), urgent));
        story.detail(if digest == expected {
            "Its SHA-256 is the one at the source."
        } else {
            "Its SHA-256 is NOT the one at the source."
        });
        if number + 1 == plan.urgent {
            story.good("The picture can start.");
        }
    }
    if let [only] = played.fetched.as_slice() {
        story.good(format_args!("Only {only} was fetched, of {} segments.", plan.segments));
    }
    Ok(played)
}

fn tell(story: &Story, at: Ticks, plan: &Plan) {
    let (start, end) = plan.span;
    story.say(format_args!(
        "The playlist that it gets has {} segments, {} s in all. It wants to see t = {at} s, a moment",
        plan.segments, plan.end
    ));
    story.say(format_args!(
        "of the {} second: that lies in {}, [{start} s, {end} s).",
        ordinal(at),
        plan.segment
    ));
    if plan.files().len() > 1 {
        story.say("What is needed for it comes first, and what plays next is preloaded behind it:");
    }
    if plan.encrypted {
        story.say("(It is encrypted. The tour carries it as it is and fetches no keys.)");
    }
}

/// `11th` for any moment of [10 s, 11 s).
fn ordinal(at: Ticks) -> String {
    let number = Duration::from(at).as_secs().saturating_add(1);
    let ending = match (number % 10, number % 100) {
        (1, tens) if tens != 11 => "st",
        (2, tens) if tens != 12 => "nd",
        (3, tens) if tens != 13 => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

fn received(piece: &Piece, length: u64, took: Duration, urgent: bool) -> String {
    let offset = piece.range.map(ByteRange::offset).filter(|&offset| offset > 0);
    let part = offset.map(|offset| format!(" from byte {offset} on")).unwrap_or_default();
    let what = if urgent { "fetched" } else { "preloaded" };
    let took = took.as_secs_f64() * 1000.0;
    format!("{}{part}: {length} bytes {what} in {took:.1} ms.", piece.uri)
}

/// A bar on stderr, where that is a terminal and there is a story.
fn progress(story: &Story, piece: &Piece, length: u64) -> ProgressBar {
    if story.is_silent() {
        return ProgressBar::hidden();
    }
    let template = "    {msg:20} [{bar:40}] {bytes}/{total_bytes} {bytes_per_sec}";
    let style = ProgressStyle::with_template(template);
    let bar = ProgressBar::new(length).with_message(piece.uri.clone());
    style.map(|style| bar.clone().with_style(style.progress_chars("=> "))).unwrap_or(bar)
}

/// An answer that comes in.
struct Answer {
    request: String,
    stream: BufReader<RecvStream>,
    buffer: Vec<u8>,
    /// How many bytes it is, as its first line says.
    length: u64,
    /// Their SHA-256, as its first line says.
    digest: [u8; 32],
    left: u64,
    hash: Sha256,
}

impl Answer {
    /// Asks, and reads the first line of the answer. More than `most` bytes are not taken.
    async fn to(connection: &Connection, request: &Request, most: u64) -> Result<Self, Failure> {
        let name = match request {
            Request::Playlist => "the playlist".to_owned(),
            Request::File { uri, .. } => uri.clone(),
        };
        let (mut asking, stream) = connection.open_bi().await.doing(&name)?;
        asking.write_all(request.to_string().as_bytes()).await.doing(&name)?;
        asking.finish().doing(&name)?;

        let mut stream = BufReader::with_capacity(64 << 10, stream);
        let mut line = Vec::new();
        let limit = MAX_HEAD as u64;
        (&mut stream).take(limit).read_until(b'\n', &mut line).await.doing(&name)?;
        match Head::parse(&line).doing(format_args!("the peer's answer for {name}"))? {
            Head::Refused(why) => Err(Failure::run(format!("the peer refuses {name}: {why}"))),
            Head::Found { length, .. } if length > most => Err(Failure::run(format!(
                "{name} is {} long, more than the {} that are taken",
                HumanBytes(length),
                HumanBytes(most)
            ))),
            Head::Found { length, digest } => Ok(Self {
                request: name,
                stream,
                buffer: vec![0; 64 << 10],
                length,
                digest,
                left: length,
                hash: Sha256::new(),
            }),
        }
    }

    /// The next bytes; `None` when all of them have come.
    async fn next(&mut self) -> Result<Option<&[u8]>, Failure> {
        let broken =
            |how: &str| Failure::run(format!("the transfer of {} broke: {how}", self.request));
        let read = self.stream.read(&mut self.buffer).await;
        let count = read.map_err(|error| broken(&error.to_string()))?;
        self.left = self
            .left
            .checked_sub(count as u64)
            .ok_or_else(|| broken("there is more than was announced"))?;
        if count == 0 {
            return match self.left {
                0 => Ok(None),
                left => Err(broken(&format!("{left} bytes are missing"))),
            };
        }
        let bytes = self.buffer.get(..count).unwrap_or_default();
        self.hash.update(bytes);
        Ok(Some(bytes))
    }

    /// The SHA-256 of what has come.
    fn finish(self) -> [u8; 32] {
        self.hash.finalize().into()
    }
}

#[cfg(test)]
mod tests;
