//! Names: SRV records from a DNS server of the test's own.

use std::net::UdpSocket;
use std::thread;

use crate::program::{Server, good, json, nobody, refusal, socket};

/// A record: priority, weight, port, and the name in labels.
type Srv<'a> = (u16, u16, u16, &'a [&'a str]);

/// Answers every question for SRV with these records; with none, that there is no such name.
fn dns(records: &[Srv<'_>]) -> String {
    let mut answers = Vec::new();
    for (priority, weight, port, target) in records {
        let mut data = [priority.to_be_bytes(), weight.to_be_bytes(), port.to_be_bytes()].concat();
        for label in *target {
            data.push(label.len() as u8);
            data.extend(label.as_bytes());
        }
        data.push(0);
        // The name of the question, SRV, IN, a minute.
        answers.extend(b"\xC0\x0C\x00\x21\x00\x01\x00\x00\x00\x3C");
        answers.extend((data.len() as u16).to_be_bytes());
        answers.extend(data);
    }
    let (count, code) = (records.len() as u16, if records.is_empty() { 3 } else { 0 });
    let socket: UdpSocket = socket("127.0.0.1:0");
    let address = socket.local_addr().unwrap().to_string();
    thread::spawn(move || {
        let mut query = [0; 512];
        while let Ok((length, from)) = socket.recv_from(&mut query) {
            let name = query[12..length].iter().position(|byte| *byte == 0).unwrap();
            let question = &query[12..12 + name + 5];
            let header = [query[0], query[1], 0x81, 0x80 | code, 0, 1];
            let counts = [count.to_be_bytes(), [0, 0], [0, 0]].concat();
            let message = [&header[..], &counts, question, &answers].concat();
            socket.send_to(&message, from).unwrap();
        }
    });
    address
}

#[test]
fn srv_records_are_tried_in_order() {
    let server = Server::udp();
    let port = server.address().port();
    let closed = nobody().rsplit(':').next().unwrap().parse().unwrap();
    let dns = dns(&[(20, 0, port, &["localhost"]), (10, 0, closed, &["localhost"])]);
    let facts = json(&["query", "-4", "--dns", &dns, "example.test"]);
    assert_eq!(facts["server"], server.name(), "the first one is closed");
    let words = good(&["query", "-4", "--dns", &dns, "stun:example.test"]);
    assert!(words.contains(&format!("{}, example.test over UDP", server.name())), "{words}");
}

#[test]
fn a_service_that_is_not_offered_is_not_asked_for() {
    let dns = dns(&[(0, 0, 0, &[])]);
    let line = refusal(1, &["query", "--dns", &dns, "example.test"]);
    assert!(line.contains("_stun._udp.example.test") && line.contains("no such service"), "{line}");
}

#[test]
fn without_records_the_name_itself_is_looked_up() {
    let server = Server::start(&["--listen", "udp://127.0.0.1:0"], 1);
    let dns = dns(&[]);
    let line = refusal(2, &["query", "--dns", &dns, "nobody.invalid"]);
    assert!(line.contains("nobody.invalid") && line.contains("DNS"), "{line}");
    // A port, an address or this very host leave nothing to look up.
    let name = format!("localhost:{}", server.address().port());
    json(&["query", "-4", "--dns", &dns, &name]);
}
