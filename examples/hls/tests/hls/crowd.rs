//! `hls serve` among many: nobody keeps others out. On Linux, where all of 127.0.0.0/8 is this machine.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::thread;
use std::time::Duration;

use crate::origin::{Answer, Origin};
use crate::program::{FILM, Folder, live};

const ALICE: &str = "127.0.0.2:0";
const BOB: &str = "127.0.0.3:0";

/// A connection from this address.
fn connect(origin: &Origin, from: &str) -> TcpStream {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
    let stream = runtime.block_on(async {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind(from.parse::<SocketAddr>().unwrap()).unwrap();
        socket.connect(origin.address).await.unwrap().into_std().unwrap()
    });
    stream.set_nonblocking(false).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream
}

/// A connection on which this was asked.
fn ask(origin: &Origin, from: &str, path: &str) -> TcpStream {
    let mut stream = connect(origin, from);
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: h\r\n\r\n").as_bytes()).unwrap();
    stream
}

/// What has come by now: "" when it has ended, `None` when nothing has.
fn has_come(mut stream: &TcpStream) -> Option<String> {
    stream.set_read_timeout(Some(Duration::from_millis(1))).unwrap();
    let mut bytes = [0; 1000];
    match stream.read(&mut bytes) {
        Ok(count) => Some(String::from_utf8_lossy(&bytes[..count]).into_owned()),
        Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => Some(String::new()),
        Err(_) => None,
    }
}

fn wait_a_while() {
    thread::sleep(Duration::from_millis(300));
}

#[test]
fn who_has_all_connections_makes_room_for_others() {
    let folder = Folder::new("crowd-connections");
    folder.write("film.m3u8", FILM);
    let origin = Origin::start(folder.folder(), &["--max-connections", "20"]);
    let mut alice: Vec<TcpStream> = (0..20).map(|_| connect(&origin, ALICE)).collect();
    wait_a_while();
    // The first of them is of use.
    alice[0].write_all(b"GET /film.m3u8 HTTP/1.1\r\nHost: h\r\n\r\n").unwrap();
    wait_a_while();
    assert!(has_come(&alice[0]).unwrap().starts_with("HTTP/1.1 200"));
    let one_more = Answer::to(connect(&origin, ALICE), "");
    assert_eq!((one_more.status, one_more.header("retry-after")), (503, "1"));
    assert!(one_more.text().contains("too many"), "{}", one_more.text());
    assert_eq!(one_more.header("content-length"), one_more.body.len().to_string());

    let request = "GET /film.m3u8 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
    for _ in 0..3 {
        let bob = Answer::to(connect(&origin, BOB), request);
        assert_eq!((bob.status, bob.text()), (200, FILM));
    }
    wait_a_while();
    let ended: Vec<usize> = (0..20)
        .filter(|&number| has_come(&alice[number]).is_some_and(|text| text.is_empty()))
        .collect();
    // One was enough: Bob had one at a time.
    assert_eq!(ended, [1], "the one that was idle for the longest time");
    // Her place is free again.
    let alice = Answer::to(connect(&origin, ALICE), request);
    assert_eq!(alice.status, 200);
}

#[test]
fn who_has_all_seats_makes_room_for_others() {
    let folder = Folder::new("crowd-seats");
    folder.write("live.m3u8", live(10, 5));
    let origin = Origin::start(folder.folder(), &["--live", "--max-connections", "20"]);
    let next = "/live.m3u8?_HLS_msn=15";
    let mut alice: Vec<TcpStream> = Vec::new();
    for _ in 0..10 {
        alice.push(ask(&origin, ALICE, next));
        thread::sleep(Duration::from_millis(20));
    }
    wait_a_while();
    let one_more = ask(&origin, ALICE, next);
    wait_a_while();
    assert!(has_come(&one_more).unwrap().starts_with("HTTP/1.1 503"), "half of them may wait");
    let bob = ask(&origin, BOB, next);
    wait_a_while();
    assert!(has_come(&alice[0]).unwrap().starts_with("HTTP/1.1 503"), "she waits for longest");
    assert_eq!(has_come(&alice[1]), None);
    assert_eq!(has_come(&bob), None);
    folder.write("live.m3u8", live(11, 5));
    wait_a_while();
    for stream in alice[1..].iter().chain([&bob]) {
        assert!(has_come(stream).unwrap().starts_with("HTTP/1.1 200"));
    }
}

#[test]
fn without_file_descriptors_a_file_is_not_said_to_be_gone() {
    let folder = Folder::new("crowd-descriptors");
    folder.write("film.ts", "film");
    let mut limited = Command::new("sh");
    let program = env!("CARGO_BIN_EXE_hls");
    limited.args(["-c", "ulimit -n 30; exec \"$0\" \"$@\"", program]);
    let origin = Origin::run(limited, folder.folder(), &[]);
    let mut first = connect(&origin, ALICE);
    wait_a_while();
    let others: Vec<TcpStream> = (0..40).map(|_| connect(&origin, ALICE)).collect();
    wait_a_while();
    let mut ask = || {
        first.write_all(b"GET /film.ts HTTP/1.1\r\nHost: h\r\n\r\n").unwrap();
        wait_a_while();
        has_come(&first).unwrap()
    };
    assert!(ask().starts_with("HTTP/1.1 503"));
    drop(others);
    wait_a_while();
    assert!(ask().starts_with("HTTP/1.1 200"));
}
