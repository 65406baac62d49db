//! Runs `hls serve`, and asks it things in plain HTTP.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use testkit::program::Running;

use crate::program::program;

/// A server, which is killed when this goes away.
pub(crate) struct Origin {
    pub(crate) running: Running,
    pub(crate) address: SocketAddr,
}

impl Origin {
    pub(crate) fn start(folder: &Path, args: &[&str]) -> Self {
        Self::run(program(), folder, args)
    }

    /// With the program, or with what runs the program.
    pub(crate) fn run(mut program: Command, folder: &Path, args: &[&str]) -> Self {
        program.arg("serve").arg(folder).args(["--listen", "127.0.0.1:0"]).args(args);
        let mut running = Running::start(program);
        let line = running.line();
        assert!(!line.is_empty(), "{args:?}: {}", running.errors());
        let address = line.trim_end().trim_end_matches('/').rsplit_once("//").unwrap().1;
        Self { running, address: address.parse().unwrap() }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.ask(&format!("GET {path} HTTP/1.1"), &[])
    }

    /// Sends a request line and headers.
    pub(crate) fn ask(&self, line: &str, headers: &[&str]) -> Answer {
        let mut request = format!("{line}\r\nHost: {}\r\nConnection: close\r\n", self.address);
        for header in headers {
            request.push_str(&format!("{header}\r\n"));
        }
        request.push_str("\r\n");
        self.send(&request)
    }

    /// Sends this as it is.
    pub(crate) fn send(&self, request: &str) -> Answer {
        Answer::to(TcpStream::connect(self.address).unwrap(), request)
    }

    /// The next line of its log.
    pub(crate) fn log_line(&mut self) -> String {
        self.running.line()
    }
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    /// With names in lower case.
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// All that comes, until the server ends the connection.
    pub(crate) fn to(mut stream: TcpStream, request: &str) -> Self {
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        Self::read(&bytes)
    }

    fn read(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
        let head = std::str::from_utf8(&bytes[..end]).unwrap();
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let header = |line: &str| {
            let (name, value) = line.split_once(": ").unwrap();
            (name.to_lowercase(), value.to_owned())
        };
        Self { status, headers: lines.map(header).collect(), body: bytes[end + 4..].to_vec() }
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(header, _)| header == name);
        found.map_or("", |(_, value)| value)
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}
