//! `stun bench`.

use sansio::Clock;
use serde_json::Value;

use crate::program::{PATIENCE, Server, good, json, keys, nobody, refusal, run, socket, text};

#[test]
fn a_second_of_load() {
    let server = Server::udp();
    let facts = json(&["bench", &server.name(), "--duration", "1"]);
    assert_eq!(facts["server"], server.name());
    let number = |name: &str| facts[name].as_f64().unwrap();
    assert!(number("answered") > 100.0, "{facts}");
    assert_eq!(number("sent"), number("answered") + number("lost"), "{facts}");
    assert_eq!(number("wrong"), 0.0);
    assert!((0.9..1.1).contains(&number("seconds")), "{facts}");
    assert!((number("per_second") - number("answered") / number("seconds")).abs() < 2.0, "{facts}");
    let latency =
        ["p50", "p90", "p99", "max"].map(|part| facts["latency_us"][part].as_f64().unwrap());
    assert!(latency[0] > 0.0 && latency.is_sorted(), "{facts}");
}

#[test]
fn the_rate_is_kept_and_the_output_is_as_promised() {
    let server = Server::udp();
    let text = good(&["bench", &server.name(), "--duration", "1", "--rate", "200", "--json"]);
    let facts: Value = serde_json::from_str(&text).unwrap();
    let sent = facts["sent"].as_u64().unwrap();
    assert!((100..=201).contains(&sent), "{facts}");
    assert_eq!(
        keys(&text),
        [
            "server",
            "seconds",
            "in_flight",
            "sent",
            "answered",
            "lost",
            "wrong",
            "per_second",
            "latency_us"
        ]
    );
    let words = good(&["bench", &server.name(), "--duration", "0.2", "--in-flight", "1"]);
    assert!(words.contains("Answers a second") && words.contains("0 lost"), "{words}");
}

#[test]
fn what_is_lost_is_counted() {
    let silent = socket("127.0.0.1:0");
    let address = silent.local_addr().unwrap().to_string();
    let args = ["bench", &address, "--duration", "0.3", "--in-flight", "5", "--json"];
    let output = run(&args);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("no answer at all"));
    let facts: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&facts["sent"], &facts["lost"]), (&5.into(), &5.into()), "{facts}");
    assert_eq!(facts["latency_us"], Value::Null);
    let clock = Clock::start();
    let output = run(&["bench", &nobody()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("nobody listens there"));
    assert!(clock.now().since_epoch() < PATIENCE);
}

#[test]
fn strangers_are_never_measured() {
    for host in ["192.0.2.1", "[2001:db8::1]:3478", "8.8.8.8"] {
        for args in [&["bench", host][..], &["bench", "--i-own-this-server", host]] {
            assert!(refusal(2, args).contains("attack"), "{host}");
        }
    }
    assert!(refusal(2, &["bench", "10.0.0.1"]).contains("--i-own-this-server"));
}
