//! The rows of a database: one of each stream, and one of each of its servers.

use hls_index::Ticks;
use rusqlite::{Connection, OptionalExtension as _};

use super::{Change, Stored, Summary};
use crate::servers::ServerArg;

/// All streams, by name.
pub(super) fn summaries(connection: &Connection) -> rusqlite::Result<Vec<Summary>> {
    let mut statement = connection.prepare(
        "SELECT id, name, source, segments, nanoseconds, is_ended, length(record)
         FROM stream ORDER BY name",
    )?;
    let rows = statement.query_map((), |row| {
        Ok(Summary {
            servers: servers(connection, row.get(0)?)?,
            name: row.get(1)?,
            source: row.get(2)?,
            segments: unsigned(row.get(3)?),
            end: Ticks::new(unsigned(row.get(4)?)),
            is_ended: row.get(5)?,
            bytes: unsigned(row.get(6)?),
        })
    })?;
    rows.collect()
}

/// The record of a stream, when there is such a stream.
pub(super) fn record(connection: &Connection, stream: &str) -> rusqlite::Result<Option<Vec<u8>>> {
    let select = "SELECT record FROM stream WHERE name = ?1";
    connection.query_row(select, [stream], |row| row.get(0)).optional()
}

/// What is kept of a stream, when there is such a stream.
pub(super) fn stored(connection: &Connection, stream: &str) -> rusqlite::Result<Option<Stored>> {
    let select = "SELECT id, record FROM stream WHERE name = ?1";
    let read = |row: &rusqlite::Row<'_>| {
        Ok(Stored { servers: servers(connection, row.get(0)?)?, record: row.get(1)? })
    };
    connection.query_row(select, [stream], read).optional()
}

/// Puts the row of a stream in the place of what it was.
pub(super) fn write(
    connection: &Connection,
    stream: &str,
    change: &Change,
) -> rusqlite::Result<()> {
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
