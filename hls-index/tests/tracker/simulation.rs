//! A client in virtual time: it plays what it has, and an origin of the test's answers it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use hls_index::tracker::{Config, Event, Request, RequestId, Resource, Response, Tracker};
use hls_index::{MediaSequence, Ticks};
use sansio::Timestamp;

/// What an origin says, and when it has it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answer {
    /// The status; 0 for no answer at all, ever.
    pub(crate) status: u16,
    pub(crate) body: String,
    pub(crate) uri: Option<String>,
    pub(crate) location: Option<String>,
    pub(crate) etag: Option<String>,
    pub(crate) age: Option<Duration>,
    pub(crate) retry_after: Option<Duration>,
    /// How long it takes.
    pub(crate) after: Duration,
}

impl Answer {
    pub(crate) fn ok(body: impl Into<String>) -> Self {
        Self { status: 200, body: body.into(), after: LATENCY, ..Self::default() }
    }

    pub(crate) fn status(status: u16) -> Self {
        Self { status, after: LATENCY, ..Self::default() }
    }

    pub(crate) fn never() -> Self {
        Self::default()
    }
}

pub(crate) const LATENCY: Duration = Duration::from_millis(20);

/// What answers requests at a time.
pub(crate) type Origin<'o> = &'o mut dyn FnMut(Timestamp, &Request) -> Answer;

/// A tracker, the requests under way and everything that happened.
pub(crate) struct Client {
    pub(crate) tracker: Tracker,
    pub(crate) now: Timestamp,
    /// Whether playback goes on in real time.
    pub(crate) plays: bool,
    /// Whether the origin gives one URI to two segments, as only a bad one does.
    pub(crate) repeats_uris: bool,
    /// Whether nothing may be asked for again that was fetched before.
    pub(crate) is_strict: bool,
    pub(crate) requests: Vec<(Timestamp, Request)>,
    pub(crate) events: Vec<(Timestamp, Event)>,
    /// When the playlists began to be loaded, and when what came was there.
    pub(crate) loads: Vec<(Timestamp, Option<Timestamp>)>,
    in_flight: BTreeMap<(Timestamp, RequestId), (Request, Answer)>,
    silent: BTreeSet<RequestId>,
    most_in_flight: usize,
    /// URI and range of all media that are held or under way.
    fetched: BTreeSet<String>,
    calls: usize,
}

impl Client {
    pub(crate) fn new(config: Config) -> Self {
        let most_in_flight = config.in_flight;
        let now = Timestamp::from_secs(1);
        Self {
            tracker: Tracker::new(now, config, [3; 32]),
            now,
            plays: true,
            repeats_uris: false,
            is_strict: true,
            requests: Vec::new(),
            events: Vec::new(),
            loads: Vec::new(),
            in_flight: BTreeMap::new(),
            silent: BTreeSet::new(),
            most_in_flight,
            fetched: BTreeSet::new(),
            calls: 0,
        }
    }

    /// Lets `length` pass.
    pub(crate) fn run(&mut self, length: Duration, origin: Origin<'_>) {
        let end = self.now + length;
        let tick = Duration::from_millis(250);
        let mut next_tick = self.now + tick;
        loop {
            self.drain(origin);
            let answer = self.in_flight.first_key_value().map(|(&(at, _), _)| at);
            let timeout = self.tracker.poll_timeout();
            assert!(
                timeout.is_none_or(|at| at > self.now),
                "{timeout:?} at {:?} {:?}",
                self.now,
                self.tracker
            );
            let next =
                [answer, timeout, Some(next_tick), Some(end)].into_iter().flatten().min().unwrap();
            let elapsed = next - self.now;
            self.now = next;
            if self.plays
                && let Some(position) = self.tracker.position()
            {
                self.play(position, elapsed);
            }
            if next == end {
                self.drain(origin);
                return;
            }
            if answer == Some(next) {
                self.answer();
            } else if timeout == Some(next) {
                self.tracker.handle_timeout(self.now);
            } else {
                next_tick = self.now + tick;
            }
            self.calls += 1;
            assert!(self.calls < 200_000, "it spins");
        }
    }

    /// Playback goes on as far as there is something to play.
    fn play(&mut self, position: Ticks, elapsed: Duration) {
        let Some(live) = self.tracker.live() else { return };
        let next = position + Ticks::from(elapsed);
        let is_held =
            |moment| live.at(moment).is_ok_and(|segment| self.tracker.is_held(segment.sequence()));
        if is_held(position) && (is_held(next) || next <= live.end()) {
            self.tracker.play(self.now, next);
        }
    }

    fn drain(&mut self, origin: Origin<'_>) {
        let mut requests = Vec::new();
        while let Some(request) = self.tracker.poll_request(self.now) {
            requests.push(request);
        }
        self.drain_events();
        for request in requests {
            let answer = origin(self.now, &request);
            if !request.resource.needs_body() {
                let is_new = self.fetched.insert(self.key(&request));
                assert!(is_new || !self.is_strict, "{request:?} is held or under way");
            }
            if request.resource == Resource::Playlist {
                self.loads.push((self.now, None));
            }
            self.requests.push((self.now, request.clone()));
            if answer.status == 0 {
                self.silent.insert(request.id);
            } else {
                let there = self.now + answer.after;
                self.in_flight.insert((there, request.id), (request, answer));
            }
        }
        let media = self.in_flight.values().filter(|(request, _)| !request.resource.needs_body());
        assert!(media.count() <= self.most_in_flight);
        let loads = self.in_flight.values().filter(|(it, _)| it.resource == Resource::Playlist);
        assert!(loads.count() <= 1, "two loads at once");
    }

    fn drain_events(&mut self) {
        while let Some(event) = self.tracker.poll_event() {
            if let Event::Cancelled { id } = event {
                self.cancel(id);
            }
            let is_other = matches!(event, Event::Multivariant { .. } | Event::Switched { .. });
            if event == Event::Restarted || is_other {
                self.fetched.clear();
            }
            self.events.push((self.now, event));
        }
    }

    fn cancel(&mut self, id: RequestId) {
        let at = self.in_flight.keys().find(|(_, other)| *other == id).copied();
        let is_known = at.is_some() || self.silent.remove(&id);
        assert!(is_known, "{id} was cancelled and is not under way");
        if let Some(at) = at {
            self.in_flight.remove(&at);
        }
        let (_, request) = self.requests.iter().find(|(_, it)| it.id == id).unwrap();
        let key = self.key(request);
        self.fetched.remove(&key);
    }

    fn key(&self, request: &Request) -> String {
        match self.repeats_uris {
            true => format!("{:?} {}", request.resource, name(request)),
            false => name(request),
        }
    }

    fn answer(&mut self) {
        let Some(((_, id), (request, answer))) = self.in_flight.pop_first() else { return };
        if answer.status != 200 {
            let key = self.key(&request);
            self.fetched.remove(&key);
        }
        if request.resource == Resource::Playlist
            && let Some(load) = self.loads.last_mut()
        {
            load.1 = Some(self.now);
        }
        let response = Response {
            uri: answer.uri.as_deref(),
            location: answer.location.as_deref(),
            etag: answer.etag.as_deref(),
            age: answer.age,
            retry_after: answer.retry_after,
            body: answer.body.as_bytes(),
            ..Response::status(answer.status)
        };
        self.tracker.handle_response(self.now, id, &response);
    }

    /// The caller gave up what it had: it may be asked for again.
    pub(crate) fn forget(&mut self, sequence: u64, name: &str) {
        self.tracker.forget(MediaSequence(sequence));
        assert!(self.fetched.remove(name), "{name} {:?}", self.fetched);
    }

    /// What was asked for so far, each time with the last segment of its path and its query.
    pub(crate) fn asked(&self, wanted: impl Fn(Resource) -> bool) -> Vec<String> {
        let requests = self.requests.iter().filter(|(_, request)| wanted(request.resource));
        requests.map(|(_, request)| name(request).rsplit('/').next().unwrap().to_owned()).collect()
    }

    pub(crate) fn playlists(&self) -> Vec<String> {
        self.asked(|resource| resource == Resource::Playlist)
    }

    pub(crate) fn media(&self) -> Vec<String> {
        self.asked(|resource| !resource.needs_body())
    }

    pub(crate) fn has_told(&self, wanted: &Event) -> bool {
        self.events.iter().any(|(_, event)| event == wanted)
    }

    pub(crate) fn count(&self, wanted: impl Fn(&Event) -> bool) -> usize {
        self.events.iter().filter(|(_, event)| wanted(event)).count()
    }
}

fn name(request: &Request) -> String {
    match request.range {
        Some(range) => format!("{}[{range}]", request.uri),
        None => request.uri.clone(),
    }
}

/// A live stream of segments of 4 s that began long ago: at the time `now` all that have ended are there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stream {
    pub(crate) window: u64,
    /// Parts of 1 s, with blocking reload.
    pub(crate) has_parts: bool,
    pub(crate) can_skip: bool,
}

impl Stream {
    const SEGMENT: u64 = 4;

    /// The number of the segment that is being made, and how many parts of it there are.
    pub(crate) fn edge(now: Timestamp) -> (u64, u64) {
        let seconds = now.since_epoch().as_secs() + 400;
        (seconds / Self::SEGMENT, seconds % Self::SEGMENT)
    }

    /// When the part of the segment is there.
    pub(crate) fn time_of(sequence: u64, part: u64) -> Timestamp {
        Timestamp::from_secs((sequence * Self::SEGMENT + part + 1).saturating_sub(400))
    }

    pub(crate) fn playlist(&self, now: Timestamp, skip: Option<&str>) -> String {
        let (next, parts) = Self::edge(now);
        let first = next - self.window;
        let mut text = format!(
            "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-VERSION:9\n#EXT-X-MEDIA-SEQUENCE:{first}\n"
        );
        let mut control = vec![];
        if self.can_skip {
            control.push("CAN-SKIP-UNTIL=24,CAN-SKIP-DATERANGES=YES");
        }
        if self.has_parts {
            control.push("CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=3");
            text += "#EXT-X-PART-INF:PART-TARGET=1\n";
        }
        if !control.is_empty() {
            text += &format!("#EXT-X-SERVER-CONTROL:{}\n", control.join(","));
        }
        let mut from = first;
        if self.can_skip
            && let Some(version) = skip
            && self.window > 8
        {
            from = next - 8;
            let removed = if version == "v2" { ",RECENTLY-REMOVED-DATERANGES=\"\"" } else { "" };
            text += &format!("#EXT-X-SKIP:SKIPPED-SEGMENTS={}{removed}\n", from - first);
        }
        text += "#EXT-X-MAP:URI=\"init.mp4\"\n";
        for sequence in from..next {
            if self.has_parts && sequence + 3 >= next {
                for part in 0..Self::SEGMENT {
                    text += &part_tag(sequence, part);
                }
            }
            text += &format!("#EXTINF:4,\n{sequence}.mp4\n");
        }
        if self.has_parts {
            for part in 0..parts {
                text += &part_tag(next, part);
            }
            text += &format!("#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"{next}.{parts}.mp4\"\n");
        }
        text
    }

    /// The answer to any request, as a good origin gives it.
    pub(crate) fn answer(&self, now: Timestamp, request: &Request) -> Answer {
        let path = request.uri.split('?').next().unwrap();
        if path.ends_with(".m3u8") {
            return self.answer_playlist(now, request);
        }
        let name = path.rsplit('/').next().unwrap().trim_end_matches(".mp4");
        if name == "init" {
            return Answer::ok("");
        }
        let (sequence, part) = name.split_once('.').unwrap_or((name, "3"));
        let there = Self::time_of(sequence.parse().unwrap(), part.parse().unwrap());
        match request.resource {
            // The server holds it back until it is there.
            Resource::HintedPart => Answer { after: (there - now) + LATENCY, ..Answer::ok("") },
            _ if there > now => Answer::status(404),
            _ => Answer::ok(""),
        }
    }

    fn answer_playlist(&self, now: Timestamp, request: &Request) -> Answer {
        let query = request.uri.split_once('?').map_or("", |(_, query)| query);
        let parameter = |name: &str| {
            query
                .split('&')
                .filter_map(|part| part.split_once('='))
                .find(|(it, _)| *it == name)
                .map(|(_, value)| value)
        };
        let number = |name| parameter(name).map(|value| value.parse::<u64>().unwrap());
        let mut there = now;
        if let Some(sequence) = number("_HLS_msn") {
            assert!(self.has_parts, "it cannot block");
            let (next, parts) = Self::edge(now);
            assert!(sequence <= next + 1, "400: too far ahead");
            let part = number("_HLS_part").unwrap_or(3);
            assert!(sequence * 4 + part <= next * 4 + parts + 3, "400: too far ahead");
            there = there.max(Self::time_of(sequence, part));
        }
        assert!(parameter("_HLS_skip").is_none() || self.can_skip, "it cannot skip");
        let body = self.playlist(there, parameter("_HLS_skip"));
        Answer { after: (there - now) + LATENCY, ..Answer::ok(body) }
    }
}

fn part_tag(sequence: u64, part: u64) -> String {
    let independent = if part == 0 { ",INDEPENDENT=YES" } else { "" };
    format!("#EXT-X-PART:DURATION=1,URI=\"{sequence}.{part}.mp4\"{independent}\n")
}
