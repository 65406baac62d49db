//! `hls fetch` when a transfer breaks off: the rest is asked for, and is never of something else.

use std::fs;
use std::io::Write as _;
use std::net::TcpStream;
use std::sync::{Arc, Mutex};

use serde_json::Value;

use crate::program::{Folder, hls};
use crate::url::{respond, serve, serve_heads};

const ONE: &str = "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nfilm.mp4\n#EXT-X-ENDLIST\n";
const RANGE: &str = "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n#EXT-X-BYTERANGE:9000@500\n\
    film.mp4\n#EXT-X-ENDLIST\n";

/// 20,000 bytes of which no two neighbourhoods are alike.
fn film(version: u8) -> Vec<u8> {
    (0..20_000_u32).map(|at| (at ^ at >> 8) as u8 ^ version).collect()
}

/// A server of one state of the film.
#[derive(Clone, Copy)]
struct Server {
    content: u8,
    /// Headers that tell the state.
    told: &'static str,
    /// Whether ranges are given, on the conditions that HTTP has.
    ranges: bool,
    /// The answer is cut off after so many bytes.
    cut: usize,
    /// So many answers; then it has a fault.
    answers: usize,
}

const TAG: &str = "ETag: \"v0\"\r\n";
const GOOD: Server = Server { content: 0, told: TAG, ranges: true, cut: usize::MAX, answers: 99 };

/// What was asked for: range and condition of each request.
type Asked = Arc<Mutex<Vec<(String, String)>>>;

impl Server {
    fn start(self) -> (String, Asked) {
        let asked = Asked::default();
        let log = Arc::clone(&asked);
        let url = serve_heads(move |_, head, stream| {
            let header = |name: &str| {
                let found = head.iter().find_map(|line| line.strip_prefix(name));
                found.unwrap_or_default().to_owned()
            };
            let (range, condition) = (header("range: "), header("if-range: "));
            let mut log = log.lock().unwrap();
            log.push((range.clone(), condition.clone()));
            if log.len() > self.answers {
                return respond(stream, "503 Service Unavailable", b"");
            }
            self.answer(&range, &condition, stream);
        });
        (url, asked)
    }

    fn answer(self, range: &str, condition: &str, stream: &mut TcpStream) {
        let all = film(self.content);
        let is_same = condition.is_empty() || self.told.to_lowercase().contains(condition);
        let range = range.strip_prefix("bytes=").filter(|_| self.ranges && is_same);
        let (head, body) = match range.and_then(|range| range.split_once('-')) {
            None => ("200 OK".to_owned(), &all[..]),
            Some((first, last)) => {
                let (first, last): (usize, usize) = (first.parse().unwrap(), last.parse().unwrap());
                let told = format!("Content-Range: bytes {first}-{last}/{}", all.len());
                (format!("206 Partial Content\r\n{told}"), &all[first..=last])
            }
        };
        let length = body.len();
        let head = format!("HTTP/1.1 {head}\r\nContent-Length: {length}\r\n{}\r\n", self.told);
        let _ = stream.write_all(head.as_bytes());
        let _ = stream.write_all(&body[..self.cut.min(length)]);
    }
}

/// Fetches the film of a playlist from these servers: the file, when it is there, and the facts of it.
fn fetch(name: &str, playlist: &str, servers: &[&str]) -> (Option<Vec<u8>>, Value) {
    let folder = Folder::new(name);
    let (playlist, out) = (folder.write("i.m3u8", playlist), folder.path("clip"));
    let servers: Vec<String> =
        servers.iter().zip("abc".chars()).map(|(url, name)| format!("{name}={url}/")).collect();
    let mut args = vec!["fetch", &playlist, "--at", "1", "-o", &out, "--json"];
    args.extend(servers.iter().flat_map(|server| ["--server", server]));
    let report: Value = serde_json::from_slice(&hls(&args).stdout).unwrap();
    let piece = report["pieces"][0].clone();
    (fs::read(folder.path(&format!("clip/{}", piece["file"].as_str().unwrap()))).ok(), piece)
}

fn asked(asked: &Asked) -> Vec<(String, String)> {
    asked.lock().unwrap().clone()
}

fn pair(range: &str, condition: &str) -> (String, String) {
    (range.to_owned(), condition.to_owned())
}

#[test]
fn the_rest_is_asked_for_where_a_transfer_broke_off() {
    let (url, log) = Server { cut: 7000, ..GOOD }.start();
    let (file, piece) = fetch("resume-same", ONE, &[&url]);
    assert!(file == Some(film(0)));
    assert_eq!((&piece["state"], &piece["resumed"]), (&"fetched".into(), &2.into()));
    assert_eq!(piece["failed"], serde_json::json!([]), "nobody was asked in vain");
    let tag = "\"v0\"";
    let expected = [pair("", ""), pair("bytes=7000-19999", tag), pair("bytes=14000-19999", tag)];
    assert_eq!(asked(&log), expected);

    // Of a byte range, too, and by a date that is long ago.
    let told =
        "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\nDate: Mon, 07 Nov 1994 08:49:37 GMT\r\n";
    let (url, log) = Server { told, cut: 5000, ..GOOD }.start();
    let (file, _) = fetch("resume-range", RANGE, &[&url]);
    assert!(file.unwrap() == film(0)[500..9500]);
    let date = "sun, 06 nov 1994 08:49:37 gmt";
    assert_eq!(asked(&log), [pair("bytes=500-9499", ""), pair("bytes=5500-9499", date)]);
}

#[test]
fn another_server_sends_the_rest_only_of_the_very_same() {
    let broken = Server { cut: 7000, answers: 1, ..GOOD };
    let date =
        "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\nDate: Mon, 07 Nov 1994 08:49:37 GMT\r\n";
    let rest = pair("bytes=7000-19999", "\"v0\"");
    for (name, first, second, expected, request) in [
        ("same tag", broken, GOOD, 0, rest.clone()),
        // It has another film under the same name.
        (
            "other tag",
            broken,
            Server { content: 1, told: "ETag: \"v1\"\r\n", ..GOOD },
            1,
            rest.clone(),
        ),
        ("no ranges", broken, Server { ranges: false, ..GOOD }, 0, rest),
        (
            "date only",
            Server { told: date, ..broken },
            Server { told: date, ..GOOD },
            0,
            pair("", ""),
        ),
        ("weak tag", Server { told: "ETag: W/\"v0\"\r\n", ..broken }, GOOD, 0, pair("", "")),
        ("nothing told", Server { told: "", ..broken }, GOOD, 0, pair("", "")),
    ] {
        let ((first, _), (second, log)) = (first.start(), second.start());
        let (file, piece) = fetch("resume-other", ONE, &[&first, &second]);
        assert!(file == Some(film(expected)), "{name}");
        assert_eq!((&piece["server"], &asked(&log)[0]), (&"b".into(), &request), "{name}");
        assert_eq!(piece["failed"][0]["server"], "a", "{name}");
    }
}

#[test]
fn what_has_changed_meanwhile_is_fetched_from_the_start() {
    let count = Mutex::new(0);
    let url = serve_heads(move |_, head, stream| {
        let mut count = count.lock().unwrap();
        *count += 1;
        let range = head.iter().find_map(|line| line.strip_prefix("range: ")).unwrap_or_default();
        let condition = head.iter().find_map(|line| line.strip_prefix("if-range: "));
        let now = match *count {
            1 => Server { cut: 7000, ..GOOD },
            _ => Server { content: 1, told: "ETag: \"v1\"\r\n", ..GOOD },
        };
        now.answer(range, condition.unwrap_or_default(), stream);
    });
    let (file, piece) = fetch("resume-changed", ONE, &[&url]);
    assert!(file == Some(film(1)));
    assert_eq!(piece["bytes"], 20_000);
}

#[test]
fn a_rest_of_something_else_is_not_taken() {
    for (name, head) in [
        ("another tag", "ETag: \"v1\"\r\nContent-Range: bytes 7000-19999/20000"),
        ("another length", "ETag: \"v0\"\r\nContent-Range: bytes 7000-19999/30000"),
        ("other bytes", "ETag: \"v0\"\r\nContent-Range: bytes 6999-19998/20000"),
        ("fewer bytes", "ETag: \"v0\"\r\nContent-Range: bytes 7000-19998/20000"),
        ("no range", "ETag: \"v0\""),
    ] {
        let lying = serve_heads(move |_, head_asked, stream| {
            if head_asked.iter().any(|line| line.starts_with("range: ")) {
                respond(stream, &format!("206 Partial Content\r\n{head}"), &film(1)[7000..]);
            } else {
                Server { cut: 7000, ..GOOD }.answer("", "", stream);
            }
        });
        let (good, log) = GOOD.start();
        let (file, _) = fetch("resume-lies", ONE, &[&lying, &good]);
        assert!(file == Some(film(0)), "{name}");
        assert_eq!(asked(&log).len(), 1, "{name}");
    }
}

#[test]
fn a_rest_that_is_not_there_any_more_begins_anew() {
    let count = Mutex::new(0);
    let url = serve_heads(move |_, head, stream| {
        *count.lock().unwrap() += 1;
        match *count.lock().unwrap() {
            1 => Server { cut: 7000, ..GOOD }.answer("", "", stream),
            _ if head.iter().any(|line| line.starts_with("range: ")) => {
                respond(stream, "416 Range Not Satisfiable\r\nContent-Range: bytes */5000", b"");
            }
            _ => respond(stream, "200 OK", &film(1)[..5000]),
        }
    });
    let (file, _) = fetch("resume-shorter", ONE, &[&url]);
    assert!(file.unwrap() == film(1)[..5000]);
}

#[test]
fn a_rest_that_ends_too_early_is_not_taken_for_all_of_it() {
    let url = serve_heads(|_, head, stream| {
        if head.iter().any(|line| line.starts_with("range: ")) {
            let head = "HTTP/1.0 206 Partial Content\r\nETag: \"v0\"\r\n\
                Content-Range: bytes 7000-19999/20000\r\n\r\n";
            let _ = stream.write_all(head.as_bytes());
            let _ = stream.write_all(&film(0)[7000..9000]);
        } else {
            Server { cut: 7000, ..GOOD }.answer("", "", stream);
        }
    });
    let (file, piece) = fetch("resume-early", ONE, &[&url]);
    assert_eq!((file, &piece["state"]), (None, &"failed".into()));
}

#[test]
fn a_server_that_breaks_off_for_ever_is_given_up() {
    let count = Arc::new(Mutex::new(0));
    let requests = Arc::clone(&count);
    let url = serve(move |_, stream| {
        *requests.lock().unwrap() += 1;
        let _ =
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\nETag: \"a\"\r\n\r\nx");
    });
    let (file, piece) = fetch("resume-never", ONE, &[&url]);
    assert_eq!((file, &piece["state"]), (None, &"failed".into()));
    assert!(*count.lock().unwrap() < 40, "{}", count.lock().unwrap());
}

#[test]
fn bytes_that_are_passed_over_count_as_fetched() {
    // It knows no ranges, and sends without end what comes before them.
    let url = serve(|_, stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
        while stream.write_all(&[7; 65536]).is_ok() {}
    });
    let folder = Folder::new("resume-passed-over");
    let far = RANGE.replace("9000@500", "9000@50000000000");
    let (playlist, out) = (folder.write("i.m3u8", far), folder.path("clip"));
    let server = format!("a={url}/");
    let args = ["fetch", &playlist, "--at", "1", "-o", &out, "--server", &server];
    let output = hls(&[&args[..], &["--max-media", "20MB"]].concat());
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(2) && errors.contains("--max-media"), "{errors}");
}
