//! Runs the program, in a folder of its own.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

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

pub(crate) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hls"));
    for name in ["ALL_PROXY", "HTTP_PROXY", "HTTPS_PROXY", "NO_COLOR", "CLICOLOR_FORCE"] {
        command.env_remove(name).env_remove(name.to_lowercase());
    }
    command.stdin(Stdio::null());
    command
}

pub(crate) fn hls(args: &[&str]) -> Output {
    program().args(args).output().unwrap()
}

/// What it prints, when all is well.
pub(crate) fn text(args: &[&str]) -> String {
    let output = hls(args);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{args:?}: {errors}");
    assert_eq!(errors, "", "{args:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(!text.contains('\x1b'), "colours are for terminals: {text}");
    text
}

pub(crate) fn json(args: &[&str]) -> Value {
    serde_json::from_str(&text(args)).unwrap()
}

/// The line on stderr, once the exit code is seen to be `code` and stdout empty.
pub(crate) fn refusal(code: i32, args: &[&str]) -> String {
    let output = hls(args);
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{args:?}: {errors}");
    assert_eq!(output.stdout, b"", "{args:?}");
    assert_eq!(errors.lines().count(), 1, "{args:?}: {errors}");
    assert!(errors.starts_with("hls: ") && errors.ends_with('\n'), "{args:?}: {errors}");
    errors
}

/// What it prints when `input` comes from stdin.
pub(crate) fn with_stdin(args: &[&str], input: &[u8]) -> Output {
    let mut command = program();
    let mut child = command
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It may have seen enough before the end.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

/// A folder of its own for each test, which goes away with it.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("hls-test-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        std::fs::write(self.0.join(name), content).unwrap();
        self.path(name)
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A live playlist: `count` segments of 2 s from media sequence number `first` on.
pub(crate) fn live(first: u64, count: u64) -> String {
    let mut text = format!("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:{first}\n");
    for number in first..first + count {
        text.push_str(&format!("#EXTINF:2,\nlive{number}.ts\n"));
    }
    text
}
