//! Files as they lie in the folder: whole, in ranges, or not at all when the client has them.

use std::fs::Metadata;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::time::SystemTime;

use hyper::StatusCode;
use hyper::header::{ACCEPT_RANGES, CONTENT_RANGE, HeaderMap, HeaderValue};
use tokio::fs::File;
use tokio::io::AsyncReadExt as _;

use super::answer::Answer;
use super::conditions::Validators;
use super::encoding;
use super::range::{Wanted, wanted};
use super::root::Root;

pub(super) const PLAYLIST: &str = "application/vnd.apple.mpegurl";
/// Playlists up to this size are packed; others are sent as they are.
const MAX_PLAYLIST: u64 = 8 << 20;

/// The answer to a request for the file with a clean path.
pub(super) async fn answer(root: &Root, path: &str, headers: &HeaderMap) -> Answer {
    let (file, metadata) = match open(root, path).await {
        Ok(Some(found)) => found,
        Ok(None) => return Answer::not_found(),
        Err(answer) => return answer,
    };
    let (length, modified) = (metadata.len(), metadata.modified().ok());
    let validators = Validators::new(etag(length, modified), modified);
    let media_type = media_type(path);
    if media_type == PLAYLIST && length <= MAX_PLAYLIST && encoding::is_packed(length, headers) {
        let mut text = Vec::new();
        return match file.take(length).read_to_end(&mut text).await {
            Ok(count) if count as u64 == length => {
                encoding::playlist(text.into(), validators, headers)
            }
            _ => Answer::unavailable("somebody is writing it"),
        };
    }
    let range = validators.range(headers).map(|header| wanted(header, length));
    let all = format!("bytes */{length}");
    let answer = match range {
        None | Some(Wanted::All) => Answer::file(media_type, file, 0..length),
        // Whoever has it already is not told of ranges.
        Some(_) if validators.are_known_to(headers) => Answer::file(media_type, file, 0..length),
        Some(Wanted::Some(range)) => {
            let told = format!("bytes {}-{}/{length}", range.start, range.end - 1);
            let answer = Answer::file(media_type, file, range).status(StatusCode::PARTIAL_CONTENT);
            content_range(answer, &told)
        }
        Some(Wanted::Missing) => {
            let line = "these bytes are past the end of the file";
            content_range(Answer::text(StatusCode::RANGE_NOT_SATISFIABLE, line), &all)
        }
    };
    let answer = answer.header(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    let answer = if media_type == PLAYLIST { encoding::varied(answer) } else { answer };
    answer.validators(validators).matching(headers)
}

/// The file with a clean path; `None` when there is none.
pub(super) async fn open(root: &Root, path: &str) -> Result<Option<(File, Metadata)>, Answer> {
    // Within the folder: see `Root::file`.
    let Some(real) = root.file(path) else { return Ok(None) };
    let opened = async {
        let file = File::open(&real).await?;
        let metadata = file.metadata().await?;
        Ok((file, metadata))
    };
    match opened.await {
        Ok((file, metadata)) => Ok(metadata.is_file().then_some((file, metadata))),
        Err(error) => match io::Error::kind(&error) {
            ErrorKind::NotFound | ErrorKind::PermissionDenied => Ok(None),
            // Out of file descriptors, mostly: a player shall not take it for gone.
            _ => Err(Answer::unavailable("it cannot be opened now")),
        },
    }
}

fn content_range(answer: Answer, told: &str) -> Answer {
    match HeaderValue::from_str(told) {
        Ok(value) => answer.header(CONTENT_RANGE, value),
        Err(_) => answer,
    }
}

/// Changes whenever the file does: with its length or, to the nanosecond, its date.
fn etag(length: u64, modified: Option<SystemTime>) -> String {
    let since = modified.and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok());
    format!("\"{length:x}-{:x}\"", since.unwrap_or_default().as_nanos())
}

/// The media type that goes with a name. What is none of HLS's sorts is never run by a browser.
pub(super) fn media_type(path: &str) -> &'static str {
    let extension = Path::new(path).extension().and_then(|extension| extension.to_str());
    match extension.unwrap_or_default().to_ascii_lowercase().as_str() {
        "m3u8" | "m3u" => PLAYLIST,
        "ts" | "m2ts" => "video/mp2t",
        "mp4" | "m4s" | "m4v" | "cmfv" => "video/mp4",
        "m4a" | "cmfa" => "audio/mp4",
        "aac" => "audio/aac",
        "ac3" => "audio/ac3",
        "ec3" => "audio/eac3",
        "mp3" => "audio/mpeg",
        "vtt" | "webvtt" => "text/vtt; charset=utf-8",
        "mpd" => "application/dash+xml",
        "json" => "application/json",
        "jpg" | "jpeg" => "image/jpeg",
        "png" => "image/png",
        _ => "application/octet-stream",
    }
}
