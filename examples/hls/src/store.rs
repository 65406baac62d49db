//! The SQLite database of master records: one row a stream, the record as a BLOB.
//!
//! Every change is one transaction, and is on the disk when it is acknowledged: SQLite's rollback
//! journal brings back what was there before whenever a change does not come to its end, because
//! the program was killed, the disk is full, or the power fails.

mod file;
mod rows;
mod words;

use std::path::Path;

use command_line::Failure;
use hls_index::Ticks;
use rusqlite::{Connection, TransactionBehavior};

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

impl Store {
    /// Opens the database at `path`, which must be there.
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        let connection = file::open(path)?;
        Ok(Self { connection, name: path.to_string_lossy().into_owned() })
    }

    /// Opens the database at `path`, and makes it when there is none.
    pub(crate) fn create(path: &Path) -> Result<Self, Failure> {
        let connection = file::create(path)?;
        Ok(Self { connection, name: path.to_string_lossy().into_owned() })
    }

    /// The names of the streams and what is known of each, by name.
    pub(crate) fn streams(&self) -> Result<Vec<Summary>, Failure> {
        rows::summaries(&self.connection).map_err(|error| self.failure(&error))
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
        let record = rows::record(&self.connection, stream);
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
        let failure = |error: rusqlite::Error| words::failure(name, &error);
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate);
        let transaction = transaction.map_err(failure)?;
        let stored = rows::stored(&transaction, stream).map_err(failure)?;
        let random = transaction.query_row("SELECT random()", (), |row| row.get::<_, i64>(0));
        let random = random.map_err(failure)?.cast_unsigned();
        let (change, outcome) = change(stored, random)?;
        if let Some(change) = change {
            rows::write(&transaction, stream, &change).map_err(failure)?;
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
        words::failure(&self.name, error)
    }
}

#[cfg(test)]
mod tests;
