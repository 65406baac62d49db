//! What a command works on: the bytes of a playlist or of a master record, and where they are from.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use command_line::{Failure, plain};
use hls_index::record::Record;
use hls_index::{
    MediaPlaylist, MultivariantPlaylist, ParseError, ParseErrorKind, Playlist, Source, uri,
};

use crate::args::{LoadingArgs, StreamArgs};
use crate::http;
use crate::store::Store;

/// The bytes, as they were read.
#[derive(Debug)]
pub(crate) struct Document {
    /// As the user called it.
    pub(crate) name: String,
    /// Where it was loaded from, after redirects, when that is a URL.
    pub(crate) uri: Option<String>,
    pub(crate) bytes: Vec<u8>,
    /// The multivariant playlist that `--main` names.
    main: Option<Box<Self>>,
}

/// What the bytes say.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one of them")]
pub(crate) enum Parsed<'d> {
    Media(MediaPlaylist<'d>),
    Multivariant(MultivariantPlaylist<'d>),
    Record(Record<'d>),
}

impl Document {
    /// Reads what the arguments name: a file, a URL, stdin, or a record from a database.
    pub(crate) fn of_stream(args: &StreamArgs) -> Result<Self, Failure> {
        match (&args.input, &args.db) {
            (_, Some(db)) => {
                let store = Store::open(db)?;
                let name = match &args.stream {
                    Some(name) => name.clone(),
                    None => store.only_stream()?,
                };
                let bytes = store.record(&name)?;
                Ok(Self { name, uri: None, bytes, main: None })
            }
            (Some(input), None) => Self::load(input, &args.loading),
            (None, None) => Err(Failure::cannot("neither a playlist nor --db; see `hls --help`")),
        }
    }

    /// Refuses to write to a file that is read.
    pub(crate) fn spare(args: &StreamArgs, out: &Path) -> Result<(), Failure> {
        let real = |path: &Path| fs::canonicalize(path).ok().filter(|path| path.is_file());
        let read = [&args.input, &args.db, &args.loading.main].into_iter().flatten();
        let mut read = read.filter_map(|path| real(path));
        let out_real = real(out);
        match out_real.is_some_and(|out| read.any(|path| path == out)) {
            true => {
                let why = "this is what is read; give -o another name";
                Err(Failure::cannot(format!("{}: {why}", out.display())))
            }
            false => Ok(()),
        }
    }

    /// Reads a file, a URL or stdin.
    pub(crate) fn load(input: &Path, loading: &LoadingArgs) -> Result<Self, Failure> {
        let main = loading.main.as_deref();
        let main = main.map(|main| Self::load_alone(main, loading)).transpose()?;
        Ok(Self { main: main.map(Box::new), ..Self::load_alone(input, loading)? })
    }

    fn load_alone(input: &Path, loading: &LoadingArgs) -> Result<Self, Failure> {
        let name = input.to_string_lossy().into_owned();
        let max = loading.max_size;
        if input == Path::new("-") {
            let bytes = read_stream(io::stdin().lock(), max, "stdin")?;
            return Ok(Self { name: "stdin".to_owned(), uri: None, bytes, main: None });
        }
        if let Some(scheme) = url_scheme(&name) {
            if !(scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")) {
                let advice = "give a file, or a URL with http:// or https://";
                return Err(Failure::cannot(format!("{name}: {scheme} is not spoken; {advice}")));
            }
            let loaded = http::load(&name, max, loading.timeout.into(), loading.allow_private)?;
            return Ok(Self { name, uri: Some(loaded.uri), bytes: loaded.bytes, main: None });
        }
        let bytes = read_file(input, max, &name)?;
        Ok(Self { name, uri: None, bytes, main: None })
    }

    /// Parses the bytes as what they are.
    pub(crate) fn parse(&self) -> Result<Parsed<'_>, Failure> {
        if self.bytes.starts_with(RECORD) {
            let record = Record::open(&self.bytes).map_err(|error| self.refuse(&error))?;
            return Ok(Parsed::Record(record));
        }
        let text = self.text()?;
        let parsed = self.with_source(|source| Playlist::parse_from(text, source))?;
        match parsed.map_err(|error| self.refuse_parse(&error))? {
            Playlist::Media(playlist) => Ok(Parsed::Media(playlist)),
            Playlist::Multivariant(playlist) => Ok(Parsed::Multivariant(playlist)),
        }
    }

    /// The bytes as text.
    pub(crate) fn text(&self) -> Result<&str, Failure> {
        std::str::from_utf8(&self.bytes).map_err(|_| match Playlist::parse_bytes(&self.bytes) {
            Err(error) => self.refuse_parse(&error),
            Ok(_) => self.refuse(&ParseErrorKind::NotUtf8),
        })
    }

    /// Calls `then` with where the text comes from: its URI, and the variables of `--main`.
    pub(crate) fn with_source<T>(&self, then: impl FnOnce(&Source<'_>) -> T) -> Result<T, Failure> {
        let mut source = Source::new();
        if let Some(uri) = &self.uri {
            source = source.uri(uri);
        }
        let Some(main) = &self.main else { return Ok(then(&source)) };
        match main.parse()? {
            Parsed::Multivariant(playlist) => Ok(then(&source.imports(playlist.variables()))),
            _ => Err(main.refuse(&"not a multivariant playlist, which --main must name")),
        }
    }

    fn refuse_parse(&self, error: &ParseError) -> Failure {
        match error.kind {
            ParseErrorKind::Empty => self.refuse(&error.kind),
            ParseErrorKind::VariableNotImported if self.main.is_none() => {
                self.refuse(&format_args!("{error}; name that playlist with --main"))
            }
            _ => self.refuse(error),
        }
    }

    /// A failure that names it.
    pub(crate) fn refuse(&self, error: &dyn std::fmt::Display) -> Failure {
        Failure::cannot(format!("{}: {error}", self.name))
    }
}

/// What every master record begins with.
const RECORD: &[u8] = b"hlsR";

/// The scheme of what looks like a URL. (`C:\film.m3u8` does not.)
fn url_scheme(text: &str) -> Option<&str> {
    uri::scheme(text).filter(|scheme| text[scheme.len()..].starts_with("://"))
}

fn read_file(path: &Path, max: u64, name: &str) -> Result<Vec<u8>, Failure> {
    let refuse = |error: &io::Error| Failure::cannot(format!("{name}: {}", plain(error)));
    let metadata = fs::metadata(path).map_err(|error| refuse(&error))?;
    if metadata.is_dir() {
        let advice = "give the playlist in it";
        return Err(Failure::cannot(format!("{name}: it is a folder; {advice}")));
    }
    if !metadata.is_file() {
        let file = File::open(path).map_err(|error| refuse(&error))?;
        return read_stream(file, max, name);
    }
    if metadata.len() > u64::from(u32::MAX) {
        return Err(Failure::cannot(format!("{name}: more than 4 GiB, which no playlist may be")));
    }
    let bytes = fs::read(path).map_err(|error| refuse(&error))?;
    match bytes.starts_with(DATABASE) {
        true => Err(Failure::cannot(format!("{name}: it is a database; give it with --db"))),
        false => Ok(bytes),
    }
}

/// What every SQLite database begins with.
const DATABASE: &[u8] = b"SQLite format 3\0";

/// Reads to the end, when that comes before `max` bytes.
fn read_stream(stream: impl Read, max: u64, name: &str) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = stream.take(max.saturating_add(1)).read_to_end(&mut bytes);
    read.map_err(|error| Failure::cannot(format!("{name}: {}", plain(&error))))?;
    if bytes.len() as u64 > max {
        let advice = "raise --max-size if that is right";
        return Err(Failure::cannot(format!("{name}: more than {max} bytes; {advice}")));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_told_from_a_file() {
        assert_eq!(url_scheme("https://a/b.m3u8"), Some("https"));
        assert_eq!(url_scheme("ftp://a/b.m3u8"), Some("ftp"));
        for file in ["a.m3u8", "C:\\a.m3u8", "a:b", "./https/a", "-", "/a://b"] {
            assert_eq!(url_scheme(file), None, "{file}");
        }
    }

    #[test]
    fn a_stream_without_end_is_cut_off() {
        let failure = read_stream(io::repeat(b'#'), 1000, "stdin").unwrap_err();
        assert_eq!(
            failure,
            Failure::cannot("stdin: more than 1000 bytes; raise --max-size if that is right")
        );
        assert_eq!(read_stream(&[1; 1000][..], 1000, "stdin").unwrap().len(), 1000);
    }
}
