//! Looks at the folder again and again. It asks the file system, as notifications are lost on network
//! file systems and in containers.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use hls_index::write::NewTag;
use hls_index::{Playlist, Ticks};
use sansio::Clock;
use tokio::sync::watch;

use super::Issues;
use super::limits::Limits;
use super::reference;
use super::segments::{Stamp, stamp};
use super::stream::{MAX_PLAYLIST, Stream};
use crate::serve::root::Root;

/// How often it looks: a part is offered so much later than it could be at the most.
const PERIOD: Duration = Duration::from_millis(25);
/// How many looks there are to one for new playlists.
const LOOKS: u32 = 40;

pub(super) struct Watcher {
    root: Root,
    part: Option<Ticks>,
    streams: BTreeMap<String, Stream>,
    /// Media playlists of the same multivariant playlist.
    groups: Vec<BTreeSet<String>>,
    /// What each file was found to be, so that it is read again only when it has changed.
    kinds: BTreeMap<String, (Stamp, Option<BTreeSet<String>>)>,
    clock: Clock,
    issues: watch::Sender<Issues>,
}

impl Watcher {
    /// Looks once, and then from a thread of its own for as long as anybody listens.
    pub(super) fn start(root: Root, part: Option<Ticks>, clock: Clock) -> watch::Receiver<Issues> {
        let (issues, receiver) = watch::channel(Issues::default());
        let (streams, groups, kinds) = (BTreeMap::new(), Vec::new(), BTreeMap::new());
        let mut watcher = Self { root, part, streams, groups, kinds, clock, issues };
        watcher.find_playlists();
        watcher.look();
        std::thread::spawn(move || {
            for look in 1_u32.. {
                if watcher.issues.is_closed() {
                    return;
                }
                std::thread::sleep(PERIOD);
                if look.is_multiple_of(LOOKS) {
                    watcher.find_playlists();
                }
                watcher.look();
            }
        });
        receiver
    }

    fn find_playlists(&mut self) {
        let found = self.root.playlists();
        self.groups.clear();
        self.kinds.retain(|path, _| found.contains(path));
        for path in &found {
            match self.media_playlists(path) {
                Some(group) => self.groups.push(group),
                None => {
                    self.streams.entry(path.clone()).or_insert_with(|| Stream::new(path.clone()));
                }
            }
        }
        self.streams.retain(|path, _| found.contains(path));
    }

    /// The media playlists that a playlist lists; `None` when it is no multivariant playlist.
    fn media_playlists(&mut self, path: &str) -> Option<BTreeSet<String>> {
        let real = self.root.file(path)?;
        let stamp = stamp(&fs::metadata(&real).ok()?);
        if let Some((before, kind)) = self.kinds.get(path)
            && *before == stamp
        {
            return kind.clone();
        }
        let kind = if stamp.0 <= MAX_PLAYLIST { self.listed(path, &real) } else { None };
        self.kinds.insert(path.to_owned(), (stamp, kind.clone()));
        kind
    }

    fn listed(&self, path: &str, real: &Path) -> Option<BTreeSet<String>> {
        let text = fs::read_to_string(real).ok()?;
        let Ok(Playlist::Multivariant(playlist)) = Playlist::parse(&text) else { return None };
        let variants = playlist.variants().map(|variant| variant.uri);
        let renditions = playlist.renditions().filter_map(|rendition| rendition.uri);
        let listed = variants.chain(renditions);
        Some(listed.filter_map(|listed| reference::path(path, listed)).collect())
    }

    fn look(&mut self) {
        let mut has_changed = self.streams.len() < self.issues.borrow().len();
        let now = self.clock.now();
        for stream in self.streams.values_mut() {
            has_changed |= stream.look(&self.root, self.part, now);
        }
        if !has_changed {
            return;
        }
        let issues = self.streams.iter().filter_map(|(path, stream)| {
            let issue = stream.issue(self.reports_for(path), self.limits_of(path))?;
            Some((path.clone(), Arc::new(issue)))
        });
        self.issues.send_replace(Arc::new(issues.collect()));
    }

    /// What follows from all streams of the same presentation: those that are beside it in a multivariant
    /// playlist, and those beside these in another.
    fn limits_of(&self, path: &str) -> Limits {
        let mut together = BTreeSet::from([path]);
        loop {
            let is_beside = |group: &&BTreeSet<String>| {
                group.iter().any(|other| together.contains(other.as_str()))
            };
            let beside = self.groups.iter().filter(is_beside).flatten().map(String::as_str);
            let more: BTreeSet<&str> = beside.chain([path]).collect();
            if more == together {
                break;
            }
            together = more;
        }
        let streams = together.into_iter().filter_map(|path| self.streams.get(path));
        streams.filter_map(Stream::limits).fold(Limits::default(), Limits::and)
    }

    /// EXT-X-RENDITION-REPORT for the streams that can be switched to.
    fn reports_for(&self, path: &str) -> Vec<NewTag> {
        let groups = self.groups.iter().filter(|group| group.contains(path));
        let others: BTreeSet<&String> = groups.flatten().filter(|other| *other != path).collect();
        let streams = others.into_iter().filter_map(|other| self.streams.get(other));
        streams.filter_map(|stream| stream.report(path)).collect()
    }
}
