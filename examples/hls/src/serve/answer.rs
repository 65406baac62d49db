//! Answers: a status, headers, and a body that is at hand or read from a file as it is sent.

use std::io::{self, SeekFrom};
use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use hyper::body::{Bytes, Frame, SizeHint};
use hyper::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, CACHE_CONTROL, CONTENT_LENGTH,
    CONTENT_TYPE, ETAG, HeaderMap, HeaderName, HeaderValue, LAST_MODIFIED, RETRY_AFTER,
    X_CONTENT_TYPE_OPTIONS,
};
use hyper::{Response, StatusCode};
use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};
use tokio::sync::mpsc;

use super::conditions::Validators;
use super::request_log::Entry;

/// How much of a file is read at once.
const CHUNK: usize = 64 << 10;

/// An answer in the making.
#[derive(Debug)]
pub(super) struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    content: Content,
    validators: Option<Validators>,
}

#[derive(Debug)]
enum Content {
    Bytes(Bytes),
    File(File, Range<u64>),
}

impl Answer {
    pub(super) fn empty(status: StatusCode) -> Self {
        let content = Content::Bytes(Bytes::new());
        let mut headers = HeaderMap::new();
        // Players on pages of any origin may read what is served, and see these.
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        headers.insert(
            ACCESS_CONTROL_EXPOSE_HEADERS,
            HeaderValue::from_static("Content-Length, Content-Range, Date, ETag"),
        );
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        // Names are used again and again by live streams: ask, and be told 304.
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        Self { status, headers, content, validators: None }
    }

    pub(super) fn bytes(media_type: &'static str, bytes: impl Into<Bytes>) -> Self {
        let mut answer = Self::empty(StatusCode::OK);
        answer.content = Content::Bytes(bytes.into());
        answer.header(CONTENT_TYPE, HeaderValue::from_static(media_type))
    }

    /// A line for a person to read.
    pub(super) fn text(status: StatusCode, line: &'static str) -> Self {
        let mut answer = Self::bytes("text/plain; charset=utf-8", format!("{line}\n"));
        answer.status = status;
        answer
    }

    pub(super) fn not_found() -> Self {
        Self::text(StatusCode::NOT_FOUND, "there is no such file")
    }

    /// For what there may be another time.
    pub(super) fn unavailable(line: &'static str) -> Self {
        Self::text(StatusCode::SERVICE_UNAVAILABLE, line)
            .header(RETRY_AFTER, HeaderValue::from_static("1"))
    }

    /// Some of a file.
    pub(super) fn file(media_type: &'static str, file: File, range: Range<u64>) -> Self {
        let mut answer = Self::bytes(media_type, Bytes::new());
        answer.content = Content::File(file, range);
        answer
    }

    pub(super) fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    pub(super) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    pub(super) fn validators(mut self, validators: Validators) -> Self {
        if let Ok(etag) = HeaderValue::from_str(&validators.etag) {
            self.headers.insert(ETAG, etag);
        }
        if let Some(modified) = validators.modified
            && let Ok(date) = HeaderValue::from_str(&httpdate::fmt_http_date(modified))
        {
            self.headers.insert(LAST_MODIFIED, date);
        }
        self.validators = Some(validators);
        self
    }

    /// 304 instead, when the client has it; 412, when it has changed and the client wants none but what it
    /// was.
    pub(super) fn matching(mut self, headers: &HeaderMap) -> Self {
        let Some(validators) = &self.validators else { return self };
        if validators.are_unwanted(headers) {
            return Self::text(StatusCode::PRECONDITION_FAILED, "it has changed");
        }
        if self.status == StatusCode::OK && validators.are_known_to(headers) {
            self.status = StatusCode::NOT_MODIFIED;
            self.content = Content::Bytes(Bytes::new());
            self.headers.remove(CONTENT_TYPE);
        }
        self
    }

    /// The response, with a body unless only its head is wanted, that logs itself when it is sent.
    pub(super) fn finish(self, is_head: bool, mut entry: Entry) -> Response<Body> {
        entry.status = self.status.as_u16();
        let length = match &self.content {
            Content::Bytes(bytes) => bytes.len() as u64,
            Content::File(_, range) => range.end.saturating_sub(range.start),
        };
        let source = match self.content {
            _ if is_head => Source::Bytes(Bytes::new()),
            Content::Bytes(bytes) => Source::Bytes(bytes),
            Content::File(file, range) => Source::Chunks(chunks(file, range)),
        };
        let left = if is_head { 0 } else { length };
        let mut response = Response::new(Body { source, left, entry });
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        if self.status != StatusCode::NOT_MODIFIED && self.status != StatusCode::NO_CONTENT {
            response.headers_mut().insert(CONTENT_LENGTH, length.into());
        }
        response
    }
}

/// Reads a file while it is sent, never far ahead of what the client has taken.
fn chunks(mut file: File, range: Range<u64>) -> mpsc::Receiver<io::Result<Bytes>> {
    let (sender, receiver) = mpsc::channel(2);
    tokio::spawn(async move {
        let mut left = range.end.saturating_sub(range.start);
        let mut sought = file.seek(SeekFrom::Start(range.start)).await.map(|_| ());
        while left > 0 {
            let chunk = match sought {
                Ok(()) => read_chunk(&mut file, left).await,
                Err(error) => Err(error),
            };
            sought = Ok(());
            let is_end = chunk.is_err();
            left = left.saturating_sub(chunk.as_ref().map_or(0, |chunk| chunk.len() as u64));
            // It fails when the connection is gone.
            if sender.send(chunk).await.is_err() || is_end {
                return;
            }
        }
    });
    receiver
}

async fn read_chunk(file: &mut File, left: u64) -> io::Result<Bytes> {
    let mut chunk = Vec::with_capacity(CHUNK.min(usize::try_from(left).unwrap_or(CHUNK)));
    file.take(left.min(CHUNK as u64)).read_to_end(&mut chunk).await?;
    // Somebody has cut the file off.
    if chunk.is_empty() { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(chunk.into()) }
}

/// The body of a response. When it is gone, its request is logged.
#[derive(Debug)]
pub(super) struct Body {
    source: Source,
    left: u64,
    entry: Entry,
}

#[derive(Debug)]
enum Source {
    Bytes(Bytes),
    Chunks(mpsc::Receiver<io::Result<Bytes>>),
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        let chunk = match &mut self.source {
            Source::Bytes(bytes) => Ok(std::mem::take(bytes)),
            Source::Chunks(receiver) => match ready!(receiver.poll_recv(context)) {
                Some(chunk) => chunk,
                None => Err(io::ErrorKind::UnexpectedEof.into()),
            },
        };
        if let Ok(chunk) = &chunk {
            let sent = chunk.len() as u64;
            self.left = self.left.saturating_sub(sent);
            self.entry.sent = self.entry.sent.saturating_add(sent);
        }
        Poll::Ready(Some(chunk.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
