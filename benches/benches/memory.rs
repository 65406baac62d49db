//! How much memory reading a playlist takes: a table of README.md. It has its own program, since
//! counting slows every allocation down.

mod peers {
    pub(crate) mod hls;
}
#[path = "report/readme.rs"]
mod readme;

use std::fmt::Write as _;
use std::hint::black_box;

use allocation_counter::{AllocationInfo, measure};
use benches::{hls, playlists};
use hls_index::Placement;

fn main() {
    let mut table = String::from(
        "| playlist | who | allocations | each segment | kept, B each segment | at most, B each segment |\n\
         |---|---|--:|--:|--:|--:|\n",
    );
    for segments in [10, 1_000, 100_000, 1_000_000] {
        rows(&mut table, "simple", &playlists::simple(segments), segments);
    }
    for segments in [10, 1_000, 100_000] {
        rows(&mut table, "rich", &playlists::rich(segments), segments);
    }
    readme::write("memory", &table);
}

fn rows(table: &mut String, kind: &str, text: &str, segments: usize) {
    let version_7 = text.replacen("#EXT-X-VERSION:9", "#EXT-X-VERSION:7", 1);
    let index = || {
        let playlist = hls::parse(text).expect("the playlist is right");
        // The index goes with the playlist that it borrows.
        let (mut index, mut kept) = (AllocationInfo::default(), None);
        index += measure(|| kept = Some(playlist.index()));
        drop(kept);
        index
    };
    let record = || {
        let playlist = hls::parse(text).expect("the playlist is right");
        let index = playlist.index();
        kept(|| {
            let mut record = hls::record(&index, &Placement::new());
            record.shrink_to_fit();
            Some(record)
        })
    };
    let contestants = [
        ("hls-index", kept(|| hls::parse(text))),
        ("hls-index: its index alone", index()),
        ("hls-index: its master record", record()),
        ("quick-m3u8 (lines only)", kept(|| peers::hls::quick_m3u8(text))),
        ("broadcast-hls", kept(|| peers::hls::broadcast_hls(text))),
        ("m3u8-parser", kept(|| peers::hls::m3u8_parser(text))),
        ("m3u8-rs", kept(|| peers::hls::m3u8_rs(text))),
        ("hls_m3u8", kept(|| peers::hls::hls_m3u8(&version_7))),
    ];
    for (name, memory) in contestants {
        let each = |count: f64| count / segments as f64;
        let AllocationInfo { count_total, bytes_current, bytes_max, .. } = memory;
        _ = writeln!(
            table,
            "| {segments} {kind} | {name} | {count_total} | {:.2} | {:.0} | {:.0} |",
            each(count_total as f64),
            each(bytes_current as f64),
            each(bytes_max as f64),
        );
    }
}

/// What `read` allocates, and of that what its result keeps.
fn kept<T>(read: impl FnOnce() -> Option<T>) -> AllocationInfo {
    let mut result = None;
    let memory = measure(|| result = read());
    assert!(black_box(&result).is_some());
    memory
}
