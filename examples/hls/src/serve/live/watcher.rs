//! Looks at the folder again and again. It asks the file system, as notifications are lost on network
//! file systems and in containers.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::Arc;
use std::time::Duration;

use hls_index::write::NewTag;
use hls_index::{Playlist, Ticks, uri};
use tokio::sync::watch;

use super::Issues;
use super::stream::Stream;
use crate::serve::root::{Root, clean};

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
    issues: watch::Sender<Issues>,
}

impl Watcher {
    /// Looks once, and then from a thread of its own for as long as anybody listens.
    pub(super) fn start(root: Root, part: Option<Ticks>) -> watch::Receiver<Issues> {
        let (issues, receiver) = watch::channel(Issues::default());
        let (streams, groups) = (BTreeMap::new(), Vec::new());
        let mut watcher = Self { root, part, streams, groups, issues };
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
    fn media_playlists(&self, path: &str) -> Option<BTreeSet<String>> {
        const HERE: &str = "http://here";
        let text = fs::read_to_string(self.root.file(path)?).ok()?;
        let Ok(Playlist::Multivariant(playlist)) = Playlist::parse(&text) else { return None };
        let variants = playlist.variants().map(|variant| variant.uri);
        let renditions = playlist.renditions().filter_map(|rendition| rendition.uri);
        let paths = variants.chain(renditions).filter_map(|reference| {
            let resolved = uri::resolve(&format!("{HERE}{path}"), reference);
            clean(resolved.strip_prefix(HERE)?.split(['?', '#']).next()?)
        });
        Some(paths.collect())
    }

    fn look(&mut self) {
        let mut has_changed = self.streams.len() < self.issues.borrow().len();
        for stream in self.streams.values_mut() {
            has_changed |= stream.look(&self.root, self.part);
        }
        if !has_changed {
            return;
        }
        let issues = self.streams.iter().filter_map(|(path, stream)| {
            Some((path.clone(), Arc::new(stream.issue(self.reports_for(path))?)))
        });
        self.issues.send_replace(Arc::new(issues.collect()));
    }

    /// EXT-X-RENDITION-REPORT for the streams that can be switched to.
    fn reports_for(&self, path: &str) -> Vec<NewTag> {
        let groups = self.groups.iter().filter(|group| group.contains(path));
        let others: BTreeSet<&String> = groups.flatten().filter(|other| *other != path).collect();
        let streams = others.into_iter().filter_map(|other| self.streams.get(other));
        streams.filter_map(|stream| stream.report(path)).collect()
    }
}
