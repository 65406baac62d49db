//! Runs the program: to its end, or as a server.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::{SocketAddr, UdpSocket};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;

pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stun"));
    command.args(args).env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

pub(crate) fn run(args: &[&str]) -> Output {
    command(args).output().unwrap()
}

/// With this on its stdin.
pub(crate) fn run_with(args: &[&str], input: &[u8]) -> Output {
    use std::io::Write as _;
    let mut child = command(args).stdin(Stdio::piped()).spawn().unwrap();
    // Where it does not read to the end, that is its affair.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// What it prints, once it is seen to have gone well and to have said nothing else.
pub(crate) fn good(args: &[&str]) -> String {
    let output = run(args);
    let errors = text(&output.stderr);
    assert_eq!((output.status.code(), errors.as_str()), (Some(0), ""), "{args:?}");
    text(&output.stdout)
}

pub(crate) fn json(args: &[&str]) -> Value {
    serde_json::from_str(&good(&[args, &["--json"]].concat())).unwrap()
}

/// The line on stderr, once the exit code is seen to be this and stdout empty.
pub(crate) fn refusal(code: i32, args: &[&str]) -> String {
    let output = run(args);
    let errors = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{args:?}: {errors}");
    assert_eq!(text(&output.stdout), "", "{args:?}");
    assert_eq!(errors.lines().count(), 1, "{args:?}: {errors}");
    assert!(errors.starts_with("stun: ") && errors.ends_with('\n'), "{args:?}: {errors}");
    errors
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
    child: Child,
    stdout: BufReader<ChildStdout>,
    /// As it has printed them, without the scheme.
    pub(crate) addresses: Vec<SocketAddr>,
}

impl Server {
    /// Waits until it has printed `lines` addresses.
    pub(crate) fn start(args: &[&str], lines: usize) -> Self {
        let mut child = command(&[&["serve", "--json"], args].concat()).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut addresses = Vec::new();
        for _ in 0..lines {
            let mut line = String::new();
            stdout.read_line(&mut line).unwrap();
            assert!(!line.is_empty(), "{args:?}: {}", rest_of(child.stderr.take()));
            let line: Value = serde_json::from_str(&line).unwrap();
            let url = line["listening"].as_str().unwrap();
            addresses.push(url.split_once("://").unwrap().1.parse().unwrap());
        }
        Self { child, stdout, addresses }
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
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", signal, &pid]).status().unwrap().success());
    }

    /// The next line of statistics.
    #[cfg(unix)]
    pub(crate) fn statistics(&mut self) -> Value {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        let line: Value = serde_json::from_str(&line).unwrap();
        line["statistics"].clone()
    }

    /// Waits for its end: the exit code, and all that it has yet to say.
    #[cfg(unix)]
    pub(crate) fn end(mut self) -> (Option<i32>, String) {
        let code = self.child.wait().unwrap().code();
        let mut out = String::new();
        self.stdout.read_to_string(&mut out).unwrap();
        (code, out + &rest_of(self.child.stderr.take()))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn rest_of(stderr: Option<std::process::ChildStderr>) -> String {
    let mut text = String::new();
    if let Some(mut stderr) = stderr {
        let _ = stderr.read_to_string(&mut text);
    }
    text
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

/// A folder of its own for each test, which goes away with it.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("stun-test-{name}-{}", std::process::id()));
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
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
