//! The requests that wait for their answers.

use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::string::String;
use alloc::vec::Vec;

use sansio::Timestamp;

use super::Tracker;
use super::event::Event;
use super::item::Item;
use super::reload::{Directives, Validators, target};
use super::request::{Request, RequestId, RequestedRange, Resource, Response};
use crate::uri;

/// A request that waits for its answer.
#[derive(Clone, Debug)]
pub(super) struct InFlight {
    pub(super) purpose: Purpose,
    pub(super) resource: Resource,
    pub(super) server: String,
    pub(super) uri: String,
    pub(super) range: Option<RequestedRange>,
    pub(super) redirects: u32,
    pub(super) began: Timestamp,
    pub(super) deadline: Timestamp,
}

#[derive(Clone, Debug)]
pub(super) enum Purpose {
    Playlist(Directives),
    #[cfg(feature = "steering")]
    Steering,
    Item(Item),
    /// By its number among all hints.
    HintedPart(u64),
}

impl Purpose {
    pub(super) const fn is_playlist(&self) -> bool {
        matches!(self, Self::Playlist(_))
    }

    pub(super) const fn is_media(&self) -> bool {
        matches!(self, Self::Item(_) | Self::HintedPart(_))
    }

    /// Whether it is for this segment, or a part of it.
    pub(super) fn is_of_segment(&self, number: u64) -> bool {
        match *self {
            Self::Item(Item::Segment(sequence) | Item::Part(sequence, _)) => sequence == number,
            _ => false,
        }
    }

    pub(super) const fn resource(&self) -> Resource {
        match self {
            Self::Playlist(_) => Resource::Playlist,
            #[cfg(feature = "steering")]
            Self::Steering => Resource::Steering,
            Self::Item(item) => item.resource(),
            Self::HintedPart(_) => Resource::HintedPart,
        }
    }
}

/// All of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Requests {
    next_id: u64,
    sent: BTreeMap<RequestId, InFlight>,
    deadlines: BTreeSet<(Timestamp, RequestId)>,
    /// Those that were sent elsewhere, and did not go there yet.
    redirected: VecDeque<InFlight>,
    /// How many of both are media, and how many load the playlist.
    media: usize,
    playlists: usize,
}

impl Requests {
    /// Sends it, with what tells that a copy is the newest.
    pub(super) fn send(
        &mut self,
        now: Timestamp,
        request: InFlight,
        validators: Validators,
    ) -> Request {
        let id = RequestId(self.next_id);
        self.next_id += 1;
        let sent = Request {
            id,
            resource: request.resource,
            uri: request.uri.clone(),
            range: request.range,
            if_none_match: validators.etag,
            if_modified_since: validators.last_modified,
        };
        self.count_in(&request.purpose);
        let deadline = request.deadline.max(now);
        self.deadlines.insert((deadline, id));
        self.sent.insert(id, InFlight { deadline, ..request });
        sent
    }

    /// Takes one out of those that wait.
    pub(super) fn take(&mut self, id: RequestId) -> Option<InFlight> {
        let request = self.sent.remove(&id)?;
        self.deadlines.remove(&(request.deadline, id));
        self.count_out(&request.purpose);
        Some(request)
    }

    /// It goes to `uri` instead, within the time that it has.
    pub(super) fn redirect(&mut self, request: InFlight, uri: String) {
        self.count_in(&request.purpose);
        let redirects = request.redirects + 1;
        self.redirected.push_back(InFlight { uri, redirects, ..request });
    }

    /// The next one that was sent elsewhere.
    pub(super) fn next_redirected(&mut self) -> Option<InFlight> {
        let request = self.redirected.pop_front()?;
        self.count_out(&request.purpose);
        Some(request)
    }

    /// Forgets those that were to go elsewhere.
    pub(super) fn drop_redirected(&mut self, unwanted: impl Fn(&Purpose) -> bool) {
        let redirected = core::mem::take(&mut self.redirected);
        for request in redirected {
            if unwanted(&request.purpose) {
                self.count_out(&request.purpose);
            } else {
                self.redirected.push_back(request);
            }
        }
    }

    /// Those that were sent and are for such a purpose.
    pub(super) fn ids(&self, wanted: impl Fn(&Purpose) -> bool) -> Vec<RequestId> {
        let sent = self.sent.iter().filter(|(_, request)| wanted(&request.purpose));
        sent.map(|(&id, _)| id).collect()
    }

    /// One whose time has passed.
    pub(super) fn overdue(&self, now: Timestamp) -> Option<RequestId> {
        let &(deadline, id) = self.deadlines.first()?;
        (deadline <= now).then_some(id)
    }

    /// When the time of the next one has passed.
    pub(super) fn deadline(&self) -> Option<Timestamp> {
        self.deadlines.first().map(|&(deadline, _)| deadline)
    }

    pub(super) fn len(&self) -> usize {
        self.sent.len()
    }

    pub(super) const fn media(&self) -> usize {
        self.media
    }

    /// Whether the playlist is being loaded.
    pub(super) const fn has_playlist(&self) -> bool {
        self.playlists > 0
    }

    fn count_in(&mut self, purpose: &Purpose) {
        self.media += usize::from(purpose.is_media());
        self.playlists += usize::from(purpose.is_playlist());
    }

    fn count_out(&mut self, purpose: &Purpose) {
        self.media -= usize::from(purpose.is_media());
        self.playlists -= usize::from(purpose.is_playlist());
    }
}

impl Tracker {
    /// Drops a request whose answer is of no use any more.
    pub(super) fn cancel(&mut self, id: RequestId) {
        if self.requests.take(id).is_some() {
            self.tell(Event::Cancelled { id });
        }
    }

    /// Drops all requests for such a purpose.
    pub(super) fn cancel_all(&mut self, unwanted: impl Fn(&Purpose) -> bool) {
        for id in self.requests.ids(&unwanted) {
            self.cancel(id);
        }
        self.requests.drop_redirected(unwanted);
    }

    pub(super) fn send(
        &mut self,
        now: Timestamp,
        request: InFlight,
        validators: Validators,
    ) -> Request {
        let purpose = request.purpose.clone();
        let sent = self.requests.send(now, request, validators);
        if let Purpose::HintedPart(number) = purpose
            && let Some(hinted) = self.hinted.iter_mut().find(|hinted| hinted.number == number)
        {
            (hinted.request, hinted.id) = (sent.id, Some(sent.id));
        }
        sent
    }

    /// A request that begins now. What the server may hold back has more time.
    pub(super) fn request(
        &self,
        now: Timestamp,
        purpose: Purpose,
        server: String,
        uri: String,
    ) -> InFlight {
        let may_block = match purpose {
            Purpose::Playlist(directives) => directives.is_blocking,
            Purpose::HintedPart(_) => true,
            _ => false,
        };
        let held_back = self.live.as_ref().filter(|_| may_block);
        let held_back = held_back.map(|live| target(live, &self.config).saturating_mul(3));
        let deadline = now + self.config.timeout + held_back.unwrap_or_default();
        let resource = purpose.resource();
        InFlight { purpose, resource, server, uri, range: None, redirects: 0, began: now, deadline }
    }

    pub(super) fn redirect(&mut self, request: InFlight, response: &Response<'_>) {
        let location = response.location.unwrap_or_default();
        let uri = uri::resolve(&request.uri, location);
        self.requests.redirect(request, uri);
    }

    /// Whether one more segment may be under way.
    pub(super) fn has_room(&self) -> bool {
        self.requests.media() < self.config.in_flight.max(1)
    }
}
