//! Playlists from servers, kind and unkind.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use crate::program::{FILM, json, refusal, text};

/// A server on loopback that gives every request what `answer` makes of its path.
pub(crate) fn serve(answer: impl Fn(&str, &mut TcpStream) + Send + 'static) -> String {
    serve_heads(move |path, _, stream| answer(path, stream))
}

/// The same, when the answer depends on the headers as well: they are in lower case.
pub(crate) fn serve_heads(
    answer: impl Fn(&str, &[String], &mut TcpStream) + Send + 'static,
) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let Some(Ok(request)) = lines.next() else { continue };
            let head = lines.map_while(Result::ok).take_while(|line| !line.is_empty());
            let head: Vec<String> = head.map(|line| line.to_lowercase()).collect();
            let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
            answer(&path, &head, &mut stream);
        }
    });
    format!("http://{address}")
}

pub(crate) fn respond(stream: &mut TcpStream, head: &str, body: &[u8]) {
    let length = body.len();
    let head = format!("HTTP/1.1 {head}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
}

/// `gzip` of so many zeros, made by hand: deflate with stored blocks would not be small, so it repeats
/// one block that a decoder makes 258 bytes of with each pair of bits.
fn gzip_bomb(bytes: usize) -> Vec<u8> {
    let mut bits = Bits::default();
    // One last block with fixed codes: a zero as a literal, then copies of 258 bytes, 1 byte back.
    bits.put(0b1, 1);
    bits.put(0b01, 2);
    bits.code(0x30, 8);
    for _ in 0..bytes.div_ceil(258) {
        bits.code(0b1100_0101, 8);
        bits.code(0, 5);
    }
    bits.code(0, 7);
    let mut gzip = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    gzip.extend(bits.bytes);
    // A decoder that came so far would look at the checksum; it shall not.
    gzip.extend([0; 8]);
    gzip
}

#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    count: usize,
}

impl Bits {
    /// Lowest bit first.
    fn put(&mut self, value: u32, length: usize) {
        for bit in 0..length {
            if self.count.is_multiple_of(8) {
                self.bytes.push(0);
            }
            let last = self.bytes.last_mut().unwrap();
            *last |= u8::from(value >> bit & 1 == 1) << (self.count % 8);
            self.count += 1;
        }
    }

    /// Highest bit first, as codes are.
    fn code(&mut self, value: u32, length: usize) {
        for bit in (0..length).rev() {
            self.put(value >> bit & 1, 1);
        }
    }
}

#[test]
fn a_playlist_is_loaded_and_its_server_told() {
    let server = serve(|path, stream| match path {
        "/old.m3u8" => respond(stream, "302 Found\r\nLocation: /film/i.m3u8?token=t", b""),
        "/film/i.m3u8?token=t" => respond(stream, "200 OK", FILM.as_bytes()),
        _ => respond(stream, "404 Not Found", b""),
    });
    let url = format!("{server}/old.m3u8");
    assert!(text(&["inspect", &url]).contains("Segment_3.mp4"));
    assert!(text(&["validate", &url]).contains("nothing to fix"));
    let plan = json(&["seek", &url, "--at", "11", "--json"]);
    let host = server.strip_prefix("http://").unwrap();
    assert_eq!(
        plan["fetch"][0]["servers"],
        serde_json::json!([{"name": host, "uri": format!("{server}/film/Segment_3.mp4")}])
    );
    let line = refusal(2, &["inspect", &format!("{server}/no.m3u8")]);
    assert!(line.contains("404") && line.contains("/no.m3u8"), "{line}");
}

#[test]
fn query_parameters_are_defined_from_the_url() {
    let server = serve(|_, stream| {
        let text = "#EXTM3U\n#EXT-X-DEFINE:QUERYPARAM=\"key\"\n#EXTINF:5,\n1.ts?key={$key}\n";
        respond(stream, "200 OK", text.as_bytes());
    });
    assert!(text(&["inspect", &format!("{server}/i.m3u8?key=7")]).contains("1.ts?key=7"));
}

#[test]
fn h13_redirects_without_end_are_given_up() {
    let server = serve(|_, stream| respond(stream, "302 Found\r\nLocation: /again", b""));
    assert!(refusal(2, &["inspect", &server]).contains("elsewhere"));
}

#[test]
fn h19_a_gzip_bomb_is_cut_off() {
    let bomb = gzip_bomb(200 << 20);
    assert!(bomb.len() < 2 << 20, "{}", bomb.len());
    let server = serve(move |_, stream| {
        respond(stream, "200 OK\r\nContent-Encoding: gzip", &bomb);
    });
    let line = refusal(2, &["inspect", &server]);
    assert!(line.contains("more than 67108864 bytes") && line.contains("--max-size"), "{line}");
    let line = refusal(2, &["inspect", &server, "--max-size", "1MB"]);
    assert!(line.contains("more than 1000000 bytes"), "{line}");
}

#[test]
fn an_answer_without_end_is_cut_off() {
    let server = serve(|_, stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n#EXTM3U\n");
        while stream.write_all(&[b'#'; 4096]).is_ok() {}
    });
    assert!(refusal(2, &["inspect", &server, "--max-size", "1MB"]).contains("--max-size"));
}

#[test]
fn a_server_that_says_nothing_is_given_up() {
    let server = serve(|_, _| std::thread::sleep(Duration::from_secs(20)));
    let line = refusal(2, &["inspect", &server, "--timeout", "0.5"]);
    assert!(line.contains("not there after 0.5 s") && line.contains("--timeout"), "{line}");
}

#[test]
fn a_server_that_is_not_there_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let line = refusal(2, &["validate", &format!("http://{address}/i.m3u8")]);
    assert!(line.contains("is the server running?"), "{line}");
}
