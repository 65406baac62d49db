//! The file of a database: made, opened, and told from other files.

use std::path::Path;
use std::time::Duration;

use command_line::Failure;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use super::words::failure;

/// `hlsR`: what the `file` tool and SQLite's own tools know the database by.
const APPLICATION: i32 = i32::from_be_bytes(*b"hlsR");
/// Of the schema.
pub(super) const VERSION: i32 = 1;

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

/// Opens the database at `path`, which must be there.
pub(super) fn open(path: &Path) -> Result<Connection, Failure> {
    let name = path.to_string_lossy();
    if !path.exists() {
        let advice = "make it with `hls index --db`";
        return Err(Failure::cannot(format!("{name}: no such file; {advice}")));
    }
    let connection = connect(path, &name, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    match is_ours(&connection, &name)? {
        true => Ok(connection),
        false => Err(refuse(&name, "not a database of master records")),
    }
}

/// Opens the database at `path`, and makes it when there is none.
pub(super) fn create(path: &Path) -> Result<Connection, Failure> {
    let name = path.to_string_lossy();
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    let mut connection = connect(path, &name, flags)?;
    if is_ours(&connection, &name)? {
        return Ok(connection);
    }
    make(&mut connection).map_err(|error| failure(&name, &error))?;
    match is_ours(&connection, &name)? {
        true => Ok(connection),
        false => Err(refuse(&name, "a database of something else; give --db a file of its own")),
    }
}

fn connect(path: &Path, name: &str, flags: OpenFlags) -> Result<Connection, Failure> {
    if path.is_dir() {
        return Err(refuse(name, "it is a folder; give a file"));
    }
    let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let failure = |error| failure(name, &error);
    let connection = Connection::open_with_flags(path, flags).map_err(failure)?;
    let prepared = connection.busy_timeout(Duration::from_secs(10)).and_then(|()| {
        connection.pragma_update(None, "foreign_keys", true)?;
        // What is acknowledged survives a power failure too.
        connection.pragma_update(None, "synchronous", "EXTRA")
    });
    prepared.map_err(failure)?;
    if pragma(&connection, "user_version").map_err(failure)? > VERSION {
        return Err(refuse(name, "made by a newer hls"));
    }
    Ok(connection)
}

fn make(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another program may have made it meanwhile.
    let count = "SELECT count(*) FROM sqlite_schema";
    let tables: i32 = transaction.query_row(count, (), |row| row.get(0))?;
    if tables == 0 {
        transaction.pragma_update(None, "application_id", APPLICATION)?;
        transaction.pragma_update(None, "user_version", VERSION)?;
        transaction.execute_batch(SCHEMA)?;
    }
    transaction.commit()
}

fn is_ours(connection: &Connection, name: &str) -> Result<bool, Failure> {
    let id = pragma(connection, "application_id").map_err(|error| failure(name, &error))?;
    Ok(id == APPLICATION)
}

fn pragma(connection: &Connection, pragma: &str) -> rusqlite::Result<i32> {
    connection.pragma_query_value(None, pragma, |row| row.get(0))
}

fn refuse(name: &str, why: &str) -> Failure {
    Failure::cannot(format!("{name}: {why}"))
}
