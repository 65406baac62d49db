//! Commands: answers to what the tracker asks for, time, seeks, pathways, a rendition. Whatever comes, it asks for nothing twice,
//! keeps to its limits and leaves no deadline behind.

use std::collections::BTreeMap;
use std::time::Duration;

use hls_index::tracker::{
    Config, PathwayClone, RequestId, Resource, Response, SteeringManifest, Tracker,
};
use hls_index::{LivePlaylist, MediaSequence, RenditionType, Replacement, Ticks};
use sansio::Timestamp;

pub(crate) fn run(data: &[u8]) {
    let config =
        Config { attempts: 3, in_flight: 3, ..Config::new("https://a.example.com/i.m3u8") };
    let mut now = Timestamp::from_secs(1);
    let mut tracker = Tracker::new(now, config, [9; 32]);
    let mut in_flight: BTreeMap<RequestId, Resource> = BTreeMap::new();
    drain(&mut tracker, now, &mut in_flight);
    let mut rest = data;
    while let [command, argument, after @ ..] = rest {
        rest = after;
        let oldest = in_flight.first_key_value().map(|(&id, _)| id);
        let load = in_flight.iter().find(|(_, it)| it.needs_body()).map(|(&id, _)| id);
        match command % 8 {
            0 => now += Duration::from_millis(u64::from(*argument) * 50),
            1 => now = tracker.poll_timeout().map_or(now, |at| at.max(now)),
            2 | 3 => {
                // A playlist, of as many bytes as the next two say.
                let [high, low, after @ ..] = rest else { return };
                let length = usize::from(u16::from_be_bytes([*high, *low])).min(after.len());
                rest = &after[length..];
                let uri = (command % 8 == 3).then_some("https://b.example.com/x/i.m3u8?t=1");
                let age = (*argument > 0).then(|| Duration::from_secs(u64::from(*argument)));
                let response = Response { uri, age, ..Response::ok(&after[..length]) };
                answer(&mut tracker, now, load, &mut in_flight, &response);
            }
            4 => answer(&mut tracker, now, oldest, &mut in_flight, &Response::ok(b"")),
            5 => {
                let status = [204, 302, 304, 400, 404, 410, 429, 503][usize::from(*argument) % 8];
                let wait = Duration::from_secs(u64::from(*argument));
                let location = Some("elsewhere.m3u8");
                let response =
                    Response { location, retry_after: Some(wait), ..Response::status(status) };
                answer(&mut tracker, now, load.or(oldest), &mut in_flight, &response);
            }
            6 => {
                if let Some(id) = oldest {
                    in_flight.remove(&id);
                    tracker.handle_failure(now, id);
                }
            }
            _ if command / 8 % 4 > 0 => {
                let rendition = order(&mut tracker, now, command / 8, *argument);
                if let Some(rendition) = rendition {
                    (tracker, in_flight) = (rendition, BTreeMap::new());
                }
            }
            _ => match argument % 4 {
                0 => _ = tracker.select(now, usize::from(*argument) / 4),
                1 => tracker.resume(now),
                _ => tracker.play(now, Ticks::from_seconds(u64::from(*argument) / 4)),
            },
        }
        tracker.handle_timeout(now);
        drain(&mut tracker, now, &mut in_flight);
    }
    let _ = format!("{tracker:?}");
}

/// What a caller may say beside answers; the tracker of a rendition, where it wants one.
fn order(tracker: &mut Tracker, now: Timestamp, order: u8, argument: u8) -> Option<Tracker> {
    let first = tracker.live().map_or(MediaSequence(0), LivePlaylist::first_sequence);
    let sequence = MediaSequence(first.0.saturating_add(u64::from(argument) / 4));
    match (order % 4, argument % 4) {
        (1, 0) => tracker.hold(sequence),
        (1, 1) => tracker.forget(sequence),
        (1, _) => {
            let start = Ticks::from_seconds(u64::from(argument));
            if let Some(live) = tracker.live_mut() {
                // Refused where it contradicts what was measured before.
                let _ = live.set_measured(sequence, start, start + Ticks::from_seconds(4));
            }
        }
        (2, kind) => {
            let clone = PathwayClone {
                base_id: [".", "near", "b", "https://a.example.com/low.m3u8"][usize::from(kind)]
                    .into(),
                id: "clone".into(),
                replacement: Replacement::new().host("c.example.com").parameter("t", "1"),
                per_rendition_uris: vec![("r".into(), "https://r.example.com/i.m3u8".into())],
                ..PathwayClone::default()
            };
            tracker.steer(
                now,
                SteeringManifest {
                    pathway_priority: match argument / 4 % 4 {
                        0 => vec!["clone".into(), "far".into()],
                        1 => vec!["far".into(), "near".into()],
                        2 => vec!["near".into()],
                        _ => vec![".".into(), "clone".into()],
                    },
                    pathway_clones: vec![clone],
                    ..SteeringManifest::default()
                },
            );
        }
        _ => {
            let kind = [
                RenditionType::Audio,
                RenditionType::Video,
                RenditionType::Subtitles,
                RenditionType::ClosedCaptions,
            ];
            return tracker.rendition(now, kind[usize::from(argument % 4)], "a", [8; 32]).ok();
        }
    }
    None
}

fn answer(
    tracker: &mut Tracker,
    now: Timestamp,
    id: Option<RequestId>,
    in_flight: &mut BTreeMap<RequestId, Resource>,
    response: &Response<'_>,
) {
    if let Some(id) = id {
        in_flight.remove(&id);
        tracker.handle_response(now, id, response);
    }
}

fn drain(tracker: &mut Tracker, now: Timestamp, in_flight: &mut BTreeMap<RequestId, Resource>) {
    for count in 0.. {
        assert!(count < 1000, "it asks without end");
        let Some(request) = tracker.poll_request(now) else { break };
        assert!(in_flight.insert(request.id, request.resource).is_none());
        assert!(!request.resource.needs_body() || request.range.is_none());
    }
    let mut switched = None;
    for count in 0.. {
        assert!(count < 2000, "it tells without end");
        match tracker.poll_event() {
            Some(hls_index::tracker::Event::Switched { variant }) => switched = Some(variant),
            Some(hls_index::tracker::Event::Cancelled { id }) => {
                assert!(in_flight.remove(&id).is_some(), "{id} was not under way");
            }
            Some(_) => {}
            None => break,
        }
    }
    assert!(switched.is_none_or(|variant| variant == tracker.variant()));
    let of = |wanted: fn(&Resource) -> bool| in_flight.values().filter(|it| wanted(it)).count();
    assert!(of(|it| !it.needs_body()) <= 3 && of(|it| *it == Resource::Playlist) <= 1);
    assert!(tracker.poll_timeout().is_none_or(|at| at > now), "{tracker:?}");
}
