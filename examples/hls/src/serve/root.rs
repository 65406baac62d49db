//! The folder that is served, and nothing beyond it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{fs, io};

use command_line::{Failure, plain};

/// A folder, by its real path.
#[derive(Clone, Debug)]
pub(super) struct Root(PathBuf);

impl Root {
    pub(super) fn open(folder: &Path) -> Result<Self, Failure> {
        let name = folder.display();
        let refuse = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound => Failure::cannot(format!("{name}: no such folder")),
            _ => Failure::cannot(format!("{name}: {}", plain(&error))),
        };
        let path = fs::canonicalize(folder).map_err(refuse)?;
        if !path.is_dir() {
            return Err(Failure::cannot(format!("{name}: not a folder; give the one it is in")));
        }
        Ok(Self(path))
    }

    /// The file with a clean path: `None` unless it is a file, and, when all links are followed,
    /// within the folder.
    pub(super) fn file(&self, path: &str) -> Option<PathBuf> {
        let real = fs::canonicalize(self.0.join(path.strip_prefix('/')?)).ok()?;
        // A named pipe would keep whoever opens it waiting.
        (real.starts_with(&self.0) && real.is_file()).then_some(real)
    }

    /// The paths of playlists in the folder: clean ones, whose names end with `.m3u8`.
    pub(super) fn playlists(&self) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let mut left = MAX_NAMES;
        let mut folders = vec![(String::new(), 0)];
        while let Some((folder, depth)) = folders.pop() {
            let Ok(entries) = fs::read_dir(self.0.join(folder.trim_start_matches('/'))) else {
                continue;
            };
            for entry in entries.take(left).filter_map(Result::ok) {
                left = left.saturating_sub(1);
                let Ok(name) = entry.file_name().into_string() else { continue };
                let path = format!("{folder}/{name}");
                let Ok(kind) = entry.file_type() else { continue };
                if !is_safe(&name) {
                    continue;
                }
                // Links to folders are not followed: they may lead round and round.
                if kind.is_dir() && depth < MAX_DEPTH {
                    folders.push((path, depth + 1));
                } else if !kind.is_dir() && name.to_ascii_lowercase().ends_with(".m3u8") {
                    found.insert(path);
                }
            }
        }
        found.into_iter().take(MAX_PLAYLISTS).collect()
    }
}

/// Files in the folder that are looked at when playlists are searched for.
const MAX_NAMES: usize = 100_000;
const MAX_PLAYLISTS: usize = 200;
const MAX_DEPTH: usize = 4;

/// The path of a request without its escapes: `None` when it is not plainly one of a file. Names that
/// begin with a dot are nobody's business, among them `.` and `..`.
pub(super) fn clean(path: &str) -> Option<String> {
    let path = unescape(path)?;
    let names = path.strip_prefix('/')?;
    names.split('/').all(is_safe).then_some(path)
}

fn is_safe(name: &str) -> bool {
    let is_harmless = |c: char| c != '\\' && !c.is_control();
    !name.is_empty() && !name.starts_with('.') && name.chars().all(is_harmless)
}

/// Takes `%20` and the like for what they stand for, once.
fn unescape(path: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let (digits, after) = rest.split_at_checked(2)?;
        let digit = |at: usize| char::from(digits[at]).to_digit(16);
        bytes.push(u8::try_from(digit(0)? * 16 + digit(1)?).ok()?);
        rest = after;
    }
    String::from_utf8(bytes).ok()
}

/// A clean path, or the end of one, as it stands in a URI.
pub(super) fn escaped(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' => {
                uri.push(char::from(byte));
            }
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h11_paths_that_lead_anywhere_else_are_none() {
        for path in [
            "",
            "/",
            "a.ts",
            "//a.ts",
            "/a//b.ts",
            "/a/",
            "/..",
            "/../etc/passwd",
            "/a/../../b",
            "/%2e%2e/b",
            "/%2E%2e%2fb",
            "/a/%2e%2e/b",
            "/.",
            "/./a",
            "/.git/config",
            "/a\\..\\b",
            "/a%5c..%5cb",
            "/a%00.ts",
            "/a%0ab",
            "/a%7fb",
            "/%",
            "/%2",
            "/%zz",
            "/%ff.ts",
            "/%c0%ae%c0%ae/b",
        ] {
            assert_eq!(clean(path), None, "{path}");
        }
    }

    #[test]
    fn what_is_escaped_is_the_same_path_again() {
        for path in ["/a b.m3u8", "/ü/#1?.m3u8", "/a:b\"c%41.m3u8", "/plain_1-2.~.m3u8"] {
            let uri = escaped(path);
            assert_eq!(clean(&uri).as_deref(), Some(path), "{uri}");
            assert!(!uri.contains([' ', '#', '?', ':', '"']), "{uri}");
        }
    }

    #[test]
    fn names_are_unescaped_once() {
        for (path, expected) in [
            ("/a.ts", "/a.ts"),
            ("/a/b%20c.ts", "/a/b c.ts"),
            ("/caf%C3%A9.ts", "/café.ts"),
            ("/%252e%252e/a", "/%2e%2e/a"),
            ("/a..b/c...ts", "/a..b/c...ts"),
        ] {
            assert_eq!(clean(path).as_deref(), Some(expected), "{path}");
        }
    }
}
