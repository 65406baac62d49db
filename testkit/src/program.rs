//! Real programs, run as people run them: to their end, or as servers, with a deadline for what they say.
//!
//! ```no_run
//! use testkit::program::{Folder, Program};
//!
//! // In a test of the program's package: `env!("CARGO_BIN_EXE_hls")`.
//! let hls = Program::new("hls", "target/debug/hls");
//! let folder = Folder::new("films");
//! let film = folder.write("film.m3u8", "#EXTM3U\n");
//! println!("{}", hls.text(&["inspect", &film]));
//! assert!(hls.refusal(2, &["inspect", "nowhere.m3u8"]).contains("no such file"));
//!
//! let mut server = hls.start(&["serve", &folder.path("")]);
//! println!("{}", server.line());
//! ```

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How long a program may take to say the next line.
const PATIENCE: Duration = Duration::from_secs(60);

/// A program.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    name: &'static str,
    path: &'static str,
}

impl Program {
    /// The program that calls itself `name` in its errors, and lies at `path`.
    #[must_use]
    pub const fn new(name: &'static str, path: &'static str) -> Self {
        Self { name, path }
    }

    /// To be run with nothing on stdin, and without what the environment says of proxies and colours.
    #[must_use]
    pub fn command(self) -> Command {
        let mut command = Command::new(self.path);
        for name in ["ALL_PROXY", "HTTP_PROXY", "HTTPS_PROXY", "NO_COLOR", "CLICOLOR_FORCE"] {
            command.env_remove(name).env_remove(name.to_lowercase());
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs it to its end.
    ///
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    pub fn run(self, args: &[&str]) -> Output {
        self.command().args(args).output().unwrap()
    }

    /// Runs it to its end with this on its stdin.
    ///
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    pub fn run_with(self, args: &[&str], input: &[u8]) -> Output {
        let mut child = self.command().args(args).stdin(Stdio::piped()).spawn().unwrap();
        if let Some(mut stdin) = child.stdin.take() {
            // It may have seen enough before the end.
            let _ = stdin.write_all(input);
        }
        child.wait_with_output().unwrap()
    }

    /// What it prints.
    ///
    /// # Panics
    /// Unless all went well, nothing is on stderr, and there are no colours in it.
    #[must_use]
    pub fn text(self, args: &[&str]) -> String {
        let output = self.run(args);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), &*errors), (Some(0), ""), "{args:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(!text.contains('\x1b'), "colours are for terminals: {text}");
        text
    }

    /// The line on stderr, with its end.
    ///
    /// # Panics
    /// Unless the exit code is this, stdout is empty, and the line is the only one and begins with the
    /// program's name.
    #[must_use]
    pub fn refusal(self, code: i32, args: &[&str]) -> String {
        let output = self.run(args);
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{args:?}: {errors}");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "", "{args:?}");
        assert_eq!(errors.lines().count(), 1, "{args:?}: {errors}");
        let is_named = errors.strip_prefix(self.name).is_some_and(|rest| rest.starts_with(": "));
        assert!(is_named && errors.ends_with('\n'), "{args:?}: {errors}");
        errors
    }

    /// Runs it for somebody who reads nothing of what it prints, as in `hls inspect film.m3u8 | true`.
    ///
    /// # Panics
    /// Unless all goes well nevertheless, and nothing is on stderr.
    pub fn run_unread(self, args: &[&str]) {
        let mut child = self.command().args(args).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), &*errors), (Some(0), ""), "{args:?}");
    }

    /// Starts it as a server.
    ///
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    pub fn start(self, args: &[&str]) -> Running {
        let mut command = self.command();
        command.args(args);
        Running::start(command)
    }
}

/// A program that runs, until this is dropped.
#[derive(Debug)]
pub struct Running {
    /// Its process.
    pub child: Child,
    /// So that threads may share it.
    lines: Mutex<Receiver<String>>,
}

impl Running {
    /// Starts a program. What it prints waits in its pipe until [`line`](Self::line) takes it.
    ///
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    pub fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let stdout = child.stdout.take().unwrap();
        let (sender, lines) = sync_channel(0);
        std::thread::spawn(move || {
            let mut stdout = BufReader::new(stdout);
            let mut line = String::new();
            while stdout.read_line(&mut line).is_ok_and(|length| length > 0) {
                if sender.send(std::mem::take(&mut line)).is_err() {
                    return;
                }
            }
        });
        Self { child, lines: Mutex::new(lines) }
    }

    /// The next line that it prints, with its end; none, "", when it prints no more.
    ///
    /// # Panics
    /// When it says nothing for a minute.
    #[must_use]
    pub fn line(&mut self) -> String {
        let lines = self.lines.get_mut().unwrap_or_else(PoisonError::into_inner);
        match lines.recv_timeout(PATIENCE) {
            Ok(line) => line,
            Err(RecvTimeoutError::Disconnected) => String::new(),
            Err(RecvTimeoutError::Timeout) => panic!("it says nothing"),
        }
    }

    /// All that it says on stderr until it ends, where that is a pipe.
    #[must_use]
    pub fn errors(&mut self) -> String {
        let mut text = String::new();
        if let Some(mut stderr) = self.child.stderr.take() {
            let _ = stderr.read_to_string(&mut text);
        }
        text
    }

    /// Sends it a signal: `INT`, `TERM`.
    ///
    /// # Panics
    /// When there is no such process any more.
    #[cfg(unix)]
    pub fn signal(&self, signal: &str) {
        let process = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", signal, &process]).status().unwrap().success());
    }

    /// Waits for its end: the exit code, and all that it has yet to say.
    ///
    /// # Panics
    /// When it says nothing for a minute, and does not end.
    #[must_use]
    pub fn end(mut self) -> (Option<i32>, String) {
        let mut rest = String::new();
        loop {
            match self.line() {
                line if line.is_empty() => break,
                line => rest.push_str(&line),
            }
        }
        rest.push_str(&self.errors());
        (self.child.wait().unwrap().code(), rest)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A folder of its own for each test, which goes away with it.
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// An empty one. No other test that runs may use the same name.
    ///
    /// # Panics
    /// When it cannot be made.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("thalweg-test-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// The path of what is called `name` in it.
    ///
    /// # Panics
    /// When the path of temporary files is no text.
    #[must_use]
    pub fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }

    /// Writes a file, and gives its path.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        std::fs::write(self.0.join(name), content).unwrap();
        self.path(name)
    }

    /// The folder itself.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    const SH: Program = Program::new("sh", "/bin/sh");

    #[test]
    fn a_program_is_run_to_its_end() {
        assert_eq!(SH.text(&["-c", "echo a"]), "a\n");
        assert_eq!(SH.run_with(&["-c", "cat"], b"b").stdout, b"b");
        assert_eq!(SH.refusal(3, &["-c", "echo sh: no >&2; exit 3"]), "sh: no\n");
        SH.run_unread(&["-c", "true"]);
    }

    #[test]
    #[should_panic(expected = "another: no")]
    fn a_refusal_names_the_program() {
        let _ = SH.refusal(3, &["-c", "echo another: no >&2; exit 3"]);
    }

    #[test]
    fn a_server_says_lines_and_can_be_ended() {
        let mut server = SH.start(&[
            "-c",
            "echo a; echo b >&2; trap 'echo c; exit 7' TERM; while :; do sleep 0.05; done",
        ]);
        assert_eq!(server.line(), "a\n");
        std::thread::sleep(Duration::from_millis(200));
        server.signal("TERM");
        assert_eq!(server.end(), (Some(7), "c\nb\n".to_owned()));
    }

    #[test]
    fn a_folder_goes_away() {
        let folder = Folder::new("goes-away");
        let file = folder.write("a", "b");
        assert_eq!(std::fs::read(&file).unwrap(), b"b");
        drop(folder);
        assert!(!Path::new(&file).exists());
    }
}
