//! `stun query`, over all transports and both families, and what may go wrong.

use std::net::{SocketAddr, UdpSocket};
use std::thread;

use sansio::Clock;
use serde_json::Value;
use stun_codec::{ErrorCode, Message, MessageBuilder, attr};

use crate::program::{
    Folder, PATIENCE, Server, good, json, keys, nobody, refusal, run, socket, text,
};

/// A certificate for the loopback addresses, and its key: two files.
pub(crate) fn certificate(folder: &Folder) -> (String, String) {
    let names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
    let made = rcgen::generate_simple_self_signed(names).unwrap();
    let certificate = folder.write("certificate.pem", made.cert.pem());
    (certificate, folder.write("key.pem", made.signing_key.serialize_pem()))
}

fn told(facts: &Value, server: SocketAddr) -> SocketAddr {
    assert_eq!(facts["server"], server.to_string());
    assert_eq!(facts["software"], Value::Null);
    let round_trip = facts["rtt_ms"].as_f64().unwrap();
    assert!(round_trip > 0.0 && round_trip < 5000.0, "{facts}");
    let mapped: SocketAddr = facts["mapped"].as_str().unwrap().parse().unwrap();
    assert_eq!(mapped.ip(), server.ip());
    mapped
}

#[test]
fn udp_tcp_and_tls_over_both_families() {
    let folder = Folder::new("transports");
    let (certificate, key) = certificate(&folder);
    for ip in ["127.0.0.1", "[::1]"] {
        let listen = ["udp", "tcp", "tls"].map(|over| format!("{over}://{ip}:0"));
        let mut args: Vec<&str> = listen.iter().flat_map(|url| ["--listen", url]).collect();
        args.extend(["--cert", &certificate, "--key", &key]);
        let server = Server::start(&args, 3);
        let [udp, tcp, tls] = server.addresses[..] else { panic!() };
        told(&json(&["query", &udp.to_string()]), udp);
        told(&json(&["query", "--tcp", &tcp.to_string()]), tcp);
        told(&json(&["query", "--tls", "--ca", &certificate, &tls.to_string()]), tls);
        told(&json(&["query", &format!("stun:{udp}")]), udp);
        // Not every machine has localhost as a name of ::1.
        if udp.is_ipv4() {
            let uri = format!("stun:localhost:{}", udp.port());
            told(&json(&["query", "-4", &uri]), udp);
            let uri = format!("stuns:localhost:{}", tls.port());
            told(&json(&["query", "-4", &uri, "--ca", &certificate]), tls);
            let line = refusal(2, &["query", "-6", &udp.to_string()]);
            assert!(line.contains("no IPv6 address"), "{line}");
        }
    }
}

#[test]
fn people_get_words_and_programs_one_object() {
    let server = Server::udp();
    let words = good(&["query", &server.name()]);
    assert!(words.starts_with("Public address  127.0.0.1:"), "{words}");
    assert!(words.contains("no NAT") && words.contains(&server.name()), "{words}");
    assert!(words.contains("Round trip") && !words.contains('\x1b'), "{words}");
    let facts = good(&["query", "--json", &server.name()]);
    assert_eq!(facts.lines().count(), 1);
    assert_eq!(keys(&facts), ["mapped", "server", "rtt_ms", "software"]);
}

#[test]
fn where_nobody_listens_it_says_so_at_once() {
    let nobody = nobody();
    let clock = Clock::start();
    let line = refusal(1, &["query", &nobody]);
    assert!(line.contains(&nobody) && line.contains("nobody listens"), "{line}");
    let line = refusal(1, &["query", "--tcp", &nobody]);
    assert!(line.contains("nobody listens"), "{line}");
    assert!(clock.now().since_epoch() < PATIENCE, "it does not wait");
}

#[test]
fn silence_ends_with_the_time_out() {
    let silent = socket("127.0.0.1:0");
    let address = silent.local_addr().unwrap().to_string();
    let line = refusal(1, &["query", &address, "--timeout", "0.7"]);
    assert!(line.contains("no answer within 0.7 s") && line.contains("--tcp"), "{line}");
    // Sent again after half a second, the same message.
    let (mut first, mut second) = ([0; 64], [0; 64]);
    let lengths = [silent.recv(&mut first).unwrap(), silent.recv(&mut second).unwrap()];
    assert_eq!(lengths, [28, 28]);
    assert_eq!(first, second);
    assert_eq!(Message::parse(&first[..28]).unwrap().verify_fingerprint(), Ok(true));
}

/// A server that answers every request as it is told.
fn fake(answer: impl Fn(&Message<'_>, SocketAddr, &mut [u8]) -> usize + Send + 'static) -> String {
    let socket: UdpSocket = socket("127.0.0.1:0");
    let address = socket.local_addr().unwrap().to_string();
    thread::spawn(move || {
        let (mut input, mut out) = ([0; 2048], [0; 2048]);
        while let Ok((length, from)) = socket.recv_from(&mut input) {
            let request = Message::parse(&input[..length]).unwrap();
            let length = answer(&request, from, &mut out);
            socket.send_to(&out[..length], from).unwrap();
        }
    });
    address
}

#[test]
fn an_alternate_server_is_asked_but_not_in_circles() {
    let server = Server::udp();
    let address = server.address();
    let redirecting = fake(move |request, _, out| {
        let answer = MessageBuilder::error(request, ErrorCode::TRY_ALTERNATE, out);
        answer.put(attr::ALTERNATE_SERVER, address).finish().unwrap().len()
    });
    told(&json(&["query", &redirecting]), address);
    let words = good(&["query", &redirecting]);
    assert!(words.contains(&format!("{redirecting} has passed us on")), "{words}");

    let circle = socket("127.0.0.1:0");
    let itself = circle.local_addr().unwrap();
    let address = itself.to_string();
    let turning = thread::spawn(move || {
        let (mut input, mut out) = ([0; 64], [0; 256]);
        let (length, from) = circle.recv_from(&mut input).unwrap();
        let request = Message::parse(&input[..length]).unwrap();
        let answer = MessageBuilder::error(&request, ErrorCode::TRY_ALTERNATE, &mut out);
        let answer = answer.put(attr::ALTERNATE_SERVER, itself).finish().unwrap();
        circle.send_to(answer, from).unwrap();
    });
    let line = refusal(1, &["query", &address]);
    assert!(line.contains("asked already"), "{line}");
    turning.join().unwrap();
}

#[test]
fn errors_and_hostile_answers_are_told_in_one_harmless_line() {
    let refusing = fake(|request, _, out| {
        let code = ErrorCode::new(401, "\x1b[2J\nno").unwrap();
        MessageBuilder::error(request, code, out).finish().unwrap().len()
    });
    let line = refusal(1, &["query", &refusing]);
    assert!(line.contains("401") && !line.contains('\x1b'), "{line:?}");

    let empty =
        fake(|request, _, out| MessageBuilder::success(request, out).finish().unwrap().len());
    let line = refusal(1, &["query", &empty]);
    assert!(line.contains("no address"), "{line}");

    let boasting = fake(|request, from, out| {
        let answer = MessageBuilder::success(request, out).put(attr::XOR_MAPPED_ADDRESS, from);
        answer.put(attr::SOFTWARE, "a\x1b]0;b\x07\u{202e}").finish().unwrap().len()
    });
    let words = good(&["query", &boasting]);
    assert!(words.contains("Software        a\\u{1b}]0;b"), "{words:?}");
    assert!(!words.contains('\x1b') && !words.contains('\u{202e}'), "{words:?}");
    assert_eq!(json(&["query", &boasting])["software"], "a\x1b]0;b\x07\u{202e}");

    // As servers of RFC 3489 answer.
    let old = fake(|request, from, out| {
        let answer = MessageBuilder::success(request, out).put(attr::MAPPED_ADDRESS, from);
        answer.finish().unwrap().len()
    });
    let address: SocketAddr = old.parse().unwrap();
    assert!(json(&["query", &old])["mapped"].as_str().unwrap().starts_with("127.0.0.1:"));
    assert_eq!(json(&["query", &old])["server"], address.to_string());
}

#[test]
fn a_certificate_must_be_trusted_and_for_the_name() {
    let folder = Folder::new("certificates");
    let (ours, key) = certificate(&folder);
    let args = ["--listen", "tls://127.0.0.1:0", "--cert", &ours, "--key", &key];
    let server = Server::start(&args, 1);
    let uri = format!("stuns:localhost:{}", server.address().port());
    let line = refusal(1, &["query", "-4", &uri]);
    assert!(line.contains("--ca") && line.contains("--insecure"), "{line}");

    let other = Folder::new("other-certificate");
    let made = rcgen::generate_simple_self_signed(vec!["example.org".to_owned()]).unwrap();
    let wrong = other.write("wrong.pem", made.cert.pem());
    let wrong_key = other.write("wrong-key.pem", made.signing_key.serialize_pem());
    let line = refusal(1, &["query", "-4", &uri, "--ca", &wrong]);
    assert!(line.contains("--ca"), "{line}");
    let args = ["--listen", "tls://127.0.0.1:0", "--cert", &wrong, "--key", &wrong_key];
    let impostor = Server::start(&args, 1);
    let uri = format!("stuns:localhost:{}", impostor.address().port());
    let line = refusal(1, &["query", "-4", &uri, "--ca", &wrong]);
    assert!(line.contains("another name"), "{line}");

    let output = run(&["query", "-4", &uri, "--insecure"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(text(&output.stderr).starts_with("warning: "), "{:?}", text(&output.stderr));

    let tcp = Server::start(&["--listen", "tcp://127.0.0.1:0"], 1);
    let line = refusal(1, &["query", "--tls", "--ca", &wrong, &tcp.name()]);
    assert!(line.contains("closed the connection"), "{line}");
}
