//! The SQLite database of master records: one row a stream, the record as a BLOB.
//!
//! Every change is one transaction, and is on the disk when it is acknowledged: SQLite's rollback
//! journal brings back what was there before whenever a change does not come to its end, because
//! the program was killed, the disk is full, or the power fails.

use std::path::Path;
use std::time::Duration;

use command_line::Failure;
use hls_index::Ticks;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension as _, TransactionBehavior};

use crate::servers::ServerArg;

/// An open database.
#[derive(Debug)]
pub(crate) struct Store {
    connection: Connection,
    /// What it is called in messages.
    name: String,
}

/// What is kept of a stream.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Stored {
    pub(crate) record: Vec<u8>,
    /// Where the segments lie that will be added.
    pub(crate) servers: Vec<ServerArg>,
}

/// What is kept of a stream from now on.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    pub(crate) stored: Stored,
    /// What the record is from.
    pub(crate) source: String,
    pub(crate) segments: u64,
    pub(crate) end: Ticks,
    pub(crate) is_ended: bool,
}

/// A stream without its record.
#[derive(Clone, Debug)]
pub(crate) struct Summary {
    pub(crate) name: String,
    pub(crate) source: String,
    pub(crate) segments: u64,
    pub(crate) end: Ticks,
    pub(crate) is_ended: bool,
    /// The size of the record.
    pub(crate) bytes: u64,
    pub(crate) servers: Vec<ServerArg>,
}

/// `hlsR`: what the `file` tool and SQLite's own tools know the database by.
const APPLICATION: i32 = i32::from_be_bytes(*b"hlsR");
const VERSION: i32 = 1;

const SCHEMA: &str = "
CREATE TABLE stream (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    source TEXT NOT NULL,
    segments INTEGER NOT NULL,
    nanoseconds INTEGER NOT NULL,
    is_ended INTEGER NOT NULL,
    record BLOB NOT NULL
) STRICT;
CREATE TABLE server (
    stream INTEGER NOT NULL REFERENCES stream (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    uri TEXT NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER,
    PRIMARY KEY (stream, position)
) STRICT, WITHOUT ROWID;
";

impl Store {
    /// Opens the database at `path`, which must be there.
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        let name = path.to_string_lossy().into_owned();
        if !path.exists() {
            let advice = "make it with `hls index --db`";
            return Err(Failure::cannot(format!("{name}: no such file; {advice}")));
        }
        let store = Self::connect(path, name, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        match store.pragma("application_id")? {
            APPLICATION => Ok(store),
            _ => Err(store.refuse("not a database of master records")),
        }
    }

    /// Opens the database at `path`, and makes it when there is none.
    pub(crate) fn create(path: &Path) -> Result<Self, Failure> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
        let mut store = Self::connect(path, path.to_string_lossy().into_owned(), flags)?;
        if store.pragma("application_id")? == APPLICATION {
            return Ok(store);
        }
        let transaction =
            store.connection.transaction_with_behavior(TransactionBehavior::Immediate);
        let made = transaction.and_then(|transaction| {
            // Another program may have made it meanwhile.
            let tables: i32 =
                transaction
                    .query_row("SELECT count(*) FROM sqlite_schema", (), |row| row.get(0))?;
            if tables == 0 {
                transaction.pragma_update(None, "application_id", APPLICATION)?;
                transaction.pragma_update(None, "user_version", VERSION)?;
                transaction.execute_batch(SCHEMA)?;
            }
            transaction.commit()
        });
        made.map_err(|error| store.failure(&error))?;
        match store.pragma("application_id")? {
            APPLICATION => Ok(store),
            _ => Err(store.refuse("a database of something else; give --db a file of its own")),
        }
    }

    fn connect(path: &Path, name: String, flags: OpenFlags) -> Result<Self, Failure> {
        let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)
            .map_err(|error| Failure::cannot(format!("{name}: {}", explain(&error))))?;
        let store = Self { connection, name };
        let prepared = store.connection.busy_timeout(Duration::from_secs(10)).and_then(|()| {
            store.connection.pragma_update(None, "foreign_keys", true)?;
            // What is acknowledged survives a power failure too.
            store.connection.pragma_update(None, "synchronous", "EXTRA")
        });
        prepared.map_err(|error| store.failure(&error))?;
        if store.pragma("user_version")? > VERSION {
            return Err(store.refuse("made by a newer hls"));
        }
        Ok(store)
    }

    /// The names of the streams and what is known of each, by name.
    pub(crate) fn streams(&self) -> Result<Vec<Summary>, Failure> {
        let read = || -> rusqlite::Result<Vec<Summary>> {
            let mut statement = self.connection.prepare(
                "SELECT id, name, source, segments, nanoseconds, is_ended, length(record)
                 FROM stream ORDER BY name",
            )?;
            let rows = statement.query_map((), |row| {
                Ok(Summary {
                    servers: servers(&self.connection, row.get(0)?)?,
                    name: row.get(1)?,
                    source: row.get(2)?,
                    segments: unsigned(row.get(3)?),
                    end: Ticks::new(unsigned(row.get(4)?)),
                    is_ended: row.get(5)?,
                    bytes: unsigned(row.get(6)?),
                })
            })?;
            rows.collect()
        };
        read().map_err(|error| self.failure(&error))
    }

    /// The name of the stream, when there is one only.
    pub(crate) fn only_stream(&self) -> Result<String, Failure> {
        let mut streams = self.streams()?;
        match (streams.pop(), streams.len()) {
            (Some(only), 0) => Ok(only.name),
            (None, _) => Err(self.refuse("there are no streams in it")),
            (Some(last), _) => Err(self.refuse(&format!(
                "it has several streams; choose one with --stream, such as {}",
                last.name
            ))),
        }
    }

    /// The record of a stream.
    pub(crate) fn record(&self, stream: &str) -> Result<Vec<u8>, Failure> {
        let select = "SELECT record FROM stream WHERE name = ?1";
        let record = self.connection.query_row(select, [stream], |row| row.get(0)).optional();
        let record = record.map_err(|error| self.failure(&error))?;
        record.ok_or_else(|| self.no_stream(stream))
    }

    /// Changes what is kept of a stream to what `change` makes of what is kept of it so far; to the
    /// same when that is `None`. `change` also gets a random number. When this returns, it is done
    /// for good; when it fails, all is as it was.
    pub(crate) fn change<T>(
        &mut self,
        stream: &str,
        change: impl FnOnce(Option<Stored>, u64) -> Result<(Option<Change>, T), Failure>,
    ) -> Result<T, Failure> {
        let Self { connection, name } = self;
        let failure = |error: rusqlite::Error| failure(name, &error);
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate);
        let transaction = transaction.map_err(failure)?;
        let select = "SELECT id, record FROM stream WHERE name = ?1";
        let stored = transaction
            .query_row(select, [stream], |row| {
                Ok(Stored { servers: servers(&transaction, row.get(0)?)?, record: row.get(1)? })
            })
            .optional()
            .map_err(failure)?;
        let random = transaction.query_row("SELECT random()", (), |row| row.get::<_, i64>(0));
        let random = random.map_err(failure)?.cast_unsigned();
        let (change, outcome) = change(stored, random)?;
        if let Some(change) = change {
            write(&transaction, stream, &change).map_err(failure)?;
        }
        transaction.commit().map_err(failure)?;
        Ok(outcome)
    }

    /// Removes a stream.
    pub(crate) fn remove(&mut self, stream: &str) -> Result<(), Failure> {
        let removed = self.connection.execute("DELETE FROM stream WHERE name = ?1", [stream]);
        match removed.map_err(|error| self.failure(&error))? {
            0 => Err(self.no_stream(stream)),
            _ => Ok(()),
        }
    }

    fn pragma(&self, pragma: &str) -> Result<i32, Failure> {
        let value = self.connection.pragma_query_value(None, pragma, |row| row.get(0));
        value.map_err(|error| self.failure(&error))
    }

    fn no_stream(&self, stream: &str) -> Failure {
        self.refuse(&format!(
            "no stream {stream} in it; `hls index --db {} --list` shows which there are",
            self.name
        ))
    }

    fn refuse(&self, why: &str) -> Failure {
        Failure::cannot(format!("{}: {why}", self.name))
    }

    fn failure(&self, error: &rusqlite::Error) -> Failure {
        failure(&self.name, error)
    }
}

fn write(connection: &Connection, stream: &str, change: &Change) -> rusqlite::Result<()> {
    let Change { stored: Stored { record, servers }, source, segments, end, is_ended } = change;
    let id: i64 = connection.query_row(
        "INSERT INTO stream (name, source, segments, nanoseconds, is_ended, record)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (name) DO UPDATE SET source = excluded.source, segments = excluded.segments,
             nanoseconds = excluded.nanoseconds, is_ended = excluded.is_ended,
             record = excluded.record
         RETURNING id",
        (stream, source, signed(*segments), signed(end.count()), is_ended, record),
        |row| row.get(0),
    )?;
    connection.execute("DELETE FROM server WHERE stream = ?1", [id])?;
    let mut insert = connection.prepare(
        "INSERT INTO server (stream, position, name, uri, first, last) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for (position, server) in (0_i64..).zip(servers) {
        let ServerArg { name, uri, first, last } = server;
        insert.execute((id, position, name, uri, signed(*first), last.map(signed)))?;
    }
    Ok(())
}

fn servers(connection: &Connection, stream: i64) -> rusqlite::Result<Vec<ServerArg>> {
    let select = "SELECT name, uri, first, last FROM server WHERE stream = ?1 ORDER BY position";
    let mut statement = connection.prepare(select)?;
    let rows = statement.query_map([stream], |row| {
        Ok(ServerArg {
            name: row.get(0)?,
            uri: row.get(1)?,
            first: unsigned(row.get(2)?),
            last: row.get::<_, Option<i64>>(3)?.map(unsigned),
        })
    })?;
    rows.collect()
}

/// SQLite has integers up to 2⁶³ − 1. What is more is taken for that: 292 years, or a segment whose
/// number nobody has come to.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

fn failure(name: &str, error: &rusqlite::Error) -> Failure {
    Failure::cannot(format!("{name}: {}", explain(error)))
}

/// What is wrong and what to do.
fn explain(error: &rusqlite::Error) -> String {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => {
            "the disk is full; nothing was changed, and what was recorded before is still there"
                .to_owned()
        }
        Some(ErrorCode::NotADatabase) => "not a database".to_owned(),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            "another program is writing to it; try again".to_owned()
        }
        Some(ErrorCode::CannotOpen) => {
            "it cannot be opened; is there such a folder, and may you write there?".to_owned()
        }
        Some(ErrorCode::ReadOnly) => "you may not write it, or the folder that it is in".to_owned(),
        Some(ErrorCode::DatabaseCorrupt) => "the database is damaged".to_owned(),
        Some(ErrorCode::TooBig) => "the record is larger than SQLite can keep".to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    /// A database of its own for each test, which goes away with it.
    struct File(PathBuf);

    impl File {
        fn new(name: &str) -> Self {
            let name = format!("hls-store-{name}-{}.db", std::process::id());
            let file = Self(std::env::temp_dir().join(name));
            let _ = std::fs::remove_file(&file.0);
            file
        }
    }

    impl Drop for File {
        fn drop(&mut self) {
            let _ = std::fs::remove_file(&self.0);
        }
    }

    fn keep(store: &mut Store, stream: &str, record: Vec<u8>) -> Result<(), Failure> {
        let server = crate::servers::server("a@3-9=https://a.example.com/").unwrap();
        let stored = Stored { record, servers: vec![server] };
        let (end, source) = (Ticks::from_seconds(1), "film.m3u8".to_owned());
        let change = Change { stored, source, segments: 1, end, is_ended: true };
        store.change(stream, |_, _| Ok((Some(change), ())))
    }

    #[test]
    fn what_is_kept_comes_back() {
        let file = File::new("back");
        let mut store = Store::create(&file.0).unwrap();
        keep(&mut store, "b", vec![1; 10_000]).unwrap();
        keep(&mut store, "a", vec![2]).unwrap();
        keep(&mut store, "a", vec![3]).unwrap();
        drop(store);

        let mut store = Store::open(&file.0).unwrap();
        assert_eq!(store.record("a").unwrap(), [3]);
        assert_eq!(store.record("b").unwrap(), [1; 10_000]);
        let streams = store.streams().unwrap();
        let names: Vec<&str> = streams.iter().map(|stream| stream.name.as_str()).collect();
        assert_eq!(names, ["a", "b"]);
        assert_eq!(streams[0].servers[0].last, Some(9));
        assert_eq!(streams[1].bytes, 10_000);
        assert!(store.only_stream().is_err());
        store.remove("b").unwrap();
        assert_eq!(store.only_stream().unwrap(), "a");
        assert!(store.remove("b").unwrap_err().to_string().contains("--list"));
    }

    #[test]
    fn a_change_that_fails_changes_nothing() {
        let file = File::new("fails");
        let mut store = Store::create(&file.0).unwrap();
        keep(&mut store, "a", vec![1]).unwrap();
        let refused: Result<(), Failure> = store.change("a", |stored, _| {
            assert_eq!(stored.unwrap().record, [1]);
            Err(Failure::cannot("no"))
        });
        assert!(refused.is_err());
        assert_eq!(store.record("a").unwrap(), [1]);
    }

    #[test]
    fn a_full_disk_is_an_error_and_the_old_record_stays() {
        let file = File::new("full");
        let mut store = Store::create(&file.0).unwrap();
        keep(&mut store, "a", vec![1; 20_000]).unwrap();
        // SQLite's own disk that is full: no more pages than there are, and a few.
        let pages = store.pragma("page_count").unwrap();
        store.connection.pragma_update(None, "max_page_count", pages + 8).unwrap();
        for size in [60_000, 1_000_000] {
            let failure = keep(&mut store, "a", vec![2; size]).unwrap_err();
            assert!(failure.to_string().contains("the disk is full"), "{failure}");
            assert_eq!(store.record("a").unwrap(), vec![1; 20_000]);
        }
        assert!(keep(&mut store, "b", vec![2; 60_000]).is_err());
        keep(&mut store, "a", vec![3; 21_000]).unwrap();
        drop(store);
        assert_eq!(Store::open(&file.0).unwrap().record("a").unwrap(), vec![3; 21_000]);
    }

    #[test]
    fn other_files_are_left_alone() {
        let file = File::new("other");
        std::fs::write(&file.0, "#EXTM3U\n".repeat(1000)).unwrap();
        for opened in [Store::open(&file.0), Store::create(&file.0)] {
            assert!(opened.unwrap_err().to_string().contains("not a database"));
        }
        std::fs::remove_file(&file.0).unwrap();
        assert!(Store::open(&file.0).unwrap_err().to_string().contains("hls index"));
        Connection::open(&file.0).unwrap().execute_batch("CREATE TABLE mine (x)").unwrap();
        let failure = Store::create(&file.0).unwrap_err();
        assert!(failure.to_string().contains("something else"), "{failure}");
    }

    #[test]
    fn a_newer_database_is_refused() {
        let file = File::new("newer");
        let store = Store::create(&file.0).unwrap();
        store.connection.pragma_update(None, "user_version", VERSION + 1).unwrap();
        assert!(Store::open(&file.0).unwrap_err().to_string().contains("newer"));
    }

    #[test]
    fn two_programs_wait_for_each_other() {
        let file = File::new("two");
        Store::create(&file.0).unwrap();
        let threads: Vec<_> = (0..4)
            .map(|number| {
                let path = file.0.clone();
                std::thread::spawn(move || {
                    let mut store = Store::create(&path).unwrap();
                    for _ in 0..5 {
                        keep(&mut store, &format!("stream {number}"), vec![1; 5000]).unwrap();
                    }
                })
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(Store::open(&file.0).unwrap().streams().unwrap().len(), 4);
    }
}
