//! Each piece that a long window is held in says anew what holds where it begins: what that takes with its
//! variables replaced is bounded by the text and by [`hls_index::Limits`], too.

use std::fmt::Write as _;

use hls_index::{LivePlaylist, Source};

/// The most memory that the process ever had, in bytes, where the system tells.
fn peak() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse::<usize>().ok().map(|kilobytes| kilobytes * 1024)
}

/// A window that grows by `step` segments a hundred times, with `first` before its first segment and `second`
/// before its second one.
fn grow(first: &str, second: &str, step: usize) {
    let text = |segments: usize| {
        let head = format!("#EXTM3U\n#EXT-X-TARGETDURATION:5\n{first}a\n{second}");
        head + &"a\n".repeat(segments)
    };
    let mut live = LivePlaylist::new(&text(step), &Source::new()).unwrap();
    live.set_read_whole(0);
    for more in 2..=100 {
        live.reload(&text(more * step), &Source::new()).unwrap();
    }
    let whole = LivePlaylist::new(&text(100 * step), &Source::new()).unwrap();
    for live in [live, whole] {
        let mut all = String::new();
        live.segments().for_each(|segment| write!(all, "{}", segment.uri()).unwrap());
        assert_eq!(all.len(), 100 * step + 1);
    }
}

#[test]
fn h03_what_is_said_anew_takes_its_memory_once_with_variables_replaced() {
    let Some(before) = peak() else {
        println!("left out: the system does not tell how much memory there is in use");
        return;
    };
    // 1 MiB in 4 KiB.
    let define = format!("#EXT-X-DEFINE:NAME=\"a\",VALUE=\"{}\"\n", "v".repeat(1024));
    let long = "{$a}".repeat(1024);
    let key = format!("#EXT-X-KEY:METHOD=AES-128,URI=\"{long}\"\n");
    let map = format!("#EXT-X-MAP:URI=\"{long}\"\n");
    let report = format!("{define}#EXT-X-RENDITION-REPORT:URI=\"{long}\",LAST-MSN=1\n");
    let plain = format!("#EXT-X-RENDITION-REPORT:URI=\"{}\",LAST-MSN=1\n", "r".repeat(1_000_000));
    // Said in every piece that its written length asks for, each would take 100 MB or so.
    for (first, second) in [(&report, ""), (&define, &*key), (&define, &*map), (&plain, "")] {
        grow(first, second, 2500);
        let taken = peak().unwrap_or_default() - before;
        println!("{taken} bytes");
        assert!(taken < 40_000_000, "{taken} bytes for {:.80}", first.to_owned() + second);
    }
}
