//! Runs the program: to its end, or as a server.

use std::net::{SocketAddr, UdpSocket};
use std::process::Output;
use std::time::Duration;

use serde_json::Value;
pub(crate) use testkit::program::Folder;
use testkit::program::{Program, Running};

pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) const STUN: Program = Program::new("stun", env!("CARGO_BIN_EXE_stun"));

pub(crate) fn run(args: &[&str]) -> Output {
    STUN.run(args)
}

/// With this on its stdin.
pub(crate) fn run_with(args: &[&str], input: &[u8]) -> Output {
    STUN.run_with(args, input)
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// What it prints, once it is seen to have gone well and to have said nothing else.
pub(crate) fn good(args: &[&str]) -> String {
    STUN.text(args)
}

pub(crate) fn json(args: &[&str]) -> Value {
    serde_json::from_str(&good(&[args, &["--json"]].concat())).unwrap()
}

/// The line on stderr, once the exit code is seen to be this and stdout empty.
pub(crate) fn refusal(code: i32, args: &[&str]) -> String {
    STUN.refusal(code, args)
}

/// The keys of an object, in order.
pub(crate) fn keys(json: &str) -> Vec<String> {
    // serde_json's map sorts its keys: the text has their order.
    let value: Value = serde_json::from_str(json).unwrap();
    let mut keys: Vec<String> = value.as_object().unwrap().keys().cloned().collect();
    keys.sort_by_key(|key| json.find(&format!("\"{key}\":")));
    keys
}

/// `stun serve`, which ends when this is dropped.
pub(crate) struct Server {
    running: Running,
    /// As it has printed them, without the scheme.
    pub(crate) addresses: Vec<SocketAddr>,
}

impl Server {
    /// Waits until it has printed `lines` addresses.
    pub(crate) fn start(args: &[&str], lines: usize) -> Self {
        let mut running = STUN.start(&[&["serve", "--json"], args].concat());
        let mut addresses = Vec::new();
        for _ in 0..lines {
            let line = running.line();
            assert!(!line.is_empty(), "{args:?}: {}", running.errors());
            let line: Value = serde_json::from_str(&line).unwrap();
            let url = line["listening"].as_str().unwrap();
            addresses.push(url.split_once("://").unwrap().1.parse().unwrap());
        }
        Self { running, addresses }
    }

    /// A plain one.
    pub(crate) fn udp() -> Self {
        Self::start(&["--listen", "udp://127.0.0.1:0"], 1)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.addresses[0]
    }

    pub(crate) fn name(&self) -> String {
        self.address().to_string()
    }

    #[cfg(unix)]
    pub(crate) fn signal(&self, signal: &str) {
        self.running.signal(signal);
    }

    /// The next line of statistics.
    #[cfg(unix)]
    pub(crate) fn statistics(&mut self) -> Value {
        let line: Value = serde_json::from_str(&self.running.line()).unwrap();
        line["statistics"].clone()
    }

    /// Waits for its end: the exit code, and all that it has yet to say.
    #[cfg(unix)]
    pub(crate) fn end(self) -> (Option<i32>, String) {
        self.running.end()
    }
}

/// A socket of a test's own.
pub(crate) fn socket(address: &str) -> UdpSocket {
    let socket = UdpSocket::bind(address).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket
}

/// An address at which nobody listens.
pub(crate) fn nobody() -> String {
    let (udp, tcp) = (socket("127.0.0.1:0"), std::net::TcpListener::bind("127.0.0.1:0").unwrap());
    drop(udp);
    tcp.local_addr().unwrap().to_string()
}
