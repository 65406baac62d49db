//! What SQLite's errors mean to the person before it.

use command_line::Failure;
use rusqlite::ErrorCode;

/// A failure that says in which database, what is wrong and what to do.
pub(super) fn failure(name: &str, error: &rusqlite::Error) -> Failure {
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
