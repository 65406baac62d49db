//! One line for each request, on stdout. It is written by a thread of its own: where stdout is a pipe that
//! nobody empties, lines are left out, and requests go on being answered.

use std::fmt;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use command_line::Visible;
use hyper::Request;
use sansio::{Clock, Timestamp};

/// More of a request's target is not shown.
const MAX_TARGET: usize = 512;

/// Lines that wait to be written.
const MAX_WAITING: usize = 1024;
/// How long the last lines may take at the end.
const LAST_LINES: Duration = Duration::from_secs(1);

/// Takes lines, and writes them in their order.
#[derive(Clone, Debug)]
pub(super) struct Log {
    lines: SyncSender<Item>,
    left_out: Arc<AtomicU64>,
}

#[derive(Debug)]
enum Item {
    Line(String),
    /// All before it is written.
    Flush(SyncSender<()>),
}

impl Log {
    pub(super) fn start() -> Self {
        let (lines, receiver) = sync_channel(MAX_WAITING);
        let log = Self { lines, left_out: Arc::default() };
        let left_out = Arc::clone(&log.left_out);
        std::thread::spawn(move || write(&receiver, &left_out));
        log
    }

    fn line(&self, line: String) {
        if self.lines.try_send(Item::Line(line)).is_err() {
            self.left_out.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Waits until all lines are written, but not for somebody who does not read them.
    pub(super) fn flush(&self) {
        let (written, is_written) = sync_channel(1);
        if self.lines.try_send(Item::Flush(written)).is_ok() {
            let _ = is_written.recv_timeout(LAST_LINES);
        }
    }
}

fn write(items: &Receiver<Item>, left_out: &AtomicU64) {
    for item in items {
        let count = left_out.swap(0, Ordering::Relaxed);
        if count > 0 {
            // Nobody need read it.
            let _ = writeln!(io::stdout(), "{count} lines are left out, as nobody read them");
        }
        match item {
            Item::Line(line) => {
                let _ = writeln!(io::stdout(), "{line}");
            }
            Item::Flush(written) => {
                let _ = written.send(());
            }
        }
    }
}

/// What is told of a request, once it is over.
#[derive(Debug)]
pub(super) struct Entry {
    log: Log,
    clock: Clock,
    began: Timestamp,
    peer: SocketAddr,
    method: String,
    target: String,
    range: Option<String>,
    pub(super) status: u16,
    /// Bytes of the body that were handed out.
    pub(super) sent: u64,
}

impl Entry {
    pub(super) fn new<B>(log: Log, clock: Clock, peer: SocketAddr, request: &Request<B>) -> Self {
        let range = request.headers().get(hyper::header::RANGE);
        Self {
            log,
            clock,
            began: clock.now(),
            peer,
            method: cut(request.method().as_str()),
            target: cut(request.uri().path_and_query().map_or("*", |target| target.as_str())),
            range: range.map(|range| cut(&String::from_utf8_lossy(range.as_bytes()))),
            status: 0,
            sent: 0,
        }
    }
}

fn cut(text: &str) -> String {
    text.chars().take(MAX_TARGET).collect()
}

/// `12.345678 127.0.0.1:4711 GET "/a.ts" [bytes=0-99] 206 100 B 3 ms`
impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let took = self.clock.now().since_epoch().saturating_sub(self.began.since_epoch());
        let began = self.began.since_epoch().as_secs_f64();
        let (method, target) = (Visible(&self.method), Visible(&self.target));
        write!(f, "{began:.6} {} {method} \"{target}\" ", self.peer)?;
        if let Some(range) = &self.range {
            write!(f, "[{}] ", Visible(range))?;
        }
        write!(f, "{} {} B {} ms", self.status, self.sent, took.as_millis())
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.log.line(self.to_string());
    }
}
