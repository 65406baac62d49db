//! A long window is held in pieces, each of which says anew what holds of the whole playlist: the memory is
//! bounded by the text all the same.

use std::fmt::Write as _;

use hls_index::{LivePlaylist, Source};

/// The most memory that the process ever had, in bytes, where the system tells.
fn peak() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse::<usize>().ok().map(|kilobytes| kilobytes * 1024)
}

#[test]
fn h18_a_long_head_before_short_segments_takes_no_more_memory_than_the_text() {
    let Some(before) = peak() else {
        println!("left out: the system does not tell how much memory there is in use");
        return;
    };
    let report = format!("#EXT-X-RENDITION-REPORT:URI=\"{}\",LAST-MSN=1\n", "r".repeat(160));
    let key = format!("#EXT-X-KEY:METHOD=AES-128,URI=\"{}\"\n", "k".repeat(50_000));
    let head = format!("#EXTM3U\n#EXT-X-TARGETDURATION:5\n{}{key}", report.repeat(500));
    let text = |segments: usize| head.clone() + &"a\n".repeat(segments);
    let mut live = LivePlaylist::new(&text(200_000), &Source::new()).unwrap();
    for more in 1..20 {
        live.reload(&text(200_000 + more * 500), &Source::new()).unwrap();
    }
    let mut all = String::new();
    live.segments().for_each(|segment| write!(all, "{}", segment.uri()).unwrap());
    assert_eq!(all.len(), 209_500);
    // Said anew for every 128 segments, it would take 250 MB.
    let taken = peak().unwrap_or_default() - before;
    assert!(taken < 80_000_000, "{taken} bytes for a text of {}", text(209_500).len());
}
