//! `--json`: what happened, for programs.

use std::time::Duration;

use serde::Serialize;

/// The whole tour. The order of the fields is the order in the output.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Report {
    pub(crate) acts: Vec<ActReport>,
    /// The wanted moment, in seconds.
    pub(crate) at: f64,
    /// The segment that holds it.
    pub(crate) segment: String,
    /// The files that were fetched in each act, in order.
    pub(crate) fetched: Vec<String>,
    /// How many bytes they are.
    pub(crate) bytes: u64,
    /// Whether all that arrived was the same as at the source.
    pub(crate) sha256_ok: bool,
}

/// One act, from the viewer's side.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct ActReport {
    pub(crate) act: &'static str,
    pub(crate) selected: Selected,
    /// From the moment when both peers had each other's credentials until both had a path.
    pub(crate) connect_ms: f64,
    /// The round trip time of the last check on the selected pair.
    pub(crate) rtt_ms: f64,
    /// How many pairs the viewer has sent checks on.
    pub(crate) pairs_tried: usize,
}

/// The types of the selected pair's candidates, as RFC 8839 §5.1 names them.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub(crate) struct Selected {
    pub(crate) local: &'static str,
    pub(crate) remote: &'static str,
}

/// Milliseconds, to the microsecond.
pub(crate) fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1_000_000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_object_has_its_keys_in_order() {
        let report = Report {
            acts: vec![ActReport {
                act: "a",
                selected: Selected { local: "host", remote: "host" },
                connect_ms: milliseconds(Duration::from_nanos(12_345_678)),
                rtt_ms: 0.25,
                pairs_tried: 1,
            }],
            at: 10.0,
            segment: "Segment_3.mp4".to_owned(),
            fetched: vec!["Segment_3.mp4".to_owned()],
            bytes: 7,
            sha256_ok: true,
        };
        assert_eq!(
            serde_json::to_string(&report).unwrap(),
            "{\"acts\":[{\"act\":\"a\",\"selected\":{\"local\":\"host\",\"remote\":\"host\"},\
             \"connect_ms\":12.346,\"rtt_ms\":0.25,\"pairs_tried\":1}],\"at\":10.0,\
             \"segment\":\"Segment_3.mp4\",\"fetched\":[\"Segment_3.mp4\"],\"bytes\":7,\
             \"sha256_ok\":true}"
        );
    }
}
