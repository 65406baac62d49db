//! `stun nat` against servers with two addresses, with one, and with none.

use sansio::Clock;
use serde_json::Value;

use crate::program::{PATIENCE, Server, good, json, keys, nobody, refusal, run, socket, text};

const TWO: [&str; 4] = ["--listen", "udp://127.0.0.1:0", "--listen", "udp://127.0.0.2:0"];

#[test]
fn a_server_with_two_addresses_tells_all() {
    let server = Server::start(&TWO, 4);
    let clock = Clock::start();
    let words = good(&["nat", &server.name()]);
    assert!(words.contains("no NAT"), "{words}");
    assert!(words.contains("Mapping: endpoint-independent"), "{words}");
    assert!(words.contains("Filtering: endpoint-independent"), "{words}");
    assert!(words.contains("anybody can send to it"), "{words}");
    let facts = json(&["nat", &server.name()]);
    assert_eq!(facts["server"], server.name());
    assert_eq!(facts["mapped"], facts["local"]);
    assert_eq!(facts["behind_nat"], false);
    assert_eq!(facts["mapping"], "endpoint-independent");
    assert_eq!(facts["filtering"], "endpoint-independent");
    assert_eq!(facts["direct"], true);
    assert_eq!(facts["unknown"]["mapping"], Value::Null);
    assert!(clock.now().since_epoch() < PATIENCE, "nothing is silent here");
    let text = good(&["nat", "--json", &server.name()]);
    let expected = [
        "server",
        "local",
        "mapped",
        "behind_nat",
        "mapping",
        "filtering",
        "hairpinning",
        "lifetime_s",
        "direct",
        "rewrites_payloads",
        "server_behind_nat",
        "unknown",
        "meaning",
    ];
    let top: Vec<String> = expected.iter().map(|key| (*key).to_owned()).collect();
    let mut sorted = keys(&text);
    // `mapping` and `filtering` stand in `unknown`, too.
    sorted.sort_by_key(|key| top.iter().position(|known| known == key));
    assert_eq!(sorted, top);
}

#[test]
fn a_sparing_server_tells_us_as_much() {
    let server = Server::start(&[&TWO[..], &["--sparing"]].concat(), 4);
    assert_eq!(json(&["nat", &server.name()])["filtering"], "endpoint-independent");
}

#[test]
fn a_plain_server_does_not_serve_and_we_are_told_what_does() {
    let (server, other) = (Server::udp(), Server::udp());
    let output = run(&["nat", &server.name()]);
    let words = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{words}");
    assert_eq!(text(&output.stderr), "");
    assert!(words.contains("What to do: The server has no second address"), "{words}");
    assert!(words.contains("stun nat ONE TWO"), "{words}");
    let output = run(&["nat", "--json", &server.name(), &other.name()]);
    assert_eq!(output.status.code(), Some(1));
    let facts: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(facts["mapping"], "endpoint-independent", "there is no NAT");
    assert_eq!(facts["filtering"], Value::Null);
    assert!(facts["unknown"]["filtering"].is_string(), "{facts}");
}

#[test]
fn where_nobody_listens_it_says_so_at_once() {
    let clock = Clock::start();
    let line = refusal(1, &["nat", &nobody()]);
    assert!(line.contains("nobody listens"), "{line}");
    assert!(clock.now().since_epoch() < PATIENCE, "it does not wait");
    // Of two, the other one is asked.
    let server = Server::start(&TWO, 4);
    let facts = json(&["nat", &nobody(), &server.name()]);
    assert_eq!(facts["server"], server.name());
}

#[test]
fn silence_is_a_closed_way() {
    let silent = socket("127.0.0.1:0");
    let line = refusal(1, &["nat", &silent.local_addr().unwrap().to_string()]);
    assert!(line.contains("no answer within 5.5 s"), "{line}");
    assert!(refusal(2, &["nat", "stuns:localhost"]).contains("over UDP"));
}
