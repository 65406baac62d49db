//! `hls serve`: the origin of what lies still.

use std::hash::{BuildHasher as _, RandomState};
use std::io::Read as _;
use std::time::Duration;

use crate::origin::Origin;
use crate::program::{FILM, Folder, refusal};

const KILLS: u32 = 200;

/// 100,000 bytes, each telling where it is.
fn media() -> Vec<u8> {
    (0..100_000_u32).map(|at| (at ^ at >> 8) as u8).collect()
}

fn film(name: &str) -> Folder {
    let folder = Folder::new(name);
    folder.write("film.m3u8", FILM);
    folder.write("Segment_1.mp4", media());
    std::fs::create_dir(folder.folder().join("hd")).unwrap();
    folder.write("hd/a b.ts", "in a folder");
    folder
}

#[test]
fn files_are_served_as_what_they_are() {
    let folder = film("serve-types");
    let origin = Origin::start(folder.folder(), &[]);
    let playlist = origin.get("/film.m3u8");
    assert_eq!((playlist.status, playlist.text()), (200, FILM));
    assert_eq!(playlist.header("content-type"), "application/vnd.apple.mpegurl");
    assert_eq!(playlist.header("access-control-allow-origin"), "*");
    assert_eq!(playlist.header("x-content-type-options"), "nosniff");
    let segment = origin.get("/Segment_1.mp4");
    assert_eq!((segment.status, segment.body), (200, media()));
    assert_eq!(origin.get("/Segment_1.mp4").header("content-type"), "video/mp4");
    let nested = origin.get("/hd/a%20b.ts?token=1");
    assert_eq!((nested.status, nested.text()), (200, "in a folder"));
    assert_eq!(nested.header("content-type"), "video/mp2t");
    folder.write("page.html", "<script>alert(1)</script>");
    assert_eq!(origin.get("/page.html").header("content-type"), "application/octet-stream");
}

#[test]
fn ranges_are_exact() {
    let folder = film("serve-ranges");
    let origin = Origin::start(folder.folder(), &[]);
    let ask =
        |range: &str| origin.ask("GET /Segment_1.mp4 HTTP/1.1", &[&format!("Range: {range}")]);
    for (range, from, to) in [
        ("bytes=0-0", 0, 1),
        ("bytes=700-1699", 700, 1700),
        ("bytes=-1000", 99_000, 100_000),
        ("bytes=99999-", 99_999, 100_000),
        ("bytes=5-999999999", 5, 100_000),
    ] {
        let answer = ask(range);
        assert_eq!(answer.status, 206, "{range}");
        assert!(answer.body == media()[from..to], "{range}");
        let told = format!("bytes {from}-{}/100000", to - 1);
        assert_eq!(answer.header("content-range"), told);
        assert_eq!(answer.header("content-length"), (to - from).to_string());
    }
    let past = ask("bytes=100000-");
    assert_eq!((past.status, past.header("content-range")), (416, "bytes */100000"));
    assert_eq!(ask("bytes=0-1,4-5").status, 200, "several ranges: all of it");
    assert_eq!(ask("bytes=9-1").status, 200, "no range: all of it");
}

#[test]
fn who_has_it_is_told_so() {
    let folder = film("serve-conditions");
    let origin = Origin::start(folder.folder(), &[]);
    let line = "GET /Segment_1.mp4 HTTP/1.1";
    let first = origin.get("/Segment_1.mp4");
    let (etag, date) = (first.header("etag").to_owned(), first.header("last-modified").to_owned());
    let again = origin.ask(line, &[&format!("If-None-Match: {etag}")]);
    assert_eq!((again.status, again.body.len()), (304, 0));
    assert_eq!(again.header("etag"), etag);
    assert_eq!(origin.ask(line, &[&format!("If-Modified-Since: {date}")]).status, 304);
    assert_eq!(origin.ask(line, &["If-None-Match: \"x\""]).status, 200);
    let range = "Range: bytes=1-2";
    assert_eq!(origin.ask(line, &[range, &format!("If-Range: {etag}")]).status, 206);
    assert_eq!(origin.ask(line, &[range, &format!("If-Range: {date}")]).status, 206);
    assert_eq!(origin.ask(line, &[range, "If-Range: \"x\""]).status, 200);
    assert_eq!(origin.ask(line, &[range, &format!("If-Match: {etag}")]).status, 206);
    let other = origin.ask(line, &[range, "If-Match: \"x\""]);
    assert_eq!((other.status, other.header("content-range")), (412, ""));
    assert_eq!(origin.ask(line, &[&format!("If-Unmodified-Since: {date}")]).status, 200);
    folder.write("Segment_1.mp4", [1, 2, 3]);
    let changed = origin.ask(line, &[&format!("If-None-Match: {etag}")]);
    assert_eq!((changed.status, changed.body), (200, vec![1, 2, 3]));
}

#[test]
fn head_has_no_body_and_others_are_refused() {
    let folder = film("serve-methods");
    let origin = Origin::start(folder.folder(), &[]);
    let head = origin.ask("HEAD /Segment_1.mp4 HTTP/1.1", &[]);
    assert_eq!((head.status, head.header("content-length")), (200, "100000"));
    assert!(head.body.is_empty());
    // Ranges are GET's.
    let part = origin.ask("HEAD /Segment_1.mp4 HTTP/1.1", &["Range: bytes=0-9"]);
    assert_eq!((part.status, part.header("content-length"), part.body.len()), (200, "100000", 0));
    let options = origin.ask("OPTIONS /film.m3u8 HTTP/1.1", &["Origin: http://a.example.com"]);
    assert_eq!(options.status, 204);
    assert!(options.header("access-control-allow-headers").contains("Range"));
    for method in ["POST", "PUT", "DELETE", "BREW"] {
        let answer = origin.ask(&format!("{method} /film.m3u8 HTTP/1.1"), &["Content-Length: 0"]);
        assert_eq!((answer.status, answer.header("allow")), (405, "GET, HEAD, OPTIONS"));
    }
}

#[test]
fn playlists_are_packed_for_those_who_want_it() {
    let folder = film("serve-gzip");
    let long = FILM.replace("#EXT-X-ENDLIST\n", &"#EXTINF:5,\nnext.mp4\n".repeat(500));
    folder.write("long.m3u8", &long);
    let origin = Origin::start(folder.folder(), &[]);
    let line = "GET /long.m3u8 HTTP/1.1";
    let packed = origin.ask(line, &["Accept-Encoding: br, gzip"]);
    assert_eq!((packed.status, packed.header("content-encoding")), (200, "gzip"));
    assert!(packed.body.len() < long.len() / 10, "{}", packed.body.len());
    let mut text = String::new();
    flate2::read::GzDecoder::new(&packed.body[..]).read_to_string(&mut text).unwrap();
    assert_eq!(text, long);
    let plain = origin.get("/long.m3u8");
    assert_eq!((plain.header("content-encoding"), plain.text()), ("", long.as_str()));
    assert_eq!(plain.header("vary"), "Accept-Encoding");
    assert_ne!(plain.header("etag"), packed.header("etag"));
    let known = format!("If-None-Match: {}", packed.header("etag"));
    assert_eq!(origin.ask(line, &["Accept-Encoding: gzip", &known]).status, 304);
}

#[cfg(unix)]
#[test]
fn h11_nothing_beyond_the_folder_is_served() {
    use std::os::unix::fs::symlink;
    let outside = Folder::new("serve-outside");
    let secret = outside.write("secret.ts", "secret");
    let folder = film("serve-within");
    let root = folder.folder();
    symlink(&secret, root.join("link.ts")).unwrap();
    symlink(outside.folder(), root.join("linked")).unwrap();
    symlink("Segment_1.mp4", root.join("inner.mp4")).unwrap();
    folder.write(".hidden", "hidden");
    let pipe = root.join("pipe.ts");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let origin = Origin::start(root, &[]);
    let name = outside.folder().file_name().unwrap().to_str().unwrap();
    let paths = [
        "/link.ts",
        "/linked/secret.ts",
        "/.hidden",
        "/hd",
        "/hd/",
        "/pipe.ts",
        "/nothing.ts",
        "//etc/passwd",
        "/../film.m3u8",
        "/hd/../film.m3u8",
        "/./film.m3u8",
        "/%2e%2e/film.m3u8",
        "/hd/%2E%2E/film.m3u8",
        "/hd%2f..%2ffilm.m3u8",
        "/hd/..%5cfilm.m3u8",
        "/film.m3u8%00",
        "/film.m3u8%00.ts",
        "/%00",
        "/%ff",
        "/%",
        "/-/nothing",
    ];
    let escapes = ["../", "%2e%2e/", "..%2f", "%2e%2e%2f", "..%5c", "%252e%252e/"];
    let outward = escapes.map(|up| format!("/{up}{name}/secret.ts"));
    let deep = escapes.map(|up| format!("/{}etc/passwd", up.repeat(12)));
    for path in paths.into_iter().chain(outward.iter().chain(&deep).map(String::as_str)) {
        let answer = origin.get(path);
        assert_eq!(answer.status, 404, "{path}: {}", String::from_utf8_lossy(&answer.body));
    }
    // Backslashes stand as they are in no URI.
    assert!(matches!(origin.get("/hd\\..\\film.m3u8").status, 400 | 404));
    assert_eq!(origin.get("/inner.mp4").body, media(), "a link within is well");
}

#[test]
fn h20_what_is_in_the_folder_never_becomes_part_of_the_page() {
    let folder = Folder::new("serve-page");
    let name = "<img src=x onerror=alert(1)>\"'.m3u8";
    folder.write(name, "#EXTM3U\n#EXTINF:1,</script><script>alert(1)</script>\na.ts\n");
    let script = folder.write("hls.js", "window.Hls = null;");
    let origin = Origin::start(folder.folder(), &["--hls-js", &script]);
    let page = origin.get("/");
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    assert!(!page.text().contains("onerror") && !page.text().contains("alert"));
    assert!(!page.text().contains("<script>"), "no script stands in the page itself");
    let policy = page.header("content-security-policy");
    for rule in
        ["default-src 'none'", "script-src 'self';", "base-uri 'none'", "frame-ancestors 'none'"]
    {
        assert!(policy.contains(rule), "{rule}: {policy}");
    }
    assert!(!policy.contains("unsafe") && !policy.contains('*'), "{policy}");
    let playlists = origin.get("/-/playlists.json");
    assert_eq!(playlists.header("content-type"), "application/json");
    let playlists: serde_json::Value = serde_json::from_slice(&playlists.body).unwrap();
    assert_eq!(playlists[0]["path"], format!("/{name}"));
    assert_eq!(origin.get("/-/hls.js").text(), "window.Hls = null;");
    for path in ["/-/player.js", "/-/record.js", "/-/timeline.js"] {
        let script = origin.get(path);
        assert_eq!(script.header("content-type"), "text/javascript; charset=utf-8");
        for way in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("] {
            assert!(!script.text().contains(way), "{path}: {way}");
        }
    }
}

#[test]
fn from_a_cdn_hls_js_is_that_and_no_other() {
    let folder = film("serve-cdn");
    let origin = Origin::start(folder.folder(), &[]);
    let page = origin.get("/");
    assert!(page.text().contains("integrity=\"sha384-"), "{}", page.text());
    assert!(page.text().contains("crossorigin=\"anonymous\""));
    assert!(page.header("content-security-policy").contains("script-src 'self' https://"));
    assert_eq!(origin.get("/-/hls.js").status, 404);
}

#[test]
fn each_request_is_one_line_whatever_is_in_it() {
    let folder = film("serve-log");
    let mut origin = Origin::start(folder.folder(), &[]);
    origin.get("/film.m3u8?a=%1b[2J");
    let line = origin.log_line();
    assert!(line.contains("GET \"/film.m3u8?a=%1b[2J\" 200 122 B"), "{line}");
    origin.ask("GET /Segment_1.mp4 HTTP/1.1", &["Range: bytes=0-99"]);
    let line = origin.log_line();
    assert!(line.contains("GET \"/Segment_1.mp4\" [bytes=0-99] 206 100 B"), "{line}");
    origin.ask("GET /x HTTP/1.1", &["Range: \u{202e}\u{9b}31m"]);
    let line = origin.log_line();
    assert!(!line.trim_end().chars().any(|c| c.is_control() || c == '\u{202e}'), "{line:?}");
    assert!(line.contains("404"), "{line}");
}

#[test]
fn no_kill_changes_what_is_served() {
    let folder = film("serve-kills");
    let mut random = RandomState::new().hash_one("kills") | 1;
    let before = Origin::start(folder.folder(), &[]);
    let first = before.get("/Segment_1.mp4");
    drop(before);
    for _ in 0..KILLS {
        let mut origin = Origin::start(folder.folder(), &[]);
        let address = origin.address;
        // Somebody is asking when it comes.
        let asking = std::thread::spawn(move || {
            use std::io::Write as _;
            let mut bytes = Vec::new();
            for _ in 0..20 {
                let Ok(mut stream) = std::net::TcpStream::connect(address) else { return };
                let request = "GET /Segment_1.mp4 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
                let _ = stream.write_all(request.as_bytes());
                let _ = stream.read_to_end(&mut bytes);
            }
        });
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        std::thread::sleep(Duration::from_micros(random % 15_000));
        assert!(origin.running.child.try_wait().unwrap().is_none());
        // SIGKILL.
        origin.running.child.kill().unwrap();
        origin.running.child.wait().unwrap();
        asking.join().unwrap();
    }
    let after = Origin::start(folder.folder(), &[]).get("/Segment_1.mp4");
    assert_eq!(after.header("etag"), first.header("etag"));
    assert!(after.body == first.body && after.body == media());
    let mut names: Vec<_> = std::fs::read_dir(folder.folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    names.sort();
    assert_eq!(names, ["Segment_1.mp4", "film.m3u8", "hd"], "it only reads");
}

#[cfg(unix)]
#[test]
fn it_ends_well_when_told_to() {
    let folder = film("serve-end");
    let origin = Origin::start(folder.folder(), &[]);
    origin.running.signal("TERM");
    assert_eq!(origin.running.end(), (Some(0), String::new()));
}

#[test]
fn what_cannot_be_served_is_told() {
    let folder = film("serve-refusals");
    let line = refusal(2, &["serve", &folder.path("nowhere")]);
    assert!(line.contains("no such folder"), "{line}");
    let line = refusal(2, &["serve", &folder.path("film.m3u8")]);
    assert!(line.contains("not a folder"), "{line}");
    let origin = Origin::start(folder.folder(), &[]);
    let taken = origin.address.to_string();
    let line = refusal(2, &["serve", folder.folder().to_str().unwrap(), "--listen", &taken]);
    assert!(line.contains("--listen"), "{line}");
}

#[test]
fn what_is_no_request_is_refused_and_harms_nobody() {
    use std::io::Write as _;
    let folder = film("serve-no-requests");
    let origin = Origin::start(folder.folder(), &[]);
    let long = "a".repeat(100_000);
    for (request, expected) in [
        (format!("GET /{long} HTTP/1.1\r\nHost: h\r\n\r\n"), [414, 431, 400]),
        (format!("GET / HTTP/1.1\r\nHost: h\r\nX: {long}\r\n\r\n"), [431, 431, 400]),
        (format!("GET / HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(500)), [431, 431, 400]),
        ("\u{1b}[2J\r\n\r\n".to_owned(), [400; 3]),
        ("GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n".to_owned(), [400; 3]),
    ] {
        let mut stream = std::net::TcpStream::connect(origin.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let _ = stream.write_all(request.as_bytes());
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8_lossy(&answer);
        let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
        // A server that has seen enough may close before all was sent, which takes its answer away.
        let request: String = request.chars().take(20).collect();
        assert!(status.is_none_or(|status: u16| expected.contains(&status)), "{request}: {answer}");
    }
    assert_eq!(origin.get("/film.m3u8").status, 200);
}

#[test]
fn a_request_that_others_may_understand_otherwise_is_refused_or_the_last_one() {
    let folder = film("serve-smuggling");
    let mut origin = Origin::start(folder.folder(), &[]);
    let hidden = "GET /Segment_1.mp4 HTTP/1.1\r\nHost: h\r\n\r\n";
    let length = hidden.len();
    for (head, expected) in [
        ("Connection: close\r\n".to_owned(), 400),
        ("Host: a\r\nHost: b\r\nConnection: close\r\n".to_owned(), 400),
        (format!("Host: h\r\nContent-Length: {length}\r\nContent-Length: 0\r\n"), 400),
        (format!("Host: h\r\nContent-Length: 0, {length}\r\n"), 400),
        ("Host: h\r\nContent-Length: +0\r\n".to_owned(), 400),
        ("Host: h\r\nTransfer-Encoding: chunked, identity\r\n".to_owned(), 400),
        ("Host: h\r\nTransfer-Encoding: xchunked\r\n".to_owned(), 400),
        ("Host: h\r\nTransfer-Encoding : chunked\r\n".to_owned(), 400),
        (" Host: h\r\nHost: h\r\n".to_owned(), 400),
        // A body that nobody wants is none of the next request.
        (format!("Host: h\r\nConnection: close\r\nContent-Length: {length}\r\n"), 200),
    ] {
        let answer = origin.send(&format!("GET /film.m3u8 HTTP/1.1\r\n{head}\r\n{hidden}"));
        assert_eq!(answer.status, expected, "{head}");
        assert!(answer.body.len() < 1000, "{head}");
    }
    assert_eq!(origin.send("GET /film.m3u8 HTTP/1.0\r\n\r\n").status, 200);
    let log: Vec<String> = (0..4).map(|_| origin.log_line()).collect();
    assert!(log.iter().all(|line| !line.contains("Segment_1")), "{log:?}");
}

#[test]
fn requests_are_answered_though_nobody_reads_the_log() {
    let folder = film("serve-unread");
    let mut origin = Origin::start(folder.folder(), &[]);
    let path = format!("/film.m3u8?{}", "a".repeat(400));
    for _ in 0..1500 {
        assert_eq!(origin.get(&path).status, 200);
    }
    // Whoever begins to read is told of what is missing.
    let reading = (0..1500).map(|_| origin.log_line());
    let mut lines = reading.take_while(|line| !line.is_empty());
    assert!(lines.any(|line| line.contains("lines are left out")));
}

#[test]
fn the_list_of_playlists_is_a_second_old_at_the_most() {
    let folder = film("serve-list");
    let origin = Origin::start(folder.folder(), &[]);
    assert!(!origin.get("/-/playlists.json").text().contains("later"));
    folder.write("later.m3u8", FILM);
    std::thread::sleep(Duration::from_millis(1100));
    assert!(origin.get("/-/playlists.json").text().contains("later"));
}
