//! EXT-X-DATERANGE tags: since when they are there, and which are gone, so that a delta update can leave
//! out what a client has (RFC 8216bis §6.2.5.1).

use std::time::Duration;

use hls_index::AttributeValue;
use hls_index::write::NewTag;
use sansio::Timestamp;

/// IDs that are gone are remembered for so long, which is more than any client's copy may be old.
const REMEMBERED: Duration = Duration::from_secs(3600);
/// No more of them.
const MAX_GONE: usize = 1000;

/// The date ranges of a playlist.
#[derive(Clone, Debug, Default)]
pub(super) struct DateRanges {
    /// Each tag that is there, and when it was first seen.
    there: Vec<(NewTag, Timestamp)>,
    /// The IDs of those that are gone, and when they went.
    gone: Vec<(String, Timestamp)>,
}

impl DateRanges {
    /// The playlist has these tags now, among others.
    pub(super) fn update<'t>(&mut self, tags: impl Iterator<Item = &'t NewTag>, now: Timestamp) {
        let before = std::mem::take(&mut self.there);
        for tag in tags.filter(|tag| is_date_range(tag)) {
            let known = before.iter().find(|(known, _)| known == tag);
            self.there.push((tag.clone(), known.map_or(now, |(_, since)| *since)));
        }
        let is_there = |id: &str| self.there.iter().any(|(tag, _)| self::id(tag) == Some(id));
        self.gone.retain(|(id, when)| !is_there(id) && now.since(*when) < REMEMBERED);
        for id in before.iter().filter_map(|(tag, _)| id(tag)) {
            if !is_there(id) && !self.gone.iter().any(|(gone, _)| gone == id) {
                self.gone.push((id.to_owned(), now));
            }
        }
        let surplus = self.gone.len().saturating_sub(MAX_GONE);
        self.gone.drain(..surplus);
    }

    /// Whether a tag has been there for longer than `limit`.
    pub(super) fn is_old(&self, tag: &NewTag, limit: Duration, now: Timestamp) -> bool {
        let known = self.there.iter().find(|(known, _)| known == tag);
        known.is_some_and(|(_, first)| now.since(*first) > limit)
    }

    /// The IDs of those that have gone within `limit`, with tabs between them.
    pub(super) fn gone(&self, limit: Duration, now: Timestamp) -> String {
        let gone = self.gone.iter().filter(|(_, when)| now.since(*when) <= limit);
        gone.map(|(id, _)| id.as_str()).collect::<Vec<_>>().join("\t")
    }
}

pub(super) fn is_date_range(tag: &NewTag) -> bool {
    tag.name() == "EXT-X-DATERANGE"
}

fn id(tag: &NewTag) -> Option<&str> {
    tag.attributes().find("ID").ok().flatten().map(AttributeValue::text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from(Duration::from_secs(seconds))
    }

    fn range(id: &str) -> NewTag {
        NewTag::date_range(id, "2026-11-22T17:00:00Z".parse().unwrap()).unwrap()
    }

    #[test]
    fn each_tag_has_its_age_and_what_is_gone_is_told_for_a_while() {
        let limit = Duration::from_secs(12);
        let mut ranges = DateRanges::default();
        ranges.update([range("a"), range("b")].iter(), at(0));
        // Another tag of the same range is newer than the first one.
        let more = range("a").quoted("X-MORE", "1").unwrap();
        ranges.update([range("a"), more.clone(), range("b")].iter(), at(10));
        assert!(ranges.is_old(&range("a"), limit, at(13)));
        assert!(!ranges.is_old(&range("a"), limit, at(12)));
        assert!(!ranges.is_old(&more, limit, at(13)));
        assert_eq!(ranges.gone(limit, at(13)), "");
        ranges.update([range("c")].iter(), at(20));
        assert_eq!(ranges.gone(limit, at(32)), "a\tb");
        assert_eq!(ranges.gone(limit, at(33)), "");
        // It is back.
        ranges.update([range("a")].iter(), at(21));
        assert_eq!(ranges.gone(limit, at(22)), "b\tc");
    }
}
