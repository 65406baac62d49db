//! Runs the program, in a folder of its own.

use std::process::{Command, Output};

use serde_json::Value;
pub(crate) use testkit::program::Folder;
use testkit::program::Program;

/// 5 + 5 + 3 seconds.
pub(crate) const FILM: &str = "#EXTM3U\n#EXT-X-TARGETDURATION:5\n\
    #EXTINF:5,\nSegment_1.mp4\n#EXTINF:5,\nSegment_2.mp4\n#EXTINF:3,\nSegment_3.mp4\n#EXT-X-ENDLIST\n";

/// Everything that a timeline can show.
pub(crate) const RICH: &str = "#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-TARGETDURATION:6\n\
    #EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=3\n#EXT-X-PART-INF:PART-TARGET=1\n\
    #EXT-X-MEDIA-SEQUENCE:100\n#EXT-X-MAP:URI=\"init.mp4\",BYTERANGE=\"700@0\"\n\
    #EXT-X-PROGRAM-DATE-TIME:2026-11-22T17:00:00.000Z\n\
    #EXT-X-KEY:METHOD=AES-128,URI=\"key1.bin\"\n\
    #EXTINF:6,First\n#EXT-X-BYTERANGE:1000@700\nall.mp4\n\
    #EXTINF:5.005,\n#EXT-X-BYTERANGE:900\nall.mp4\n#EXT-X-KEY:METHOD=NONE\n\
    #EXT-X-GAP\n#EXTINF:6,\ngone.mp4\n#EXT-X-DISCONTINUITY\n\
    #EXT-X-PROGRAM-DATE-TIME:2026-11-22T18:00:00.000Z\n\
    #EXT-X-PART:DURATION=1,URI=\"p0.mp4\",INDEPENDENT=YES\n#EXT-X-PART:DURATION=1,URI=\"p1.mp4\"\n\
    #EXTINF:2,\nnew.mp4\n#EXT-X-PART:DURATION=1,URI=\"p2.mp4\",INDEPENDENT=YES\n\
    #EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"p3.mp4\"\n";

pub(crate) const HLS: Program = Program::new("hls", env!("CARGO_BIN_EXE_hls"));

pub(crate) fn program() -> Command {
    HLS.command()
}

pub(crate) fn hls(args: &[&str]) -> Output {
    HLS.run(args)
}

/// What it prints, when all is well.
pub(crate) fn text(args: &[&str]) -> String {
    HLS.text(args)
}

pub(crate) fn json(args: &[&str]) -> Value {
    serde_json::from_str(&text(args)).unwrap()
}

/// The line on stderr, once the exit code is seen to be `code` and stdout empty.
pub(crate) fn refusal(code: i32, args: &[&str]) -> String {
    HLS.refusal(code, args)
}

/// What it prints when `input` comes from stdin.
pub(crate) fn with_stdin(args: &[&str], input: &[u8]) -> Output {
    HLS.run_with(args, input)
}

/// A live playlist: `count` segments of 2 s from media sequence number `first` on.
pub(crate) fn live(first: u64, count: u64) -> String {
    let mut text = format!("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:{first}\n");
    for number in first..first + count {
        text.push_str(&format!("#EXTINF:2,\nlive{number}.ts\n"));
    }
    text
}
