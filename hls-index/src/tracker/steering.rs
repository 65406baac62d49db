//! Content steering (RFC 8216bis §7).

use alloc::string::String;
#[cfg(feature = "steering")]
use alloc::string::ToString as _;
use alloc::vec::Vec;
use core::time::Duration;

use sansio::Timestamp;

use super::Tracker;
#[cfg(feature = "steering")]
use super::in_flight::{InFlight, Purpose};
#[cfg(feature = "steering")]
use super::reload::Validators;
#[cfg(feature = "steering")]
use super::{Event, Request, Response, query};
use crate::placement::Replacement;
#[cfg(feature = "steering")]
use crate::uri;

/// A steering manifest (RFC 8216bis §7.2): which pathways to take.
///
/// With the feature `steering` a [`Tracker`](super::Tracker) loads it by itself; without it, read it
/// by other means and hand it to [`Tracker::steer`](super::Tracker::steer).
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct SteeringManifest {
    /// TTL: how long until it is to be loaded again.
    pub ttl: Option<Duration>,
    /// RELOAD-URI: where then, relative to where it came from.
    pub reload_uri: Option<String>,
    /// PATHWAY-PRIORITY: the pathways in the order in which to ask them.
    pub pathway_priority: Vec<String>,
    /// PATHWAY-CLONES: pathways made from others.
    pub pathway_clones: Vec<PathwayClone>,
}

/// A pathway made from another (RFC 8216bis §7.3).
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct PathwayClone {
    /// BASE-ID: the one that it is made from.
    pub base_id: String,
    /// ID: its name.
    pub id: String,
    /// HOST and PARAMS of URI-REPLACEMENT: how its URIs differ.
    pub replacement: Replacement,
    /// PER-VARIANT-URIS of URI-REPLACEMENT: STABLE-VARIANT-IDs and the URIs of their playlists.
    pub per_variant_uris: Vec<(String, String)>,
    /// PER-RENDITION-URIS of URI-REPLACEMENT: STABLE-RENDITION-IDs and the URIs of their playlists.
    pub per_rendition_uris: Vec<(String, String)>,
}

/// Why a text is no steering manifest.
#[cfg(feature = "steering")]
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SteeringError {
    /// It is not a JSON object.
    #[error("the steering manifest is not a JSON object")]
    NotJson,
    /// VERSION is not 1.
    #[error("the steering manifest is of an unknown version")]
    Version,
}

#[cfg(feature = "steering")]
impl SteeringManifest {
    /// More pathways and clones than this are passed over.
    const MOST: usize = 100;

    /// Reads the JSON. What is missing in it or of another type than it should be is passed over.
    ///
    /// ```
    /// use hls_index::tracker::SteeringManifest;
    ///
    /// let manifest = SteeringManifest::parse(
    ///     br#"{"VERSION": 1, "TTL": 300, "PATHWAY-PRIORITY": ["near", "far"]}"#,
    /// )?;
    /// assert_eq!(manifest.pathway_priority, ["near", "far"]);
    /// # Ok::<(), hls_index::tracker::SteeringError>(())
    /// ```
    ///
    /// # Errors
    /// When it is no JSON object, or of another version.
    pub fn parse(json: &[u8]) -> Result<Self, SteeringError> {
        use serde_json::Value;

        let manifest: Value = serde_json::from_slice(json).map_err(|_| SteeringError::NotJson)?;
        let manifest = manifest.as_object().ok_or(SteeringError::NotJson)?;
        if manifest.get("VERSION").and_then(Value::as_u64) != Some(1) {
            return Err(SteeringError::Version);
        }
        let list = |name: &str| manifest.get(name).and_then(Value::as_array).into_iter().flatten();
        let text = |value: &Value| value.as_str().map(String::from);
        Ok(Self {
            ttl: manifest.get("TTL").and_then(Value::as_u64).map(Duration::from_secs),
            reload_uri: manifest.get("RELOAD-URI").and_then(text),
            pathway_priority: list("PATHWAY-PRIORITY").filter_map(text).take(Self::MOST).collect(),
            pathway_clones: list("PATHWAY-CLONES").filter_map(clone).take(Self::MOST).collect(),
        })
    }
}

#[cfg(feature = "steering")]
fn clone(value: &serde_json::Value) -> Option<PathwayClone> {
    use serde_json::Value;

    let text = |value: &Value| value.as_str().map(String::from);
    let given = value.get("URI-REPLACEMENT")?;
    let mut replacement = Replacement::new();
    if let Some(host) = given.get("HOST").and_then(Value::as_str).filter(|host| !host.is_empty()) {
        replacement = replacement.host(host);
    }
    let pairs = |name: &str| given.get(name).and_then(Value::as_object).into_iter().flatten();
    for (name, value) in pairs("PARAMS") {
        if let Some(value) = value.as_str().filter(|_| !name.is_empty()) {
            replacement = replacement.parameter(name, value);
        }
    }
    let uris =
        |name: &str| pairs(name).filter_map(|(id, uri)| Some((id.clone(), text(uri)?))).collect();
    Some(PathwayClone {
        base_id: value.get("BASE-ID").and_then(text)?,
        id: value.get("ID").and_then(text)?,
        replacement,
        per_variant_uris: uris("PER-VARIANT-URIS"),
        per_rendition_uris: uris("PER-RENDITION-URIS"),
    })
}

/// When to load the manifest, and from where.
#[cfg(feature = "steering")]
#[derive(Clone, Debug)]
pub(super) struct Steering {
    uri: String,
    ttl: Duration,
    /// `None` while it is being loaded, and when the server wants to be asked no more.
    due: Option<Timestamp>,
}

#[cfg(feature = "steering")]
impl Steering {
    /// How long a manifest holds that does not say.
    const TTL: Duration = Duration::from_secs(300);

    pub(super) const fn new(uri: String, now: Timestamp) -> Self {
        Self { uri, ttl: Self::TTL, due: Some(now) }
    }
}

impl Tracker {
    /// Goes on when it has stopped, which cancelled the load of the manifest too. Whether it had.
    pub(super) fn go_on(&mut self, now: Timestamp) -> bool {
        let had_stopped = self.stopped.take().is_some();
        #[cfg(feature = "steering")]
        if let Some(steering) = self.steering.as_mut().filter(|_| had_stopped) {
            steering.due = steering.due.or(Some(now));
        }
        #[cfg(not(feature = "steering"))]
        let _ = now;
        had_stopped
    }

    /// When the steering manifest is to be loaded.
    pub(super) fn steering_due(&self) -> Option<Timestamp> {
        #[cfg(feature = "steering")]
        return self.steering.as_ref()?.due;
        #[cfg(not(feature = "steering"))]
        None
    }
}

#[cfg(feature = "steering")]
impl Tracker {
    /// The least time between two loads of the manifest, whatever its TTL.
    const STEERING_FLOOR: Duration = Duration::from_secs(1);

    /// The multivariant playlist is there, and may name a steering server.
    pub(super) fn begin_steering(&mut self, now: Timestamp) {
        let Some((base, multivariant)) = &self.multivariant else { return };
        let server = multivariant.content_steering();
        let uri = server.map(|server| uri::resolve(base, server.server_uri));
        self.steering = uri.map(|uri| Steering::new(uri, now));
        // What the playlist before it asked for is of no use.
        self.cancel_all(|purpose| matches!(purpose, Purpose::Steering));
    }

    pub(super) fn steering_request(&mut self, now: Timestamp) -> Option<Request> {
        let steering = self.steering.as_mut().filter(|it| it.due.is_some_and(|due| due <= now))?;
        steering.due = None;
        let uri = steering.uri.clone();
        let mut parameters = Vec::new();
        if let Some(pathway) = self.pathways.applied.as_deref().or_else(|| self.servers.current()) {
            let quoted = query::percent_encoded(&alloc::format!("\"{pathway}\""));
            parameters.push(("_HLS_pathway", quoted));
        }
        if let Some(throughput) = self.throughput {
            parameters.push(("_HLS_throughput", throughput.to_string()));
        }
        let uri = query::with_parameters(&uri, &parameters);
        let request = self.request(now, Purpose::Steering, String::new(), uri);
        Some(self.send(now, request, Validators::default()))
    }

    pub(super) fn steering_answered(
        &mut self,
        now: Timestamp,
        request: &InFlight,
        response: &Response<'_>,
    ) {
        if response.status == 410 {
            // Gone: the server wants to be asked no more.
            self.steering = None;
            return;
        }
        let is_readable = response.is_success() && response.body.len() <= self.config.max_body;
        let manifest = is_readable.then(|| SteeringManifest::parse(response.body));
        let Some(Ok(manifest)) = manifest else {
            if manifest.is_some() {
                self.tell(Event::Unreadable { error: None });
            }
            return self.steering_failed(now, response.retry_after);
        };
        if let Some(steering) = &mut self.steering {
            steering.ttl = manifest.ttl.unwrap_or(Steering::TTL).max(Self::STEERING_FLOOR);
            steering.due = Some(now + steering.ttl);
            if let Some(reload) = &manifest.reload_uri {
                steering.uri = uri::resolve(response.uri.unwrap_or(&request.uri), reload);
            }
        }
        self.tell(Event::Steered);
        self.steer(now, manifest);
    }

    /// The manifest that is held, if any, holds for another TTL.
    pub(super) fn steering_failed(&mut self, now: Timestamp, retry_after: Option<Duration>) {
        if let Some(steering) = &mut self.steering {
            let wait = retry_after.unwrap_or(steering.ttl).max(Self::STEERING_FLOOR);
            steering.due = Some(now + wait);
        }
    }
}
