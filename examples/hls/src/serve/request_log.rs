//! One line for each request, on stdout.

use std::fmt::{self, Write as _};
use std::io::{self, Write as _};
use std::net::SocketAddr;

use hyper::Request;
use sansio::{Clock, Timestamp};

use crate::terminal::Visible;

/// More of a request's target is not shown.
const MAX_TARGET: usize = 512;

/// What is told of a request, once it is over.
#[derive(Debug)]
pub(super) struct Entry {
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
    pub(super) fn new<B>(clock: Clock, peer: SocketAddr, request: &Request<B>) -> Self {
        let range = request.headers().get(hyper::header::RANGE);
        Self {
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
        let mut line = String::new();
        let _ = writeln!(line, "{self}");
        // Nobody need read it.
        let _ = io::stdout().write_all(line.as_bytes());
    }
}
