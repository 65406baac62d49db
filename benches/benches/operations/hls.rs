//! The operations on playlists: who does them, and what ours shall reach.

use std::hint::black_box;
use std::rc::Rc;

use benches::floor::{self, CacheLines};
use benches::hls::{self, Starts, Window};
use benches::operation::{Against, Operation, Role};
use benches::playlists::{self, Random};
use hls_index::{Buffers, DateTime, MediaPlaylist, Placement, SegmentIndex, Ticks};

use crate::peers::{hls as peers, hls_writing as writers};

/// Reading playlists with nothing but durations and URIs.
pub(crate) fn parse_simple(segments: usize) -> Operation {
    let text: &'static str = playlists::simple(segments).leak();
    let operation =
        parse(format!("parse {} simple segments", count(segments)), text, text, segments);
    match segments {
        100_000 => operation
            .goal(Against::FastestPeer, 1.0 / 6.0)
            .goal(Against::Named(QUICK_M3U8), 1.0 / 6.0)
            .goal(Against::Named(NEWLINES), 2.2),
        1_000_000 => operation.goal(Against::FastestPeer, 1.0 / 12.0),
        _ => operation,
    }
}

/// Reading playlists with dates, parts, byte ranges, keys and maps.
pub(crate) fn parse_rich(segments: usize) -> Operation {
    let text: &'static str = playlists::rich(segments).leak();
    let version_7: &'static str = text.replacen("#EXT-X-VERSION:9", "#EXT-X-VERSION:7", 1).leak();
    let operation =
        parse(format!("parse {} rich segments", count(segments)), text, version_7, segments);
    match segments {
        100_000 => operation
            .goal(Against::FastestPeer, 1.0 / 9.0)
            .goal(Against::Named(QUICK_M3U8), 1.0 / 5.0)
            .goal(Against::Named(NEWLINES), 5.0),
        _ => operation,
    }
}

const QUICK_M3U8: &str = "quick-m3u8 (lines only)";
const NEWLINES: &str = "memchr, line by line";

/// `version_7` is the same text for the peer that takes no later version. Playlists of a million
/// rich segments take some peers gigabytes; those do not run.
fn parse(name: String, text: &'static str, version_7: &'static str, segments: usize) -> Operation {
    let is_huge = text.len() > 200_000_000;
    assert_eq!(hls::parse(text).map(|playlist| playlist.len()), Some(segments));
    assert_eq!(hls::parse(text).map(|playlist| playlist.index().len()), Some(segments));
    let mut operation = Operation::new(name)
        .items(segments)
        .with(Role::Ours, "hls-index", move || hls::parse(black_box(text)))
        .with(Role::Aside, "hls-index, and its index", move || {
            let playlist = hls::parse(black_box(text));
            playlist.map(|playlist| playlist.index().len())
        })
        .with(Role::Aside, "hls-index, in its old memory", {
            let mut memory = Buffers::default();
            assert_eq!(hls::parse_into(text, &mut memory), Some(segments));
            move || hls::parse_into(black_box(text), &mut memory)
        });

    assert_eq!(peers::quick_m3u8(text), Some(segments));
    operation = operation.with(Role::Aside, QUICK_M3U8, move || peers::quick_m3u8(black_box(text)));
    assert_eq!(peers::broadcast_hls(text).map(|playlist| playlist.segments.len()), Some(segments));
    operation =
        operation.with(Role::Peer, "broadcast-hls", move || peers::broadcast_hls(black_box(text)));
    if !is_huge {
        let all = peers::m3u8_parser(text).map(|playlist| playlist.media_segments().len());
        assert_eq!(all, Some(segments));
        assert_eq!(peers::m3u8_rs(text).map(|playlist| playlist.segments.len()), Some(segments));
        let all = peers::hls_m3u8(version_7).map(|playlist| playlist.segments.iter().count());
        assert_eq!(all, Some(segments));
        operation = operation
            .with(Role::Peer, "m3u8-parser", move || peers::m3u8_parser(black_box(text)))
            .with(Role::Peer, "m3u8-rs", move || peers::m3u8_rs(black_box(text)))
            .with(Role::Peer, "hls_m3u8", move || peers::hls_m3u8(black_box(version_7)));
    }
    operation.with(Role::Floor, NEWLINES, move || floor::newlines(black_box(text)))
}

/// Writing playlists with nothing but durations and URIs, all from a model in memory.
pub(crate) fn write(segments: usize) -> Operation {
    let text: &'static str = playlists::simple(segments).leak();
    let playlist = hls::parse(text).expect("the playlist is right");
    let ours = playlist.to_builder().expect("it can be written");
    let broadcast_hls = peers::broadcast_hls(text).expect("it reads it");
    let m3u8_parser = peers::m3u8_parser(text).expect("it reads it");
    let m3u8_rs = peers::m3u8_rs(text).expect("it reads it");
    let hls_m3u8 = peers::hls_m3u8(text).expect("it reads it");
    let is_right = |text: Option<&[u8]>| {
        let text = text.and_then(|text| core::str::from_utf8(text).ok());
        let written = text.and_then(hls::parse);
        written.is_some_and(|written| {
            written.segments().map(|one| one.uri()).eq(playlist.segments().map(|one| one.uri()))
        })
    };
    assert!(is_right(hls::write(&ours).as_deref().map(str::as_bytes)));
    assert!(is_right(writers::write_broadcast_hls(&broadcast_hls).as_deref().map(str::as_bytes)));
    assert!(is_right(writers::write_m3u8_parser(&m3u8_parser).as_deref().map(str::as_bytes)));
    assert!(is_right(writers::write_m3u8_rs(&m3u8_rs).as_deref()));
    assert!(is_right(writers::write_hls_m3u8(&hls_m3u8).as_deref().map(str::as_bytes)));
    Operation::new(format!("write {} simple segments", count(segments)))
        .items(segments)
        .with(Role::Ours, "hls-index", move || hls::write(black_box(&ours)))
        .with(Role::Peer, "broadcast-hls", move || {
            writers::write_broadcast_hls(black_box(&broadcast_hls))
        })
        .with(Role::Peer, "m3u8-parser", move || {
            writers::write_m3u8_parser(black_box(&m3u8_parser))
        })
        .with(Role::Peer, "m3u8-rs", move || writers::write_m3u8_rs(black_box(&m3u8_rs)))
        .with(Role::Peer, "hls_m3u8", move || writers::write_hls_m3u8(black_box(&hls_m3u8)))
        .goal(Against::FastestPeer, 0.25)
}

/// Loading a live playlist again, of which one segment is new: peers read all of it.
pub(crate) fn reload(segments: usize) -> Operation {
    let mut window = Window::new(segments, 20_000);
    let text: &'static str = window.text().to_owned().leak();
    assert_eq!(window.reload(), segments);
    assert_eq!(
        peers::m3u8_parser(text).map(|playlist| playlist.media_segments().len()),
        Some(segments)
    );
    Operation::new(format!("reload a window of {} with one new segment", count(segments)))
        .with(Role::Ours, "hls-index", move || window.reload())
        .with(Role::Aside, "hls-index, all of it", move || hls::parse(black_box(text)))
        .with(Role::Peer, "m3u8-parser", move || peers::m3u8_parser(black_box(text)))
        .with(Role::Peer, "broadcast-hls", move || peers::broadcast_hls(black_box(text)))
        .with(Role::Peer, "m3u8-rs", move || peers::m3u8_rs(black_box(text)))
        .with(Role::Peer, "hls_m3u8", move || peers::hls_m3u8(black_box(text)))
        .with(Role::Floor, NEWLINES, move || floor::newlines(black_box(text)))
        .goal(Against::FastestPeer, 1.0 / 50.0)
}

/// Seeking by the wall clock beside seeking by media time, each seek waiting for the one before.
pub(crate) fn seek_date(segments: usize) -> Operation {
    let (index, _) = index(playlists::dated(segments).leak());
    let index: &'static SegmentIndex<'static> = Box::leak(Box::new((*index).clone()));
    let dates = index.by_date();
    let first = index.playlist().segment(0).and_then(|segment| segment.date());
    let first = first.expect("every tenth segment has a date");
    let end = index.end().count();
    let date_of = move |moment| -> DateTime { first + Ticks::new(moment) };
    // The clock is up to 20 ms off.
    let near =
        |moment: u64| hls::seek_date(&dates, date_of(moment)).abs_diff(hls::seek(index, moment));
    let mut random = Random::new(7);
    assert!((0..10_000).all(|_| near(random.below_after(end - 1_000_000_000, 0)) <= 1));
    Operation::new(format!("seek by date in {}: latency", count(segments)))
        .items(SEEKS)
        .with(Role::Loop, LOOP, seeks::<true>(end, |moment| moment))
        .with(
            Role::Ours,
            "hls-index",
            seeks::<true>(end, move |moment| hls::seek_date(&dates, date_of(moment))),
        )
        .with(Role::Aside, MEDIA_TIME, seeks::<true>(end, move |moment| hls::seek(index, moment)))
        .goal(Against::Named(MEDIA_TIME), 1.5)
}

const MEDIA_TIME: &str = "hls-index, by media time";

/// Opening a record and finding the first moment in it.
pub(crate) fn seek_in_record(segments: usize) -> Operation {
    let (index, _) = index(playlists::of_random_lengths(segments).leak());
    let record = hls::record(&index, &Placement::new());
    println!("record of {segments}: {:.3} bytes a segment", record.len() as f64 / segments as f64);
    let end = index.end().count();
    let mut random = Random::new(8);
    for _ in 0..1_000 {
        let moment = random.below_after(end, 0);
        assert_eq!(hls::seek_in_record(&record, moment), hls::seek(&index, moment));
    }
    Operation::new(format!("open a record of {}, first seek", count(segments)))
        .items(SEEKS)
        .with(Role::Loop, LOOP, seeks::<true>(end, |moment| moment))
        .with(
            Role::Ours,
            "hls-index",
            seeks::<true>(end, move |moment| hls::seek_in_record(&record, moment)),
        )
        .goal(Against::Clock, 20_000.0)
}

/// Seeking in a playlist whose segments are of random lengths: first with each seek waiting for the
/// one before, then with seeks that overlap, then many in one go.
pub(crate) fn seek(segments: usize) -> [Operation; 3] {
    let (index, playlist) = index(playlists::of_random_lengths(segments).leak());
    let end = index.end().count();
    let contestants = Seekers {
        index,
        starts: Rc::new(Starts::new(playlist)),
        lines: Rc::new(CacheLines::new(segments, 8, end)),
        fewer_lines: Rc::new(CacheLines::new(segments, 20, end)),
        end,
    };
    contestants.check();
    let mut latency = contestants.contest::<true>(format!("seek in {}: latency", count(segments)));
    let mut throughput =
        contestants.contest::<false>(format!("seek in {}: throughput", count(segments)));
    let mut batched =
        contestants.contest_batched(format!("seek in {}: many at once", count(segments)));
    if segments == 10_000_000 {
        batched = batched.goal(Against::Named(FLOATS), 1.0 / 50.0);
        latency = latency
            .goal(Against::Named(CACHE_LINE), 1.2)
            .goal(Against::Named(FLOATS), 1.0 / 8.0)
            .goal(Against::Named(BRANCHLESS), 0.5);
        throughput = throughput.goal(Against::Named(FLOATS), 1.0 / 20.0);
    }
    [latency, throughput, batched]
}

const FLOATS: &str = "partition_point, Vec<f64>";
const INTEGERS: &str = "partition_point, Vec<u64>";
const BRANCHLESS: &str = "without branches, Vec<u64>";
const CACHE_LINE: &str = "one random cache line of the starts";
const OUR_LINE: &str = "one random cache line of as many as ours";
const LOOP: &str = "the loop alone";

struct Seekers {
    index: Rc<SegmentIndex<'static>>,
    starts: Rc<Starts>,
    /// As many as the starts themselves take, eight to a line.
    lines: Rc<CacheLines>,
    /// As many as our index takes.
    fewer_lines: Rc<CacheLines>,
    end: u64,
}

impl Seekers {
    fn check(&self) {
        let mut random = Random::new(4);
        for _ in 0..10_000 {
            let moment = random.below_after(self.end, 0);
            let expected = self.starts.among_integers(moment);
            assert_eq!(hls::seek(&self.index, moment), expected);
            assert_eq!(self.starts.without_branches(moment), expected);
        }
    }

    fn contest<const DEPENDENT: bool>(&self, name: String) -> Operation {
        let (index, lines, end) = (Rc::clone(&self.index), Rc::clone(&self.lines), self.end);
        let (floats, integers) = (Rc::clone(&self.starts), Rc::clone(&self.starts));
        let (branchless, fewer_lines) = (Rc::clone(&self.starts), Rc::clone(&self.fewer_lines));
        Operation::new(name)
            .items(SEEKS)
            .with(Role::Loop, LOOP, seeks::<DEPENDENT>(end, |moment| moment))
            .with(
                Role::Ours,
                "hls-index",
                seeks::<DEPENDENT>(end, move |moment| hls::seek(&index, moment)),
            )
            .with(
                Role::Aside,
                FLOATS,
                seeks::<DEPENDENT>(end, move |moment| floats.among_floats(moment)),
            )
            .with(
                Role::Aside,
                INTEGERS,
                seeks::<DEPENDENT>(end, move |moment| integers.among_integers(moment)),
            )
            .with(
                Role::Aside,
                BRANCHLESS,
                seeks::<DEPENDENT>(end, move |moment| branchless.without_branches(moment)),
            )
            .with(
                Role::Floor,
                CACHE_LINE,
                seeks::<DEPENDENT>(end, move |moment| lines.read(moment)),
            )
            .with(
                Role::Floor,
                OUR_LINE,
                seeks::<DEPENDENT>(end, move |moment| fewer_lines.read(moment)),
            )
    }
}

impl Seekers {
    /// Whose moments are known beforehand.
    fn contest_batched(&self, name: String) -> Operation {
        let (index, floats, end) = (Rc::clone(&self.index), Rc::clone(&self.starts), self.end);
        let many = move |moments: &[Ticks]| hls::seek_many(&index, moments);
        let single = move |moments: &[Ticks]| {
            moments.iter().fold(0, |all, moment| all ^ floats.among_floats(moment.count()))
        };
        let moments: Vec<Ticks> =
            (0..SEEKS as u64).map(|n| Ticks::new(end / SEEKS as u64 * n)).collect();
        assert_eq!(many(&moments), single(&moments));
        Operation::new(name)
            .items(SEEKS)
            .with(Role::Loop, LOOP, batches(end, |moments| moments.len() as u64))
            .with(Role::Ours, "hls-index", batches(end, many))
            .with(Role::Aside, FLOATS, batches(end, single))
    }
}

/// A run of seeks to random moments that are all made up before.
fn batches(end: u64, seek: impl Fn(&[Ticks]) -> u64 + 'static) -> impl FnMut() -> u64 {
    let mut random = Random::new(5);
    let mut moments = vec![Ticks::ZERO; SEEKS];
    move || {
        moments.iter_mut().for_each(|moment| *moment = Ticks::new(random.below_after(end, 0)));
        seek(black_box(&moments))
    }
}

/// Seeking in a playlist whose segments are all of one length.
pub(crate) fn seek_uniform(segments: usize) -> Operation {
    let (index, _) = index(playlists::of_one_length(segments).leak());
    let end = index.end().count();
    Operation::new(format!("seek in {} of one length: latency", count(segments)))
        .items(SEEKS)
        .with(Role::Loop, LOOP, seeks::<true>(end, |moment| moment))
        .with(Role::Ours, "hls-index", seeks::<true>(end, move |moment| hls::seek(&index, moment)))
        .goal(Against::Clock, 2.0)
}

fn index(text: &'static str) -> (Rc<SegmentIndex<'static>>, &'static MediaPlaylist<'static>) {
    let playlist = hls::parse(text).expect("the playlist is right");
    let playlist: &'static _ = Box::leak(Box::new(playlist));
    (Rc::new(playlist.index()), playlist)
}

const SEEKS: usize = 1024;

/// A run of seeks to random moments. When they depend on each other the processor cannot begin one
/// before it knows the answer to the one before.
fn seeks<const DEPENDENT: bool>(
    end: u64,
    seek: impl Fn(u64) -> u64 + 'static,
) -> impl FnMut() -> u64 {
    let mut random = Random::new(5);
    move || {
        let (mut answer, mut all) = (0, 0);
        for _ in 0..SEEKS {
            let influence = if DEPENDENT { answer & 1 } else { 0 };
            answer = seek(random.below_after(end, influence));
            all ^= answer;
        }
        all
    }
}

fn count(segments: usize) -> String {
    match segments {
        0..1_000 => segments.to_string(),
        1_000..1_000_000 => format!("{}k", segments / 1_000),
        _ => format!("{}M", segments / 1_000_000),
    }
}
