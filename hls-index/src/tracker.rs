//! The tracker: says what to fetch next, so that a stream plays from one position on.
//!
//! It opens no connection and reads no clock. The caller fetches what [`Tracker::poll_request`] gives,
//! hands back what came of it, and reports where playback is:
//!
//! ```
//! use hls_index::tracker::{Config, Event, Resource, Response, Tracker};
//! use sansio::Timestamp;
//!
//! let now = Timestamp::ZERO;
//! let mut tracker = Tracker::new(now, Config::new("https://a.example.com/i.m3u8"), [7; 32]);
//!
//! let request = tracker.poll_request(now).unwrap();
//! assert_eq!(request.uri, "https://a.example.com/i.m3u8");
//! let body = b"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n0.ts\n#EXTINF:5,\n1.ts\n#EXT-X-ENDLIST\n";
//! tracker.handle_response(now, request.id, &Response::ok(body));
//!
//! let mut uris = Vec::new();
//! while let Some(request) = tracker.poll_request(now) {
//!     assert!(matches!(request.resource, Resource::Segment { .. }));
//!     uris.push(request.uri);
//! }
//! assert_eq!(uris, ["https://a.example.com/0.ts", "https://a.example.com/1.ts"]);
//! assert!(matches!(tracker.poll_event(), Some(Event::Updated(_))));
//! assert_eq!(tracker.poll_event(), Some(Event::Ended));
//! ```
//!
//! # The contract
//!
//! A tracker is a machine like the others of the house, with requests in the place of datagrams:
//!
//! | call | meaning |
//! |---|---|
//! | `new(now, config, seed)` | all randomness (of back-off, so that many clients do not come back together) comes from the seed: a run replays from it |
//! | `handle_response(now, id, response)` | the answer to a request, whatever its status; bounded work |
//! | `handle_failure(now, id)` | there was no answer: no connection, a reset, a deadline of the caller's own |
//! | `handle_timeout(now)` | do what is due; early and late calls do no harm |
//! | `poll_request(now)` | the next thing to fetch; drain until `None`. It borrows nothing and may be fetched beside all others |
//! | `poll_event()` | the next thing to tell; drain until `None` |
//! | `poll_timeout()` | when to call `handle_timeout` next |
//!
//! After any call that takes `now`: drain the requests, then the events, then read the deadline.
//! Each request is answered once; when its deadline has passed, [`Event::Cancelled`] says that nobody waits
//! for it any more. Answers to unknown requests are ignored. What a server sends is never an `Err`.
//!
//! # What it does
//!
//! - A multivariant playlist is loaded, and a variant chosen; its media playlist is loaded, and loaded
//!   again with the timing of RFC 8216bis §6.3.4: a target duration after a load that brought
//!   something, half of one after a load that did not, and ever more rarely when that goes on. A
//!   server that can block is asked for the next segment or part, one that can skip for delta
//!   updates while the copy is fresh, and for all of the playlist when these do not fit.
//! - Near the live edge it tunes in: when a cache held the first copy for a while ([`Response::age`]),
//!   it asks for the newest part by that, and begins to play only then. After a change of the variant
//!   the report of the one before tells what to ask for.
//! - Segments from the play position on, within the window [`Config::ahead`], with the keys and
//!   initialization sections before what needs them, the parts of the segment that is not complete
//!   yet, and the first hint of either type. Nothing that is held or under way is asked for again.
//! - A server that fails gives way to the next: of the segment's placement, or of those with the
//!   variant (redundant variants, pathways and their clones), in the order of content steering; then
//!   to another variant. With the feature `steering` the manifest is loaded whenever its TTL has passed.
//! - Whatever does not go on, ends: in [`Event::Lost`] for a segment, in [`Event::GaveUp`] for the
//!   stream.
//!
//! One tracker follows one media playlist. A rendition, such as another language, has a tracker of its
//! own: [`Tracker::rendition`].

mod config;
mod event;
mod held;
mod hints;
mod in_flight;
mod item;
mod loading;
mod media;
mod pathways;
mod query;
mod reload;
mod request;
mod servers;
mod steering;
mod tune_in;
mod variants;

use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use sansio::Timestamp;

pub use self::config::{Config, StartAt};
pub use self::event::{Event, GiveUp};
use self::held::Held;
use self::hints::HintedPart;
use self::in_flight::{InFlight, Purpose, Requests};
use self::item::Item;
use self::pathways::{Followed, Pathways};
use self::reload::{Expected, Reload, Validators};
pub use self::request::{Request, RequestId, RequestedRange, Resource, Response};
use self::servers::Servers;
#[cfg(feature = "steering")]
pub use self::steering::SteeringError;
pub use self::steering::{PathwayClone, SteeringManifest};
use self::tune_in::TuneIn;
use self::variants::Carried;
pub use self::variants::SelectError;
use crate::live::LivePlaylist;
use crate::media::MediaSequence;
use crate::multivariant::MultivariantPlaylist;
use crate::time::Ticks;

/// Says what to fetch next: see the [module](self).
#[derive(Clone)]
pub struct Tracker {
    config: Config,
    /// What jitter is made of: the seed's, and how often it was drawn from.
    seed: u32,
    draws: u32,
    next_hint: u64,
    requests: Requests,
    events: VecDeque<Event>,

    multivariant: Option<(String, MultivariantPlaylist<'static>)>,
    depth: u32,
    variant: usize,
    /// The rendition to follow instead of the variant.
    followed: Option<Followed>,
    manifest: Option<SteeringManifest>,
    pathways: Pathways,
    #[cfg(feature = "steering")]
    steering: Option<steering::Steering>,
    throughput: Option<u64>,
    servers: Servers,

    reload: Reload,
    live: Option<LivePlaylist>,
    tune_in: Option<TuneIn>,
    /// What the variant before tells of the playlist that is to be loaded.
    reported: Option<Expected>,
    position: Option<Ticks>,
    /// What tells where the position is in the next playlist.
    carried: Option<Carried>,
    held: Held,
    hinted: Vec<HintedPart>,
    stopped: Option<GiveUp>,
}

impl Tracker {
    /// Events past so many are lost, when nobody asks for them.
    const MOST_EVENTS: usize = 1024;

    /// A tracker that begins with the playlist of `config`.
    #[must_use]
    pub fn new(now: Timestamp, config: Config, seed: [u8; 32]) -> Self {
        let mut tracker = Self {
            config,
            seed: crc32fast::hash(&seed),
            draws: 0,
            next_hint: 0,
            requests: Requests::default(),
            events: VecDeque::new(),
            multivariant: None,
            depth: 0,
            variant: 0,
            followed: None,
            manifest: None,
            pathways: Pathways::default(),
            #[cfg(feature = "steering")]
            steering: None,
            throughput: None,
            servers: Servers::default(),
            reload: Reload::new(now),
            live: None,
            tune_in: None,
            reported: None,
            position: None,
            carried: None,
            held: Held::default(),
            hinted: Vec::new(),
            stopped: None,
        };
        tracker.begin_at_uri();
        tracker
    }

    /// Takes the answer to a request. One to a request that is not known, or that was answered
    /// already, is ignored.
    pub fn handle_response(&mut self, now: Timestamp, id: RequestId, response: &Response<'_>) {
        let Some(request) = self.requests.take(id) else { return };
        if response.is_redirect() && request.redirects < self.config.max_redirects {
            return self.redirect(request, response);
        }
        match request.purpose.clone() {
            Purpose::Playlist(directives) => {
                self.playlist_answered(now, &request, directives, response);
            }
            #[cfg(feature = "steering")]
            Purpose::Steering => self.steering_answered(now, &request, response),
            Purpose::Item(item) if response.is_success() => self.item_is_there(item),
            Purpose::HintedPart(hint) if response.is_success() => self.hinted_part_is_there(hint),
            Purpose::Item(_) | Purpose::HintedPart(_) => {
                self.media_failed(now, &request, Some(response));
            }
        }
    }

    /// Takes note that a request had no answer.
    pub fn handle_failure(&mut self, now: Timestamp, id: RequestId) {
        if let Some(request) = self.requests.take(id) {
            self.failed(now, &request);
        }
    }

    /// Does what is due: requests whose time has passed count as failed, and a stream that
    /// brings nothing new for too long ends.
    pub fn handle_timeout(&mut self, now: Timestamp) {
        while let Some(id) = self.requests.overdue(now) {
            if let Some(request) = self.requests.take(id) {
                self.tell(Event::Cancelled { id });
                self.failed(now, &request);
            }
        }
        self.check_progress(now);
    }

    /// The next thing to fetch. Drain it after every call that takes `now`: its answer may change
    /// after any of them.
    #[must_use]
    pub fn poll_request(&mut self, now: Timestamp) -> Option<Request> {
        if self.stopped.is_some() {
            return None;
        }
        if let Some(request) = self.requests.next_redirected() {
            return Some(self.send(now, request, Validators::default()));
        }
        #[cfg(feature = "steering")]
        if let Some(request) = self.steering_request(now) {
            return Some(request);
        }
        self.playlist_request(now).or_else(|| self.media_request(now))
    }

    /// The next thing to tell. Its answer may change after every call that takes `now`.
    #[must_use]
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// When to call [`Tracker::handle_timeout`], or ask [`Tracker::poll_request`], next; `None` when
    /// nothing is to come by itself. Its answer may change after every call that takes `now`.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        if self.stopped.is_some() {
            return None;
        }
        let deadline = self.requests.deadline();
        let reload = self.reload.due.filter(|_| !self.requests.has_playlist());
        let again = self.held.next_try().filter(|_| self.has_room());
        let ends = self.live.as_ref().filter(|live| !reload::is_final(live));
        let ends = ends.map(|live| self.reload.gives_up_at(live, &self.config));
        let all = [deadline, reload, again, ends, self.steering_due()];
        all.into_iter().flatten().min()
    }

    /// Moves the play position: to where playback is now, or by a seek. Times are those of
    /// [`Tracker::live`]; while there is none it has no effect.
    pub fn play(&mut self, now: Timestamp, position: Ticks) {
        if self.live.is_none() {
            return;
        }
        let is_back = self.position.is_none_or(|before| position < before);
        self.position = Some(position);
        if is_back {
            self.held.look_from(0);
        }
        self.catch_up();
        self.check_progress(now);
    }

    /// The play position; `None` before the media playlist is there, and before a newer copy of it
    /// than a cache had.
    #[must_use]
    pub const fn position(&self) -> Option<Ticks> {
        self.position
    }

    /// The media playlist as it is known; `None` before it is there.
    #[must_use]
    pub const fn live(&self) -> Option<&LivePlaylist> {
        self.live.as_ref()
    }

    /// The media playlist, to take measured times ([`LivePlaylist::set_measured`]).
    #[must_use]
    pub const fn live_mut(&mut self) -> Option<&mut LivePlaylist> {
        self.live.as_mut()
    }

    /// The multivariant playlist; `None` when there is none, or not yet.
    #[must_use]
    pub const fn multivariant(&self) -> Option<&MultivariantPlaylist<'static>> {
        match &self.multivariant {
            Some((_, playlist)) => Some(playlist),
            None => None,
        }
    }

    /// Whether a segment was fetched, as a whole or in parts.
    #[must_use]
    pub fn is_held(&self, sequence: MediaSequence) -> bool {
        self.held.is_held(&Item::Segment(sequence.0))
    }

    /// Takes note that the caller has a segment already, from a cache for instance. What is under way
    /// of it is cancelled.
    pub fn hold(&mut self, sequence: MediaSequence) {
        self.cancel_all(|purpose| purpose.is_of_segment(sequence.0));
        self.held.hold(Item::Segment(sequence.0), self.live.as_ref());
    }

    /// Takes note that the caller has a segment no longer: when the play position comes there it will
    /// be fetched again.
    pub fn forget(&mut self, sequence: MediaSequence) {
        if self.requests.ids(|purpose| purpose.is_of_segment(sequence.0)).is_empty() {
            self.held.forget(&Item::Segment(sequence.0));
        }
    }

    /// Why the tracker has stopped; `None` while it goes on.
    #[must_use]
    pub const fn gave_up(&self) -> Option<GiveUp> {
        self.stopped
    }

    /// Goes on after [`Event::GaveUp`], as if nothing had failed so far.
    pub fn resume(&mut self, now: Timestamp) {
        if self.go_on(now) {
            self.reload = Reload::new(now);
            self.depth = 0;
            self.servers.forgive();
            self.held.forget_unfinished();
            self.hinted.retain(|hinted| hinted.id.is_none());
            if self.live.is_none() && !self.place() {
                self.begin_at_uri();
            }
        }
    }

    fn failed(&mut self, now: Timestamp, request: &InFlight) {
        match request.purpose {
            Purpose::Playlist(directives) => {
                self.playlist_failed(now, &request.server, directives, None);
            }
            #[cfg(feature = "steering")]
            Purpose::Steering => self.steering_failed(now, None),
            Purpose::Item(_) | Purpose::HintedPart(_) => self.media_failed(now, request, None),
        }
    }

    fn tell(&mut self, event: Event) {
        if self.events.len() < Self::MOST_EVENTS {
            self.events.push_back(event);
        }
    }

    fn give_up(&mut self, reason: GiveUp) {
        if self.stopped.is_none() {
            self.cancel_all(|_| true);
            self.stopped = Some(reason);
            self.tell(Event::GaveUp(reason));
        }
    }

    /// `length`, a quarter more or less, but no more than the longest wait.
    fn with_jitter(&mut self, length: core::time::Duration) -> core::time::Duration {
        self.draws = self.draws.wrapping_add(1);
        let mut hasher = crc32fast::Hasher::new_with_initial(self.seed);
        hasher.update(&self.draws.to_le_bytes());
        let part = (length / 2).saturating_mul(hasher.finalize() >> 16) / (1 << 16);
        (length.saturating_mul(3) / 4 + part).min(self.config.max_backoff)
    }
}

impl fmt::Debug for Tracker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tracker")
            .field("uri", &self.config.uri)
            .field("server", &self.servers.current())
            .field("live", &self.live)
            .field("position", &self.position)
            .field("in_flight", &self.requests.len())
            .field("gave_up", &self.stopped)
            .finish_non_exhaustive()
    }
}
